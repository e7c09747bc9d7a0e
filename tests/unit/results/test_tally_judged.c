// SPDX-License-Identifier: GPL-2.0-or-later
/* When a campaign is decided, and what its verdict is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/tallied.h"
#include "trial/plan.h"

static struct tally *asking(enum question *questions, uint32_t nr, uint32_t valid)
{
	static enum arm arms[] = { ARM_CONTROL, ARM_RACE };
	const struct campaign campaign = {
		.name = "asking",
		.arms = arms,
		.nr_arms = 2,
		.stop = { .valid = valid,
			  .decided = questions,
			  .nr_decided = nr,
			  .above_ppm = 100000,
			  .below_ppm = 10000 },
	};
	struct tally *tally;

	assert_int_equal(tally_new(&campaign, &tally), 0);
	return tally;
}

static void test_ends_by_valid_trials(void **state)
{
	struct tally *tally = asking(NULL, 0, 3);
	const struct judgement clean = judged(VERDICT_CLEAN, "");
	const struct judgement missed = judged(VERDICT_MISSED, "");

	(void)state;
	add_many(tally, ARM_CONTROL, 9, &clean);
	add_many(tally, ARM_RACE, 9, &missed);
	add_many(tally, ARM_RACE, 2, &clean);
	assert_null(tally_ends(tally));
	add_many(tally, ARM_RACE, 1, &clean);
	assert_string_equal(tally_ends(tally), "valid");
	tally_free(tally);
}

/* A trial counts when all trials that started before it have ended. */
static void test_ends_by_findings_in_order_of_start(void **state)
{
	static enum arm arms[] = { ARM_RACE };
	const struct campaign campaign = {
		.name = "findings", .arms = arms, .nr_arms = 1, .stop = { .findings = 2 }
	};
	const struct judgement clean = judged(VERDICT_CLEAN, ""), first = leak("x", 1, false);
	const struct judgement second = leak("y", 1, false);
	struct summary summary = { 0 };
	struct tally *tally;

	(void)state;
	assert_int_equal(tally_new(&campaign, &tally), 0);
	assert_int_equal(add(tally, 4, ARM_RACE, &first, NULL), 1);
	assert_int_equal(add(tally, 2, ARM_RACE, &first, NULL), 0);
	assert_int_equal(add(tally, 3, ARM_RACE, &second, NULL), 1);
	assert_null(tally_ends(tally));
	tally_summary(tally, &summary);
	assert_int_equal(summary.trials, 3);
	assert_int_equal(summary.decisive, 0);
	assert_int_equal(summary.verdict, CAMPAIGN_FAULT);
	assert_int_equal(add(tally, 1, ARM_RACE, &clean, NULL), 0);
	assert_string_equal(tally_ends(tally), "findings");
	tally_summary(tally, &summary);
	assert_int_equal(summary.decisive, 4);
	tally_free(tally);
}

/* In a guest that continues another's campaign. */
static void test_trials_from_a_later_one_on(void **state)
{
	struct tally *tally = asking(NULL, 0, 2);
	const struct judgement clean = judged(VERDICT_CLEAN, "");

	(void)state;
	tally_from(tally, 101);
	assert_int_equal(add(tally, 102, ARM_RACE, &clean, NULL), 0);
	assert_null(tally_ends(tally));
	assert_int_equal(add(tally, 101, ARM_RACE, &clean, NULL), 0);
	assert_string_equal(tally_ends(tally), "valid");
	tally_free(tally);
}

/* A run that is resumed has trials already when it is told to begin with the first. */
static void test_trials_that_were_kept_stay_decisive(void **state)
{
	struct tally *tally = asking(NULL, 0, 3);
	const struct judgement clean = judged(VERDICT_CLEAN, "");

	(void)state;
	assert_int_equal(add(tally, 1, ARM_RACE, &clean, NULL), 0);
	assert_int_equal(add(tally, 2, ARM_RACE, &clean, NULL), 0);
	tally_from(tally, 1);
	assert_null(tally_ends(tally));
	assert_int_equal(add(tally, 3, ARM_RACE, &clean, NULL), 0);
	assert_string_equal(tally_ends(tally), "valid");
	tally_free(tally);
}

static void assert_verdict(struct tally *tally, enum campaign_verdict verdict,
			   const char *reason)
{
	struct summary summary = { 0 };

	tally_summary(tally, &summary);
	assert_string_equal(summary.reason, reason);
	assert_int_equal(summary.verdict, verdict);
	assert_int_equal(summary.exit_code, verdict_exit(verdict));
}

