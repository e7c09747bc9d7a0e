// SPDX-License-Identifier: GPL-2.0-or-later
/* Real-time scheduling of a lane, where this machine grants it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lane/realtime.h"

static int policy(void)
{
	return sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
}

static void test_campaigns_whose_holds_spin_do_without(void **state)
{
	(void)state;
	assert_true(realtime_suits(&(struct campaign){ 0 }));
	assert_false(realtime_suits(&(struct campaign){ .nr_order = 1 }));
	assert_false(realtime_suits(&(struct campaign){ .explore.mode = EXPLORE_SWEEP }));
}

static void test_a_lane_has_it_from_begin_to_end(void **state)
{
	(void)state;
	assert_true(realtime_begin());
	assert_int_equal(policy(), SCHED_RR);
	assert_true(realtime_end());
	assert_int_equal(policy(), SCHED_OTHER);
}

static void test_a_child_never_has_it(void **state)
{
	int status;
	pid_t child;

	(void)state;
	assert_true(realtime_begin());
	child = fork();
	if (!child)
		_exit(policy() == SCHED_OTHER ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	realtime_end();
}

/* By far more work than fits into the time; a CPU without ticks (nohz_full) counts none. */
static void test_what_does_not_wait_loses_it(void **state)
{
	enum { LOOKS = 20000000 };
	int looks = 0;

	(void)state;
	assert_true(realtime_begin());
	while (policy() == SCHED_RR && looks < LOOKS)
		looks++;
	assert_int_equal(policy(), SCHED_OTHER);
	assert_false(realtime_end());
}

int main(void)
{
	const struct CMUnitTest everywhere[] = {
		cmocka_unit_test(test_campaigns_whose_holds_spin_do_without),
	};
	const struct CMUnitTest granted[] = {
		cmocka_unit_test(test_a_lane_has_it_from_begin_to_end),
		cmocka_unit_test(test_a_child_never_has_it),
		cmocka_unit_test(test_what_does_not_wait_loses_it),
	};
	int failed = cmocka_run_group_tests(everywhere, NULL, NULL);

	if (failed)
		return failed;
	if (!realtime_begin()) {
		print_message("SKIP: this machine refuses real-time scheduling\n");
		return 77;
	}
	realtime_end();
	return cmocka_run_group_tests(granted, NULL, NULL);
}
