/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SETTLE_H
#define DADRACE_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "spec/campaign.h"

/*
 * When references that are missing after teardown become a suspicion. Pure. References come
 * back by RCU callbacks, timers and work items, which take as long as the machine is busy: a
 * fixed deadline is short on a starved one. So three things are asked for: time (half a second;
 * of 34,179 trials that settled the slowest took 234 ms), RCU grace periods that have passed
 * meanwhile, and that no count has moved for a while. A busy machine has slow grace periods,
 * and is given the time that it takes.
 */
enum {
	SETTLE_LEAST_MS = 500,
	SETTLE_REST_MS = 200,	/* without any movement */
	SETTLE_KNOWN_MS = 10,	/* the same, while all that is missing is held on purpose */
	SETTLE_GRACES = 8,	/* grace periods, counted from SETTLE_COUNT_MS on */
	SETTLE_COUNT_MS = 200,	/* before that, waiting for them would only delay who settles */
	SETTLE_MOST_MS = 20000, /* what still moves then does not come to rest */
};

struct settle {
	uint64_t down_ns;
	uint64_t moved_ns;
	uint32_t graces;
	bool known;
};

void settle_begin(struct settle *settle, uint64_t down_ns);

/* A look; `moved`: some count differs from the look before. */
void settle_looked(struct settle *settle, uint64_t now_ns, bool moved);

/*
 * Whether what the last look has missed is exactly what is held on purpose: then there is
 * nothing else to be waited for.
 */
void settle_known(struct settle *settle, bool known);

/* Whether a grace period should be waited for before the next look; settle_graced(): it was. */
bool settle_wants_grace(const struct settle *settle, uint64_t now_ns);
void settle_graced(struct settle *settle);

bool settle_is_at_rest(const struct settle *settle, uint64_t now_ns);

/* Whether what is missing now is a suspicion. */
bool settle_is_over(const struct settle *settle, uint64_t now_ns);

/* The longest time from teardown to the end of a trial. */
uint64_t settle_longest_ms(const struct campaign *campaign);

#endif