static struct tally *below_5_percent(enum arm *arms, uint32_t nr_arms)
{
	const struct campaign campaign = {
		.name = "smoke", .arms = arms, .nr_arms = nr_arms, .clean_below_ppm = 50000
	};
	struct tally *tally;

	assert_int_equal(tally_new(&campaign, &tally), 0);
	return tally;
}

/* Without a fault, an explorer's sums say what was covered, and that it is no bound. */
static void test_what_was_explored_is_told(void **state)
{
	struct tally *tally = below_5_percent((enum arm[]){ ARM_RACE }, 1);
	const struct explore_sums sums = {
		.mode = EXPLORE_GUIDED, .places = 240, .held = 131, .pairs = 312
	};
	const struct judgement clean = judged(VERDICT_CLEAN, "");
	struct summary summary = { 0 };

	(void)state;
	add_many(tally, ARM_RACE, 60, &clean);
	tally_summary(tally, &summary);
	tally_explored(tally, &sums, &summary);
	assert_non_null(strstr(
		summary.reason,
		"no bound for the kernel: holds were kept at 131 of 240 places, with 312 pairs"));
	tally_free(tally);
}

static void test_clean_is_earned(void **state)
{
	struct tally *tally = below_5_percent((enum arm[]){ ARM_RACE }, 1);
	const struct judgement clean = judged(VERDICT_CLEAN, "");

	(void)state;
	add_many(tally, ARM_RACE, 1, &clean);
	/* clang-format off */
	assert_verdict(tally, CAMPAIGN_INCONCLUSIVE,
		       "no fault in 1 valid trial of the race arm; rate below 95.0% at 95%; 58 more would show that it is below 5.0% (clean_below_ppm)");
	add_many(tally, ARM_RACE, 57, &clean);
	assert_verdict(tally, CAMPAIGN_INCONCLUSIVE,
		       "no fault in 58 valid trials of the race arm; rate below 5.1% at 95%; 1 more would show that it is below 5.0% (clean_below_ppm)");
	assert_int_equal(add(tally, 60, ARM_RACE, &clean, NULL), 0);
	assert_verdict(tally, CAMPAIGN_INCONCLUSIVE,
		       "no fault in 58 valid trials of the race arm; rate below 5.1% at 95% (without 1 trial that ended while an earlier one was in flight); 1 more would show that it is below 5.0% (clean_below_ppm)");
	assert_int_equal(add(tally, 59, ARM_RACE, &clean, NULL), 0);
	assert_verdict(tally, CAMPAIGN_CLEAN,
		       "no fault in 60 valid trials of the race arm; rate below 4.9% at 95%");
	/* clang-format on */
	tally_free(tally);
}

/* What a trial would have shown whose lane was lost is not known. */
static void test_lost_trials_count_against_the_bound(void **state)
{
	struct tally *tally = below_5_percent((enum arm[]){ ARM_RACE }, 1);
	const struct judgement clean = judged(VERDICT_CLEAN, "");
	const struct judgement invalid = judged(VERDICT_INVALID, "the lane was lost");
	const struct evidence lost = { .spec = { .trial = 60, .arm = ARM_RACE },
				       .lane_lost = true };

	(void)state;
	add_many(tally, ARM_RACE, 59, &clean);
	assert_int_equal(tally_add(tally, &lost, &invalid, NULL), 0);
	/* clang-format off */
	/* 0.95^93 + 93 * 0.05 * 0.95^92 is the first below 5%: 92 valid ones are enough. */
	assert_verdict(tally, CAMPAIGN_INCONCLUSIVE,
		       "no fault in 59 valid trials of the race arm; rate below 7.7% at 95% (1 lost trial counted as faulty); 35 more would show that it is below 5.0% (clean_below_ppm)");
	add_many(tally, ARM_RACE, 33, &clean);
	assert_verdict(tally, CAMPAIGN_CLEAN,
		       "no fault in 92 valid trials of the race arm; rate below 5.0% at 95% (1 lost trial counted as faulty)");
	/* clang-format on */
	tally_free(tally);
}

