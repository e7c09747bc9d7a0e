// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Late is not lost: what comes back by itself is no leak, whatever the last look found, and an
 * unregister is credited only with what it released.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trial/verdict.h"

static enum object objects[] = { OBJECT_NET_DEVICE, OBJECT_INET6_DEV, OBJECT_DST };
static const struct campaign usual = {
	.watch = { .objects = objects, .nr_objects = OBJECTS, .deadline_ms = 4000 }
};
static const struct campaign strict = { .watch = { .objects = objects,
						   .nr_objects = OBJECTS,
						   .deadline_ms = 4000,
						   .late_is_leak = true } };

/* So many references to the device more than before were there half a second after teardown. */
static struct evidence suspected(int64_t more)
{
	return (struct evidence){
		.spec = { .trial = 1, .arm = ARM_CONTROL },
		.device = "dut1",
		.opened = true,
		.closed = true,
		.bringup_end = BRINGUP_EXITED,
		.baseline = { .found = true, .net_device = 3, .inet6_dev = 2 },
		.suspected = { .found = true, .net_device = 3 + more, .inet6_dev = 2 },
		.suspected_ns = 510000000,
		.after = { .found = true, .net_device = 3, .inet6_dev = 2 },
	};
}

static struct evidence back_by_itself(int64_t more)
{
	struct evidence e = suspected(more);

	e.settled = true;
	e.settle_ns = e.late_ns = 3010000000;
	return e;
}

/* At the last look `left` were still there, and the unregister returned. */
static struct evidence unregistered(int64_t more, int64_t left)
{
	struct evidence e = suspected(more);

	e.after.net_device += left;
	e.settle_ns = 4100000000;
	e.unregister_tried = e.unregister_returned = true;
	return e;
}

static struct judgement is(const struct evidence *e, const struct campaign *campaign,
			   enum verdict verdict, const char *reason)
{
	struct judgement j;

	verdict_judge(e, campaign, &j);
	if (j.verdict != verdict || !strstr(j.reason, reason))
		fail_msg("%s: %s", verdict_names[j.verdict], j.reason);
	return j;
}

static void test_it_is_said_at_once(void **state)
{
	struct evidence e = suspected(1);
	struct judgement suspicion;

	(void)state;
	e.after = e.suspected;
	assert_true(verdict_suspects(&e, &usual, &suspicion));
	assert_string_equal(
		suspicion.reason,
		"+1 net_device reference on dut1 510 ms after teardown; the last look is 4.0 s after it");
	assert_string_equal(suspicion.object, "net_device");
	assert_int_equal(suspicion.delta, 1);
}

static void test_nothing_is_said_of_what_is_not_above_its_baseline(void **state)
{
	struct evidence e = suspected(0);
	struct judgement suspicion;

	(void)state;
	assert_false(verdict_suspects(&e, &usual, &suspicion));
	e = suspected(-1);
	assert_false(verdict_suspects(&e, &usual, &suspicion));
	e = suspected(1);
	e.device_gone = true;
	assert_false(verdict_suspects(&e, &usual, &suspicion));
}

static void test_what_comes_back_by_itself_is_late_not_lost(void **state)
{
	struct evidence e = back_by_itself(1);

	(void)state;
	is(&e, &usual, VERDICT_CLEAN,
	   "+1 net_device reference on dut1 came back by itself after 3.0 s: late, not lost");
	e = back_by_itself(4);
	is(&e, &usual, VERDICT_CLEAN,
	   "+4 net_device references on dut1 came back by themselves after 3.0 s: late, not lost");
}

static void test_it_is_a_leak_where_the_campaign_says_so(void **state)
{
	struct evidence e = back_by_itself(2);
	struct judgement j;

	(void)state;
	j = is(&e, &strict, VERDICT_LEAK,
	       "late, not lost, which this campaign calls a leak (watch.late_is_leak)");
	assert_string_equal(j.signature, "leak/net_device");
	assert_int_equal(j.delta, 2);
	assert_false(j.pinned);
	e.suspected_ns = e.late_ns = 0; /* it settled at once */
	is(&e, &strict, VERDICT_CLEAN, "references came back");
}

static void test_it_is_told_of_a_trial_that_proves_nothing(void **state)
{
	struct evidence e = back_by_itself(1);

	(void)state;
	e.lost_records = 3;
	is(&e, &usual, VERDICT_INVALID,
	   "were lost: 3; +1 net_device reference on dut1 came back");
}

static void test_the_unregister_is_credited_with_what_it_released(void **state)
{
	struct evidence e = unregistered(3, 1);
	struct judgement j;

	(void)state;
	j = is(&e, &usual, VERDICT_LEAK,
	       "+1 net_device reference on dut1 4100 ms after teardown; the unregister released it; 2 more came back before");
	assert_int_equal(j.delta, 1);
}

static void test_an_unregister_that_only_waits_released_nothing(void **state)
{
	struct evidence e = unregistered(1, 1);

	(void)state;
	e.late_ns = 5040000000;
	is(&e, &usual, VERDICT_CLEAN,
	   "came back by itself after 5.0 s, while the unregister waited: late, not lost");
	is(&e, &strict, VERDICT_LEAK, "while the unregister waited: late");
	/* It waits for no dst entry. */
	e.after.dst = e.suspected.dst = 2;
	is(&e, &usual, VERDICT_LEAK, "+2 dst entries");
}

static void test_what_never_rests_is_no_leak_unless_the_unregister_hangs(void **state)
{
	struct evidence e = unregistered(1, 1);

	(void)state;
	e.restless = true;
	is(&e, &usual, VERDICT_INVALID, "the counts still changed at the last look: 4.1 s");
	e.unregister_returned = false;
	snprintf(e.hang_stack, sizeof(e.hang_stack), "[<0>] netdev_run_todo+0x35f/0x560\n");
	is(&e, &usual, VERDICT_LEAK, "the unregister hangs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_said_at_once),
		cmocka_unit_test(test_nothing_is_said_of_what_is_not_above_its_baseline),
		cmocka_unit_test(test_what_comes_back_by_itself_is_late_not_lost),
		cmocka_unit_test(test_it_is_a_leak_where_the_campaign_says_so),
		cmocka_unit_test(test_it_is_told_of_a_trial_that_proves_nothing),
		cmocka_unit_test(test_the_unregister_is_credited_with_what_it_released),
		cmocka_unit_test(test_an_unregister_that_only_waits_released_nothing),
		cmocka_unit_test(test_what_never_rests_is_no_leak_unless_the_unregister_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
