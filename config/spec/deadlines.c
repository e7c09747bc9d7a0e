// SPDX-License-Identifier: GPL-2.0-or-later
#include "spec/deadlines.h"

/*
 * What the defaults of the deadlines are made for. Linux 6.18 takes 0.1 ms for a veth and 28 ms
 * for a macvlan, which waits for RCU; an emulated e1000e takes 200 ms, as it has to be reset.
 */
static uint64_t usual_ns(enum device_kind kind)
{
	return device_is_real(kind) ? 500000000 : 100000000;
}

uint32_t slow_percent(enum device_kind kind, uint64_t cycle_ns)
{
	uint64_t percent = cycle_ns * 100 / usual_ns(kind);

	if (percent < 2 * SLOW_USUAL)
		return SLOW_USUAL;
	return percent < SLOW_MOST ? (uint32_t)percent : SLOW_MOST;
}

static void lengthen(uint32_t *ms, uint32_t slow, uint32_t most_ms)
{
	uint64_t longer = (uint64_t)*ms * slow / 100;

	*ms = longer < most_ms ? (uint32_t)longer : most_ms;
}

void deadlines_lengthen(struct campaign *campaign, uint32_t slow)
{
	if (slow <= SLOW_USUAL)
		return;
	lengthen(&campaign->bringup.deadline_ms, slow, DEADLINE_MOST_MS);
	lengthen(&campaign->watch.deadline_ms, slow, DEADLINE_MOST_MS);
	lengthen(&campaign->watch.unregister_ms, slow, DEADLINE_MOST_MS);
	lengthen(&campaign->vm.deadline_ms, slow, VM_DEADLINE_MOST_MS);
}
