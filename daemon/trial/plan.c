// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/plan.h"

#include <stdlib.h>
#include <string.h>

#include "spec/order.h"

uint64_t plan_draw(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

uint64_t plan_draw_below(uint64_t *state, uint64_t limit)
{
	return (uint64_t)(((unsigned __int128)plan_draw(state) * limit) >> 64);
}

/* Fisher-Yates. */
static void shuffle(uint32_t *numbers, uint32_t nr, uint64_t *state)
{
	for (uint32_t i = 0; i < nr; i++)
		numbers[i] = i;
	for (uint32_t i = nr - 1; i > 0; i--) {
		uint64_t j = plan_draw_below(state, i + 1);
		uint32_t swapped = numbers[i];

		numbers[i] = numbers[j];
		numbers[j] = swapped;
	}
}

/* The arm of a trial: its place in a block shuffled by the block's own draws. */
static enum arm arm_of(const struct campaign *campaign, uint32_t trial)
{
	uint32_t nr = campaign->nr_arms, block[ARMS];
	uint64_t state = campaign->seed ^ ((uint64_t)((trial - 1) / nr) << 32);

	shuffle(block, nr, &state);
	return campaign->arms[block[(trial - 1) % nr]];
}

/*
 * A direction and a target that fits it, in shuffled blocks that hold every such packet once,
 * the same for each arm.
 */
static void put_echo(const struct campaign *campaign, uint32_t trial, struct trial_spec *spec)
{
	struct {
		enum direction direction;
		enum target target;
	} packets[DIRECTIONS * TARGETS];
	uint32_t block[DIRECTIONS * TARGETS], nr = 0, turn = (trial - 1) / campaign->nr_arms;
	uint64_t state;

	for (uint32_t i = 0; i < campaign->echo.nr_directions; i++)
		for (uint32_t j = 0; j < campaign->echo.nr_targets; j++)
			if (target_fits(campaign->echo.directions[i],
					campaign->echo.targets[j])) {
				packets[nr].direction = campaign->echo.directions[i];
				packets[nr++].target = campaign->echo.targets[j];
			}
	if (!nr)
		return; /* never: campaign_load requires one */
	state = (campaign->seed ^ 0x6563686f) * 0xd1342543de82ef95 + turn / nr;
	shuffle(block, nr, &state);
	spec->direction = packets[block[turn % nr]].direction;
	spec->target = packets[block[turn % nr]].target;
}

static uint64_t pinned_or(const struct campaign *campaign, uint64_t drawn)
{
	return campaign->trial_seed ? strtoull(campaign->trial_seed, NULL, 16) : drawn;
}

/*
 * Drawn after all others, so that plans without answers stay as they were before answers
 * existed.
 */
static void draw_dad(const struct campaign *campaign, uint64_t *state, struct trial_spec *spec)
{
	spec->dad_answer =
		campaign->dad.answer[plan_draw_below(state, campaign->dad.nr_answer)];
	spec->dad_at = campaign->dad.at;
	spec->dad_offset_us = campaign->dad.offset_us;
	spec->dad_times = campaign->dad.times;
	if (spec->arm != ARM_ECHO && spec->arm != ARM_RACE)
		spec->dad_answer = DAD_ANSWER_NONE;
}

/* Drawn after those of DAD, for the same reason. */
static void draw_message(const struct campaign *campaign, uint64_t *state,
			 struct trial_spec *spec)
{
	enum message_kind fitting[MESSAGES];
	uint32_t nr = 0;

	for (uint32_t i = 0; i < campaign->echo.nr_message; i++)
		if (message_fits(spec->direction, spec->target, campaign->echo.message[i]))
			fitting[nr++] = campaign->echo.message[i];
	spec->message = fitting[plan_draw_below(state, nr)];
}

void plan_hooks(const struct campaign *campaign, struct order *order)
{
	*order = (struct order){ 0 };
	if (campaign->explore.mode)
		plan_set(campaign, 0, order);
	/* campaign_load has checked all of them */
	for (uint32_t i = 0; i < campaign->nr_order; i++)
		order_read(order, campaign->order[i], NULL);
}

uint32_t plan_sets(const struct campaign *campaign)
{
	return (campaign->explore.nr_places + ORDER_HOLDS_MAX - 1) / ORDER_HOLDS_MAX;
}

void plan_set(const struct campaign *campaign, uint32_t set, struct order *order)
{
	uint32_t from = set * ORDER_HOLDS_MAX;

	*order = (struct order){ 0 };
	for (uint32_t i = from; i < campaign->explore.nr_places && i < from + ORDER_HOLDS_MAX;
	     i++)
		order_read_place(order, campaign->explore.places[i], NULL);
}

bool plan_has_dad(const struct campaign *campaign)
{
	struct order order;
	bool has_dad;

	plan_hooks(campaign, &order);
	has_dad = order_has_dad(&order);
	for (uint32_t set = 1; set < plan_sets(campaign); set++) {
		plan_set(campaign, set, &order);
		has_dad |= order_has_dad(&order);
	}
	return has_dad;
}

static void put_order(const struct campaign *campaign, struct trial_spec *spec)
{
	struct order order;

	if (spec->arm != ARM_RACE || !campaign->nr_order)
		return;
	plan_hooks(campaign, &order);
	spec->change_when = order.change_when;
	spec->steps = order.nr_holds;
	spec->starts_when = order.starts_when;
	memcpy(spec->holds, order.holds, sizeof(spec->holds));
}

void plan_trial(const struct campaign *campaign, uint32_t trial, struct trial_spec *spec)
{
	uint64_t state = campaign->seed * 0xd1342543de82ef95 + trial;
	enum arm arm = arm_of(campaign, trial);
	uint64_t hold_us;

	/*
	 * Everything is drawn, even what this arm does not use, so that arms stay comparable.
	 */
	if (campaign->window.hold_range.max_us)
		hold_us =
			campaign->window.hold_range.min_us +
			plan_draw_below(&state, campaign->window.hold_range.max_us -
							campaign->window.hold_range.min_us + 1);
	else
		hold_us =
			campaign->window
				.hold_us[plan_draw_below(&state, campaign->window.nr_hold_us)];

	*spec = (struct trial_spec){
		.trial = trial,
		.arm = arm,
		.site = campaign->window.site,
		.method = campaign->window.method,
		.hold_us = arm == ARM_HOLD || arm == ARM_RACE ? hold_us : 0,
		.source = campaign->echo.source,
		.echoes = arm == ARM_ECHO || arm == ARM_RACE ? campaign->echo.count : 0,
		.offset_us = campaign->echo.offset_us,
		.spacing_us = campaign->echo.spacing_us,
		.payload_bytes = campaign->echo.payload_bytes,
		.hop_limit = campaign->echo.hop_limit,
		.seed = pinned_or(campaign, plan_draw(&state)),
	};
	put_echo(campaign, trial, spec);
	draw_dad(campaign, &state, spec);
	draw_message(campaign, &state, spec);
	spec->change =
		campaign->bringup.change[plan_draw_below(&state, campaign->bringup.nr_change)];
	spec->load = campaign->load[plan_draw_below(&state, campaign->nr_load)];
	put_order(campaign, spec);
}
