// SPDX-License-Identifier: GPL-2.0-or-later
#include "explore/follow.h"

static enum order_thread other_of(enum order_thread thread)
{
	return thread == ORDER_THREAD_I ? ORDER_THREAD_II : ORDER_THREAD_I;
}

static bool waits_for_other(const struct order_hold *hold)
{
	return hold->until == ORDER_UNTIL_DONE && hold->other == other_of(hold->thread);
}

/* A thread was held until the other one was done: the order says what happened. */
static bool is_said(const struct evidence *leak)
{
	for (uint32_t i = 0; i < leak->spec.steps; i++)
		if (leak->steps[i].outcome == STEP_KEPT &&
		    waits_for_other(&leak->spec.holds[i]))
			return true;
	return false;
}

static bool left_to_chance(const struct evidence *leak, uint32_t i)
{
	const struct order_hold *hold = &leak->spec.holds[i];

	return leak->steps[i].outcome != STEP_NOT_REACHED && !waits_for_other(hold) &&
	       !order_has_rtnl(hold);
}

static bool explains_more(const struct step_audit *one, const struct step_audit *other)
{
	bool late = one->outcome == STEP_DEADLINE, other_late = other->outcome == STEP_DEADLINE;

	return late != other_late ? late : one->held_ns > other->held_ns;
}

/* The number of the hold to follow; spec.steps: there is none. */
static uint32_t best_hold(const struct evidence *leak)
{
	uint32_t best = leak->spec.steps;

	for (uint32_t i = 0; i < leak->spec.steps; i++)
		if (left_to_chance(leak, i) &&
		    (best == leak->spec.steps ||
		     explains_more(&leak->steps[i], &leak->steps[best])))
			best = i;
	return best;
}

static bool waits_in_turn(const struct order_hold *hold, const struct order_hold *followed)
{
	return hold->until == ORDER_UNTIL_DONE && hold->thread == followed->other &&
	       hold->other == followed->thread;
}

static bool is_held(const struct trial_spec *spec, enum order_thread thread)
{
	for (uint32_t i = 0; i < spec->steps; i++)
		if (spec->holds[i].thread == thread)
			return true;
	return false;
}

static bool can_end(const struct trial_spec *spec, const struct order_hold *hold)
{
	return hold->until != ORDER_UNTIL_HELD || is_held(spec, hold->other);
}

/* What waits for a thread that no step holds any more would wait in vain. */
static void drop_waits(struct trial_spec *spec)
{
	for (uint32_t i = 0; i < spec->steps;) {
		if (can_end(spec, &spec->holds[i])) {
			i++;
			continue;
		}
		spec->holds[i] = spec->holds[--spec->steps];
		i = 0;
	}
	if (spec->starts_when && !is_held(spec, spec->starts_when))
		spec->starts_when = ORDER_THREAD_NONE;
	if (spec->change_when && !is_held(spec, spec->change_when))
		spec->change_when = ORDER_THREAD_NONE;
}

bool follow_leak(const struct evidence *leak, struct trial_spec *followed)
{
	uint32_t best = best_hold(leak);
	struct order_hold hold;

	if (best == leak->spec.steps || is_said(leak))
		return false;
	*followed = leak->spec;
	followed->choice.followed = true;
	followed->steps = 0;
	hold = leak->spec.holds[best];
	hold.until = ORDER_UNTIL_DONE;
	hold.other = other_of(hold.thread);
	hold.time_us = 0;
	for (uint32_t i = 0; i < leak->spec.steps; i++)
		if (i == best || !waits_in_turn(&leak->spec.holds[i], &hold))
			followed->holds[followed->steps++] =
				i == best ? hold : leak->spec.holds[i];
	if (hold.thread == ORDER_THREAD_I && !followed->starts_when)
		followed->starts_when = ORDER_THREAD_I;
	drop_waits(followed);
	return true;
}