static void test_without_a_race_nothing_is_clean(void **state)
{
	struct tally *tally = below_5_percent((enum arm[]){ ARM_CONTROL }, 1);
	const struct judgement clean = judged(VERDICT_CLEAN, "");

	(void)state;
	add_many(tally, ARM_CONTROL, 100, &clean);
	/* clang-format off */
	assert_verdict(tally, CAMPAIGN_INCONCLUSIVE,
		       "no fault in 100 valid trials of the control arm; rate below 3.0% at 95%; this says nothing about races, because the campaign has no race arm");
	/* clang-format on */
	tally_free(tally);
}

static void test_interrupted_is_not_clean(void **state)
{
	struct tally *tally = new_tally((enum arm[]){ ARM_RACE }, 1);
	const struct judgement clean = judged(VERDICT_CLEAN, ""), device = leak("x", 1, false);
	struct summary summary = { 0 };

	(void)state;
	add_many(tally, ARM_RACE, 67, &clean);
	tally_summary(tally, &summary);
	tally_unfinished(tally, "interrupted after 67 trials", &summary);
	assert_int_equal(summary.verdict, CAMPAIGN_INCONCLUSIVE);
	assert_int_equal(summary.exit_code, 3);
	assert_string_equal(
		summary.reason,
		"interrupted after 67 trials: no fault in 67 valid trials of the race arm; rate below 4.4% at 95%");
	/* A fault that was found stays one. */
	add_many(tally, ARM_RACE, 1, &device);
	tally_summary(tally, &summary);
	tally_unfinished(tally, "interrupted after 68 trials", &summary);
	assert_int_equal(summary.exit_code, 1);
	assert_string_equal(summary.reason,
			    "interrupted after 68 trials: 1 of 68 trials shows a fault");
	tally_free(tally);
}

static void test_ends_by_hits(void **state)
{
	static enum arm arms[] = { ARM_RACE };
	const struct campaign campaign = {
		.name = "hits", .arms = arms, .nr_arms = 1, .stop = { .hits = 3, .trials = 10 }
	};
	const struct judgement clean = judged(VERDICT_CLEAN, ""), device = leak("x", 1, false);
	const struct judgement missed = judged(VERDICT_MISSED, "");
	struct tally *tally;

	(void)state;
	assert_int_equal(tally_new(&campaign, &tally), 0);
	add_many(tally, ARM_RACE, 4, &clean);
	add_many(tally, ARM_RACE, 2, &device);
	add_many(tally, ARM_RACE, 3, &missed);
	assert_null(tally_ends(tally));
	add_many(tally, ARM_RACE, 1, &device);
	assert_string_equal(tally_ends(tally), "hits");
	tally_free(tally);

	assert_int_equal(tally_new(&campaign, &tally), 0);
	add_many(tally, ARM_RACE, 7, &missed);
	assert_null(tally_ends(tally));
	add_many(tally, ARM_RACE, 1, &clean);
	assert_string_equal(tally_ends(tally), "hits");
	tally_free(tally);
}

static void test_ends_by_rate(void **state)
{
	static enum question rate[] = { QUESTION_RATE };
	const struct judgement clean = judged(VERDICT_CLEAN, ""), device = leak("x", 1, false);
	const struct judgement missed = judged(VERDICT_MISSED, "nothing inside");
	struct tally *tally = asking(rate, 1, 0);
	struct summary summary = { 0 };

	(void)state;
	/* The control arm is not asked. */
	add_many(tally, ARM_CONTROL, 100, &device);
	add_many(tally, ARM_RACE, 31, &clean);
	assert_null(tally_ends(tally));
	tally_summary(tally, &summary);
	assert_null(summary.decided);
	add_many(tally, ARM_RACE, 1, &clean);
	assert_string_equal(tally_ends(tally), "decided");
	tally_summary(tally, &summary);
	assert_string_equal(
		summary.decided,
		"the fault rate of the race arm is below 10% (0 of the first 32 valid trials of the arm)");
	tally_free(tally);

	tally = asking(rate, 1, 0);
	add_many(tally, ARM_RACE, 2, &device);
	assert_string_equal(tally_ends(tally), "decided");
	tally_summary(tally, &summary);
	assert_string_equal(
		summary.decided,
		"the fault rate of the race arm is above 1% (2 of the first 2 trials of the arm)");
	tally_free(tally);

	/* What missed makes a fault rarer, but never shows that it is rare. */
	tally = asking(rate, 1, 0);
	add_many(tally, ARM_RACE, 60, &missed);
	assert_null(tally_ends(tally));
	add_many(tally, ARM_RACE, 2, &device);
	assert_null(tally_ends(tally));
	tally_free(tally);
}

