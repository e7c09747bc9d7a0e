// SPDX-License-Identifier: GPL-2.0-or-later
/* When missing references become a suspicion: on a quiet machine, and on a starved one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trial/settle.h"

#define MS 1000000ULL

enum { DOWN_MS = 1000, LOOK_MS = 20 };

/*
 * Looks as a lane does, with grace periods of `grace_ms`, while the counts move until
 * `moves_ms` after teardown. How long after teardown it is over; 0: not within the longest
 * time.
 */
static uint64_t over_after_ms(uint64_t grace_ms, uint64_t moves_ms)
{
	struct settle settle;
	uint64_t now = DOWN_MS * MS;

	settle_begin(&settle, now);
	while (now < (DOWN_MS + SETTLE_MOST_MS) * MS) {
		now += LOOK_MS * MS;
		if (settle_wants_grace(&settle, now)) {
			now += grace_ms * MS;
			settle_graced(&settle);
		}
		settle_looked(&settle, now, now < (DOWN_MS + moves_ms) * MS);
		if (settle_is_over(&settle, now))
			return now / MS - DOWN_MS;
	}
	return 0;
}

static void test_on_a_quiet_machine_after_half_a_second(void **state)
{
	(void)state;
	assert_in_range(over_after_ms(11, 0), SETTLE_LEAST_MS, SETTLE_LEAST_MS + 50);
	assert_in_range(over_after_ms(0, 0), SETTLE_LEAST_MS, SETTLE_LEAST_MS + 50);
	/* What moved until the slowest trial that settled has rested by then. */
	assert_in_range(over_after_ms(11, 234), SETTLE_LEAST_MS, SETTLE_LEAST_MS + 50);
}

static void test_on_a_starved_machine_later(void **state)
{
	(void)state;
	assert_in_range(over_after_ms(300, 0), SETTLE_GRACES * 300, SETTLE_GRACES * 300 + 500);
}

static void test_not_while_counts_move(void **state)
{
	(void)state;
	assert_in_range(over_after_ms(11, 2000), 2000 + SETTLE_REST_MS - LOOK_MS,
			2000 + SETTLE_REST_MS + 2 * LOOK_MS);
	assert_int_equal(over_after_ms(11, SETTLE_MOST_MS), 0);
}

static void test_what_is_held_on_purpose_is_waited_for_no_longer_than_the_rest(void **state)
{
	struct settle settle;
	uint64_t last_moved = (DOWN_MS + 15) * MS;

	(void)state;
	settle_begin(&settle, DOWN_MS * MS);
	settle_looked(&settle, last_moved, true);
	settle_known(&settle, true);
	assert_false(settle_is_over(&settle, last_moved + SETTLE_KNOWN_MS * MS - 1));
	assert_true(settle_is_over(&settle, last_moved + SETTLE_KNOWN_MS * MS));
	/* Something else is missing as well. */
	settle_known(&settle, false);
	assert_false(settle_is_over(&settle, last_moved + SETTLE_REST_MS * MS));
}

static void test_trials_that_settle_at_once_wait_for_no_grace_period(void **state)
{
	struct settle settle;

	(void)state;
	settle_begin(&settle, DOWN_MS * MS);
	assert_false(settle_wants_grace(&settle, (DOWN_MS + SETTLE_COUNT_MS) * MS - 1));
	assert_true(settle_wants_grace(&settle, (DOWN_MS + SETTLE_COUNT_MS) * MS));
}

static void test_a_trial_may_take_so_long(void **state)
{
	struct campaign campaign = {
		.watch = { .deadline_ms = 4000, .grace_ms = 50, .unregister_ms = 3000 }
	};

	(void)state;
	assert_int_equal(settle_longest_ms(&campaign), SETTLE_MOST_MS + 100 + 3000);
	campaign.watch.deadline_ms = 600000;
	assert_int_equal(settle_longest_ms(&campaign), 600000 + 100 + 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_on_a_quiet_machine_after_half_a_second),
		cmocka_unit_test(test_on_a_starved_machine_later),
		cmocka_unit_test(test_not_while_counts_move),
		cmocka_unit_test(
			test_what_is_held_on_purpose_is_waited_for_no_longer_than_the_rest),
		cmocka_unit_test(test_trials_that_settle_at_once_wait_for_no_grace_period),
		cmocka_unit_test(test_a_trial_may_take_so_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
