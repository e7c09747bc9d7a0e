/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_REALTIME_H
#define DADRACE_REALTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "spec/campaign.h"

/*
 * Real-time scheduling of the process that asks: on a busy machine a hold ends when it is due,
 * and packets come while the window is open. Children never have it. The kernel leaves 5% of
 * each CPU to others (sched_rt_runtime_us), and what runs for 50 ms without a wait is real-time
 * no longer. Where it is refused (no CAP_SYS_NICE, a cgroup without a share), nothing changes.
 */

/*
 * Whether lanes of the campaign ask for it. Holds inside kernel functions spin: what is
 * real-time would wait behind the one that it has to release.
 */
bool realtime_suits(const struct campaign *campaign);

/* False: it was refused. */
bool realtime_begin(void);

/* Whether it lasted until now. */
bool realtime_end(void);

/* Set the timer this much too early, then call realtime_wait(), which spins until the time. */
#define REALTIME_EARLY_NS 50000ULL
void realtime_wait(uint64_t until_ns);

#endif
