/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KERNEL_MODEL_H
#define DADRACE_KERNEL_MODEL_H

#include "behaviour.h"
#include "spec.h"

/*
 * A model of a kernel: each thread passes its places one after the other, and takes a time that
 * differs from trial to trial by the trial's seed; holds delay it as they would delay a real one. As
 * in a real one, which places the packet passes is decided by its way and its target, thread I and
 * DAD's work need the RTNL, and the stop of the device waits for packets that are being routed. What
 * comes of it is evidence, judged as evidence is.
 *
 * It has one bug, or none:
 */
enum model_bug {
	MODEL_SOUND,
	MODEL_DOWN,    /* one hold: the device goes down while DAD's work waits for the RTNL */
	MODEL_FAILURE, /* one hold and an answer: DAD fails while its work waits for the RTNL */
	MODEL_UNCACHED, /* two: II has its route of its own after the stop, its source after IPv6 is down */
	MODEL_THREE, /* the same, and DAD's work begins between the two */
	MODEL_BUGS,
};
extern const char *const model_bug_names[];

void kernel_model_run(const struct trial_spec *spec, enum model_bug bug,
		      struct behaviour *behaviour);

#endif
