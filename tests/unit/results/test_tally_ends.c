// SPDX-License-Identifier: GPL-2.0-or-later
/* What ends a campaign counts trials in order of start, and lost ones against it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "results/tally.h"

static struct tally *tally_that_ends(struct campaign campaign)
{
	static enum arm arms[] = { ARM_CONTROL, ARM_RACE };
	struct tally *tally;

	campaign.name = "ends";
	campaign.arms = arms;
	campaign.nr_arms = 2;
	campaign.clean_below_ppm = 1000000;
	assert_int_equal(tally_new(&campaign, &tally), 0);
	return tally;
}

static void end(struct tally *tally, uint32_t trial, enum arm arm, enum verdict verdict)
{
	const struct evidence e = { .spec = { .trial = trial, .arm = arm },
				    .lane_lost = verdict == VERDICT_INVALID };
	struct judgement judgement = { .verdict = verdict };

	snprintf(judgement.signature, sizeof(judgement.signature), "%s",
		 verdict_fault(verdict) ? "leak/x" : "");
	assert_true(tally_add(tally, &e, &judgement, NULL) >= 0);
}

static void test_a_finding_ahead_of_its_turn(void **state)
{
	struct tally *tally = tally_that_ends((struct campaign){ .stop.findings = 1 });

	(void)state;
	end(tally, 3, ARM_RACE, VERDICT_LEAK);
	end(tally, 1, ARM_RACE, VERDICT_CLEAN);
	assert_null(tally_ends(tally));
	end(tally, 2, ARM_RACE, VERDICT_CLEAN);
	assert_string_equal(tally_ends(tally), "findings");
	tally_free(tally);
}

static void test_a_hit_ahead_of_its_turn(void **state)
{
	struct tally *tally =
		tally_that_ends((struct campaign){ .stop = { .hits = 1, .trials = 10 } });

	(void)state;
	end(tally, 3, ARM_RACE, VERDICT_LEAK);
	end(tally, 1, ARM_RACE, VERDICT_CLEAN);
	assert_null(tally_ends(tally));
	end(tally, 2, ARM_RACE, VERDICT_CLEAN);
	assert_string_equal(tally_ends(tally), "hits");
	tally_free(tally);
}

static void test_a_valid_trial_ahead_of_its_turn(void **state)
{
	struct tally *tally = tally_that_ends((struct campaign){ .stop.valid = 2 });

	(void)state;
	end(tally, 3, ARM_RACE, VERDICT_CLEAN);
	end(tally, 1, ARM_RACE, VERDICT_CLEAN);
	assert_null(tally_ends(tally));
	end(tally, 2, ARM_RACE, VERDICT_MISSED);
	assert_string_equal(tally_ends(tally), "valid");
	tally_free(tally);
}

static void test_what_proves_nothing_is_not_valid(void **state)
{
	struct tally *tally = tally_that_ends((struct campaign){ .stop.trials = 9 });
	struct summary summary = { 0 };

	(void)state;
	for (uint32_t trial = 1; trial <= 4; trial++)
		end(tally, trial, ARM_RACE, VERDICT_CLEAN);
	end(tally, 5, ARM_RACE, VERDICT_MISSED);
	end(tally, 6, ARM_RACE, VERDICT_INVALID);
	tally_summary(tally, &summary);
	assert_int_equal(summary.trials, 6);
	assert_int_equal(summary.valid, 4);
	assert_int_equal(summary.arms[1].valid, 4);
	tally_free(tally);
}

/* Four faults of the race; of eight trials of control so many are lost. */
static const char *ends_with_lost(uint32_t nr_lost)
{
	static enum question questions[] = { QUESTION_ARMS };
	struct tally *tally = tally_that_ends(
		(struct campaign){ .stop = { .decided = questions, .nr_decided = 1 } });
	const char *by;
	uint32_t trial = 1;

	for (; trial <= 8; trial++)
		end(tally, trial, ARM_CONTROL,
		    trial <= nr_lost ? VERDICT_INVALID : VERDICT_CLEAN);
	for (; trial <= 12; trial++)
		end(tally, trial, ARM_RACE, VERDICT_LEAK);
	by = tally_ends(tally);
	tally_free(tally);
	return by;
}

static void test_lost_trials_of_another_arm_may_have_been_faulty(void **state)
{
	(void)state;
	assert_string_equal(ends_with_lost(0), "decided");
	assert_null(ends_with_lost(4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_finding_ahead_of_its_turn),
		cmocka_unit_test(test_a_hit_ahead_of_its_turn),
		cmocka_unit_test(test_a_valid_trial_ahead_of_its_turn),
		cmocka_unit_test(test_what_proves_nothing_is_not_valid),
		cmocka_unit_test(test_lost_trials_of_another_arm_may_have_been_faulty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
