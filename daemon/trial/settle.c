// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/settle.h"
#include "trial/trial.h"

static bool has_passed(uint64_t since_ns, uint64_t now_ns, uint64_t ms)
{
	return now_ns >= since_ns + ms * 1000000;
}

void settle_begin(struct settle *settle, uint64_t down_ns)
{
	*settle = (struct settle){ .down_ns = down_ns, .moved_ns = down_ns };
}

void settle_looked(struct settle *settle, uint64_t now_ns, bool moved)
{
	if (moved)
		settle->moved_ns = now_ns;
}

void settle_known(struct settle *settle, bool known)
{
	settle->known = known;
}

bool settle_wants_grace(const struct settle *settle, uint64_t now_ns)
{
	return settle->graces < SETTLE_GRACES &&
	       has_passed(settle->down_ns, now_ns, SETTLE_COUNT_MS);
}

void settle_graced(struct settle *settle)
{
	settle->graces++;
}

bool settle_is_at_rest(const struct settle *settle, uint64_t now_ns)
{
	return has_passed(settle->moved_ns, now_ns,
			  settle->known ? SETTLE_KNOWN_MS : SETTLE_REST_MS);
}

bool settle_is_over(const struct settle *settle, uint64_t now_ns)
{
	if (settle->known)
		return settle_is_at_rest(settle, now_ns);
	return settle->graces >= SETTLE_GRACES && settle_is_at_rest(settle, now_ns) &&
	       has_passed(settle->down_ns, now_ns, SETTLE_LEAST_MS);
}

uint64_t settle_longest_ms(const struct campaign *campaign)
{
	uint64_t last_look_ms = campaign->watch.deadline_ms > SETTLE_MOST_MS ?
					campaign->watch.deadline_ms :
					SETTLE_MOST_MS;

	return last_look_ms + TRIAL_LOOKS * (uint64_t)campaign->watch.grace_ms +
	       campaign->watch.unregister_ms;
}
