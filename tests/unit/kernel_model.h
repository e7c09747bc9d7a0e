/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KERNEL_MODEL_H
#define DADRACE_KERNEL_MODEL_H

#include "behaviour.h"
#include "spec.h"

/*
 * A model of a kernel: each thread passes its places one after the other, holds delay it as they would
 * delay a real one, and what comes of it is evidence, judged as evidence is. It leaks when three
 * things come together:
 *
 *   thread II comes out of the uncached route, which only raw echoes come to, after thread I has
 *   stopped the device and before it takes IPv6 down,
 *   chooses its source after thread I has deleted the address,
 *   and DAD's worker begins between the first and the last of these.
 */
void kernel_model_run(const struct trial_spec *spec, struct behaviour *behaviour);

#endif
