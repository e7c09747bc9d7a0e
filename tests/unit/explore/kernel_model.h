/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KERNEL_MODEL_H
#define DADRACE_KERNEL_MODEL_H

#include "spec/campaign.h"
#include "spec/spec.h"
#include "trial/behaviour.h"
#include "trial/evidence.h"
#include "trial/verdict.h"

/*
 * A model of a kernel: each thread passes its places one after the other, and takes a time
 * around the median of a 6.12 guest under TCG, by the trial's seed from half of it to twice as
 * much; holds delay it as they would delay a real one. As in a real one, which places the
 * packet passes is decided by its way and its target, thread I and DAD's work need the RTNL,
 * and the stop of the device waits for RCU: for packets that are being routed, and for holds.
 * What comes of it is evidence, judged as evidence is.
 *
 * It has one bug, or none:
 */
enum model_bug {
	MODEL_SOUND,
	MODEL_DOWN,    /* one hold: the device goes down while DAD's work waits for the RTNL */
	MODEL_FAILURE, /* one hold and an answer: DAD fails while its work waits for the RTNL */
	/* two: II has a route of its own before IPv6 is down, its source after */
	MODEL_UNCACHED,
	/* the same, and its source before the address is deleted: a third hold, or a time */
	MODEL_THREE,
	/* one hold and a change: a route goes away between II's route and its source */
	MODEL_CHANGED,
	MODEL_BUGS,
};
extern const char *const model_bug_names[];

enum verdict kernel_model_run(const struct campaign *campaign, const struct trial_spec *spec,
			      enum model_bug bug, struct behaviour *behaviour);

/* What the last trial left; of the next one when that has run. */
const struct evidence *kernel_model_evidence(void);

/* Campaigns for it: the places that are proposed on a real kernel; and with changes. */
extern const char kernel_model_space[], kernel_model_changes[];

/*
 * The median of the trials that a mode needs to find the bug, over the seeds from 1; at most
 * MODEL_TRIALS_MOST. Where it is not told what came of a trial, the explorer goes on without.
 */
enum { MODEL_TRIALS_MOST = 1500, MODEL_SEEDS_MOST = 101 };
uint32_t kernel_model_median(enum explore_mode mode, enum model_bug bug, bool told,
			     uint32_t seeds);

/*
 * Of each hundred of so many trials on a sound kernel, those that do not count: what they asked
 * for was missed.
 */
uint32_t kernel_model_missed(enum explore_mode mode, bool told, uint32_t seeds,
			     uint32_t trials);

#endif
