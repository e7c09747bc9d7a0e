// SPDX-License-Identifier: GPL-2.0-or-later
/* Percentiles are of valid trials: how long things took in others says nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "results/tally.h"

static struct evidence took(uint32_t trial, uint64_t us)
{
	return (struct evidence){
		.spec = { .trial = trial, .arm = ARM_RACE, .hold_us = us, .steps = 1 },
		.opened = true,
		.closed = true,
		.held_ns = us * 1000,
		.echoes_delivered = 1,
		.first_echo_ns = us * 1000,
		.second_flags_ns = us * 1000,
		.settled = true,
		.settle_ns = us * 1000,
		.steps = { { .thread = ORDER_THREAD_I,
			     .place = "stop",
			     .function = "veth_close",
			     .outcome = STEP_KEPT,
			     .asked_us = us,
			     .held_ns = us * 1000 } },
	};
}

static void test_only_valid_trials_have_percentiles(void **state)
{
	static const enum verdict others[] = { VERDICT_INVALID, VERDICT_MISSED,
					       VERDICT_SKIPPED };
	static enum arm arms[] = { ARM_RACE };
	const struct campaign campaign = { .name = "c", .arms = arms, .nr_arms = 1 };
	const struct judgement clean = { .verdict = VERDICT_CLEAN };
	struct summary summary = { 0 };
	struct evidence e = took(1, 100);
	const struct tally_arm *arm;
	struct tally *tally;

	(void)state;
	assert_int_equal(tally_new(&campaign, &tally), 0);
	assert_int_equal(tally_add(tally, &e, &clean, NULL), 0);
	for (uint32_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const struct judgement other = { .verdict = others[i] };

		e = took(2 + i, 900000);
		assert_int_equal(tally_add(tally, &e, &other, NULL), 0);
	}
	tally_summary(tally, &summary);
	arm = &summary.arms[0];
	assert_int_equal(arm->trials, 4);
	assert_int_equal(arm->held, 1);
	assert_int_equal(arm->hold_asked_p99_us, 100);
	assert_int_equal(arm->held_p99_us, 100);
	assert_int_equal(arm->first_echo_p99_us, 100);
	assert_int_equal(arm->second_flags_p99_us, 100);
	assert_int_equal(arm->settle_p99_us, 100);
	assert_int_equal(summary.nr_steps, 1);
	assert_int_equal(summary.steps[0].kept, 4);
	assert_int_equal(summary.steps[0].held_max_ns, 100000);
	tally_free(tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_valid_trials_have_percentiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
