/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_DEADLINES_H
#define DADRACE_DEADLINES_H

#include "spec/campaign.h"

/*
 * How slow a machine is, in percent of a usual one: 100, or more where everything in the kernel
 * takes longer, as with KASAN, lockdep or slub_debug. What is waited for then gets longer
 * deadlines, and what is asked for stays as it is.
 */
enum { SLOW_USUAL = 100, SLOW_MOST = 2000 };

/*
 * Of the fastest of some plain cycles of a device, up and down again. Less than twice the usual
 * time is noise.
 */
uint32_t slow_percent(enum device_kind kind, uint64_t cycle_ns);

/* 0 is not known, and as good as SLOW_USUAL. */
void deadlines_lengthen(struct campaign *campaign, uint32_t slow);

#endif