static void test_ends_by_arms(void **state)
{
	static enum question both[] = { QUESTION_ARMS };
	const struct judgement clean = judged(VERDICT_CLEAN, ""), device = leak("x", 1, false);
	struct tally *tally = asking(both, 1, 0);
	struct summary summary = { 0 };

	(void)state;
	add_many(tally, ARM_CONTROL, 4, &clean);
	add_many(tally, ARM_RACE, 3, &device);
	assert_null(tally_ends(tally));
	/* 1/C(8,4) = 0.0143 is below 0.05/2, what the first look may spend. */
	add_many(tally, ARM_RACE, 1, &device);
	assert_string_equal(tally_ends(tally), "decided");
	tally_summary(tally, &summary);
	assert_string_equal(summary.decided, "the race arm shows faults more often than every "
					     "other arm (p = 0.014 at look 1)");
	tally_free(tally);

	/* Not every trial is a look. */
	tally = asking(both, 1, 0);
	add_many(tally, ARM_CONTROL, 8, &clean);
	add_many(tally, ARM_RACE, 4, &clean);
	assert_null(tally_ends(tally));
	add_many(tally, ARM_RACE, 3, &device);
	assert_null(tally_ends(tally));
	tally_free(tally);
}

/* Arms that do not differ, looked at after every trial: wrong in fewer than 5% of campaigns. */
static void test_arms_error(void **state)
{
	static enum question both[] = { QUESTION_ARMS };
	enum { RUNS = 2000, TRIALS = 128 };
	static struct evidence e;
	struct judgement judgements[2] = { judged(VERDICT_CLEAN, ""), leak("x", 1, false) };
	uint64_t seed = 3;
	uint32_t wrong = 0;

	(void)state;
	for (int run = 0; run < RUNS; run++) {
		struct tally *tally = asking(both, 1, 0);
		const char *ends = NULL;

		for (uint32_t i = 0; i < TRIALS && !ends; i++)
			for (int arm = 0; arm < 2; arm++) {
				e.spec.arm = arm ? ARM_RACE : ARM_CONTROL;
				e.spec.trial = 2 * i + (uint32_t)arm + 1;
				assert_true(tally_add(tally, &e,
						      &judgements[plan_draw(&seed) % 3 == 0],
						      NULL) >= 0);
				ends = tally_ends(tally);
			}
		wrong += ends != NULL;
		tally_free(tally);
	}
	assert_true(wrong < RUNS / 20);
	assert_true(wrong > 0);
}

static void test_an_arm_that_never_ran_is_not_clean(void **state)
{
	struct tally *tally = new_tally((enum arm[]){ ARM_CONTROL, ARM_RACE }, 2);
	const struct judgement clean = judged(VERDICT_CLEAN, "");
	struct summary summary = { 0 };

	(void)state;
	assert_int_equal(add(tally, 1, ARM_CONTROL, &clean, NULL), 0);
	tally_summary(tally, &summary);
	assert_int_equal(summary.verdict, CAMPAIGN_INCONCLUSIVE);
	assert_string_equal(summary.reason, "no trial of the race arm was run");
	assert_int_equal(summary.exit_code, 3);
	assert_int_equal(add(tally, 2, ARM_RACE, &clean, NULL), 0);
	tally_summary(tally, &summary);
	assert_int_equal(summary.verdict, CAMPAIGN_CLEAN);
	assert_int_equal(summary.trials, 2);
	tally_free(tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_by_valid_trials),
		cmocka_unit_test(test_ends_by_findings_in_order_of_start),
		cmocka_unit_test(test_trials_from_a_later_one_on),
		cmocka_unit_test(test_trials_that_were_kept_stay_decisive),
		cmocka_unit_test(test_what_was_explored_is_told),
		cmocka_unit_test(test_clean_is_earned),
		cmocka_unit_test(test_lost_trials_count_against_the_bound),
		cmocka_unit_test(test_without_a_race_nothing_is_clean),
		cmocka_unit_test(test_interrupted_is_not_clean),
		cmocka_unit_test(test_ends_by_hits),
		cmocka_unit_test(test_ends_by_rate),
		cmocka_unit_test(test_ends_by_arms),
		cmocka_unit_test(test_arms_error),
		cmocka_unit_test(test_an_arm_that_never_ran_is_not_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
