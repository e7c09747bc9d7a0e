// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "results/in_order.h"
#include "results/tally_parts.h"
#include "trial/plan.h"

/* --- trials that count --- */

static void add(struct in_order *order, uint32_t trial)
{
	const struct in_order_trial shown = { .finding = trial };

	assert_int_equal(in_order_add(order, trial, &shown), 0);
}

/* How many may be counted now; each must be the next one. */
static uint32_t take(struct in_order *order)
{
	struct in_order_trial shown;
	uint32_t nr = 0;

	while (in_order_take(order, &shown)) {
		assert_int_equal(shown.finding, order->next - 1);
		nr++;
	}
	return nr;
}

static void test_a_trial_waits_for_those_before_it(void **state)
{
	struct in_order order = { .next = 1 };

	(void)state;
	assert_int_equal(take(&order), 0);
	add(&order, 3);
	add(&order, 2);
	assert_int_equal(take(&order), 0);
	add(&order, 1);
	assert_int_equal(take(&order), 3);
	add(&order, 2); /* again: it has been counted */
	add(&order, 5);
	assert_int_equal(take(&order), 0);
	add(&order, 4);
	assert_int_equal(take(&order), 2);
	in_order_free(&order);
}

static void test_many_wait(void **state)
{
	enum { TRIALS = 5000, FIRST = 77 };
	struct in_order order = { .next = FIRST };

	(void)state;
	for (uint32_t i = TRIALS; i > 1; i--)
		add(&order, FIRST + i - 1);
	assert_int_equal(take(&order), 0);
	add(&order, FIRST);
	assert_int_equal(take(&order), TRIALS);
	in_order_free(&order);
}

static void test_what_waits_is_bounded(void **state)
{
	struct in_order order = { .next = 1 };

	(void)state;
	assert_true(in_order_has_room(&order, IN_ORDER_MOST));
	assert_false(in_order_has_room(&order, IN_ORDER_MOST + 1));
	add(&order, IN_ORDER_MOST + 1); /* never counts */
	assert_int_equal(order.room, 0);
	add(&order, 1);
	assert_int_equal(take(&order), 1);
	assert_true(in_order_has_room(&order, IN_ORDER_MOST + 1));
	in_order_free(&order);
}

/* --- what is decided with trials in flight --- */

/*
 * Simulated campaigns in which faulty trials are slow, as real ones are: they wait for
 * references that never return. Lanes start trials one after the other, and the tally is told
 * of them as they end. 11,000 campaigns in all, with fixed seeds.
 */
enum numbering { BY_START, BY_END };

struct simulation {
	const struct campaign *campaign;
	double rate; /* of faults */
	uint32_t lanes;
	enum numbering numbering;
	bool is_replaced; /* a fault wedges the guest, and all that is in flight is lost */
};

enum { LANES_MOST = 32, TRIALS_MOST = 3000, CLEAN_US = 33000, FAULT_US = 2400000 };

static double chance(uint64_t *seed)
{
	return (double)(plan_draw(seed) >> 11) * 0x1p-53;
}

struct in_flight {
	uint32_t trial;
	bool is_faulty;
	uint64_t ends_us;
};

static struct in_flight start(const struct simulation *s, uint32_t trial, uint64_t now_us,
			      uint64_t *seed)
{
	bool is_faulty = chance(seed) < s->rate;
	double spread = 0.5 + chance(seed);

	return (struct in_flight){
		.trial = trial,
		.is_faulty = is_faulty,
		.ends_us = now_us + (uint64_t)(spread * (is_faulty ? FAULT_US : CLEAN_US)),
	};
}

static struct in_flight *first_to_end(struct in_flight lanes[], uint32_t nr)
{
	struct in_flight *first = lanes;

	for (uint32_t i = 1; i < nr; i++)
		if (lanes[i].ends_us < first->ends_us)
			first = &lanes[i];
	return first;
}

static void lose(const struct simulation *s, struct tally *tally, struct in_flight lanes[],
		 const struct in_flight *but)
{
	static const struct judgement invalid = { .verdict = VERDICT_INVALID };
	static struct evidence lost = { .spec = { .arm = ARM_RACE }, .lane_lost = true };

	for (uint32_t i = 0; i < s->lanes; i++) {
		if (&lanes[i] == but)
			continue;
		lost.spec.trial = lanes[i].trial;
		assert_int_equal(tally_add(tally, &lost, &invalid, NULL), 0);
	}
}

/* Until it ends by what it knows; what is in flight then is cut off, as in guests. */
static struct tally *simulate(const struct simulation *s, uint64_t *seed)
{
	static struct evidence evidence = { .spec = { .arm = ARM_RACE } };
	static const struct judgement clean = { .verdict = VERDICT_CLEAN };
	static const struct judgement leak = { .verdict = VERDICT_LEAK, .signature = "leak" };
	struct in_flight lanes[LANES_MOST];
	struct tally *tally;
	uint32_t started = 0;
	uint64_t now_us;
	bool is_wedged;

	assert_int_equal(tally_new(s->campaign, &tally), 0);
	for (; started < s->lanes; started++)
		lanes[started] = start(s, started + 1, 0, seed);
	for (uint32_t ended = 1; ended <= TRIALS_MOST && !tally_ends(tally); ended++) {
		struct in_flight *trial = first_to_end(lanes, s->lanes);

		evidence.spec.trial = s->numbering == BY_START ? trial->trial : ended;
		assert_true(tally_add(tally, &evidence, trial->is_faulty ? &leak : &clean,
				      NULL) >= 0);
		now_us = trial->ends_us;
		is_wedged = s->is_replaced && trial->is_faulty;
		if (is_wedged)
			lose(s, tally, lanes, trial);
		for (uint32_t i = 0; i < s->lanes; i++)
			if (is_wedged || &lanes[i] == trial)
				lanes[i] = start(s, ++started, now_us, seed);
	}
	return tally;
}

/* What the campaign says; a summary takes long, and where a fault was seen it is not needed. */
static const char *said(struct tally *tally, struct summary *summary)
{
	uint32_t trials, verdicts[VERDICTS];

	tally_so_far(tally, &trials, verdicts);
	if (tally->decided[0] || verdicts[VERDICT_LEAK])
		return tally->decided;
	tally_summary(tally, summary);
	return campaign_verdict_names[summary->verdict];
}

/* In how many campaigns that is wrong. */
static uint32_t wrong_answers(const struct simulation *s, uint32_t campaigns, const char *wrong)
{
	uint64_t seed = s->lanes;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < campaigns; i++) {
		struct tally *tally = simulate(s, &seed);
		struct summary summary = { 0 };

		nr += strstr(said(tally, &summary), wrong) != NULL;
		tally_free(tally);
	}
	return nr;
}

static const uint32_t lanes[] = { 1, 8, 32 };

/* At most 5%, and three standard deviations for the simulation's own chance. */
static void assert_error_is_kept(struct simulation s, uint32_t campaigns, const char *wrong)
{
	double allowed =
		TALLY_ERROR * campaigns + 3 * sqrt(campaigns * TALLY_ERROR * (1 - TALLY_ERROR));

	for (size_t i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++) {
		uint32_t nr;

		s.lanes = lanes[i];
		nr = wrong_answers(&s, campaigns, wrong);
		if (nr > allowed)
			fail_msg("%u lanes: %u of %u campaigns are wrong", s.lanes, nr,
				 campaigns);
	}
}

static enum arm race[] = { ARM_RACE };
static enum question rate[] = { QUESTION_RATE };
static const struct campaign asks_rate = {
	.name = "rate",
	.arms = race,
	.nr_arms = 1,
	.stop = { .decided = rate, .nr_decided = 1, .above_ppm = 100000, .below_ppm = 10000 },
	.clean_below_ppm = 50000,
};
static const struct campaign wants_valid = {
	.name = "valid",
	.arms = race,
	.nr_arms = 1,
	.stop = { .valid = 59 },
	.clean_below_ppm = 50000,
};

static void test_below_is_wrong_in_5_percent(void **state)
{
	(void)state;
	assert_error_is_kept((struct simulation){ .campaign = &asks_rate, .rate = 0.1 }, 2500,
			     "below 10%");
}

static void test_above_is_wrong_in_5_percent(void **state)
{
	(void)state;
	assert_error_is_kept((struct simulation){ .campaign = &asks_rate, .rate = 0.01 }, 500,
			     "above 1%");
}

/* The bound of a campaign that was cut off, and with it "clean". */
static void test_clean_is_wrong_in_5_percent(void **state)
{
	(void)state;
	assert_error_is_kept((struct simulation){ .campaign = &wants_valid, .rate = 0.05 }, 500,
			     "clean");
}

static void test_lost_trials_hide_nothing(void **state)
{
	(void)state;
	assert_error_is_kept(
		(struct simulation){ .campaign = &asks_rate, .rate = 0.1, .is_replaced = true },
		100, "below 10%");
}

/* That these simulations would show it. */
static void test_order_of_ending_is_biased(void **state)
{
	const struct simulation s = {
		.campaign = &asks_rate, .rate = 0.1, .lanes = 32, .numbering = BY_END
	};

	(void)state;
	assert_true(wrong_answers(&s, 200, "below 10%") > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_trial_waits_for_those_before_it),
		cmocka_unit_test(test_many_wait),
		cmocka_unit_test(test_what_waits_is_bounded),
		cmocka_unit_test(test_below_is_wrong_in_5_percent),
		cmocka_unit_test(test_above_is_wrong_in_5_percent),
		cmocka_unit_test(test_clean_is_wrong_in_5_percent),
		cmocka_unit_test(test_lost_trials_hide_nothing),
		cmocka_unit_test(test_order_of_ending_is_biased),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
