// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which evidence outranks which: what rests on records is nothing where records were lost, and
 * a hang is what a stack shows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trial/verdict.h"

#define IN_A_FLAG_SET	 "[<0>] rtnl_lock+0x15/0x20\n[<0>] devinet_ioctl+0xd2/0x7a0\n"
#define IN_OUR_STOP	 "[<0>] do_signal_stop+0x14c/0x270\n[<0>] get_signal+0x3e1/0x880\n"
#define IN_A_SLEEP	 "[<0>] hrtimer_nanosleep+0xa1/0x190\n"
#define IN_AN_UNREGISTER "[<0>] msleep+0x2d/0x40\n[<0>] netdev_run_todo+0x35f/0x560\n"

static struct evidence hangs(enum hang hang, const char *stack)
{
	struct evidence e = {
		.spec = { .trial = 1, .arm = ARM_RACE },
		.device = "dut",
		.bringup_end = BRINGUP_NOT_STARTED,
		.baseline = { .found = true, .net_device = 3, .inet6_dev = 2 },
		.hang = hang,
		.hang_pid = 7,
	};

	snprintf(e.hang_stack, sizeof(e.hang_stack), "%s", stack);
	return e;
}

/* An unregister that did not return, after a look that found one reference too many. */
static struct evidence leaks(const char *stack)
{
	struct evidence e = hangs(HANG_UNREGISTER, stack);

	e.after = (struct evidence_counts){ .found = true, .net_device = 4, .inet6_dev = 2 };
	e.unregister_tried = true;
	return e;
}

static struct judgement judged(const struct evidence *e)
{
	enum object objects[] = { OBJECT_NET_DEVICE, OBJECT_INET6_DEV };
	const struct campaign campaign = { .watch = { .objects = objects, .nr_objects = 2 } };
	struct judgement j;

	verdict_judge(e, &campaign, &j);
	return j;
}

static void is(const struct evidence *e, enum verdict verdict, const char *reason)
{
	struct judgement j = judged(e);

	if (j.verdict != verdict || !strstr(j.reason, reason))
		fail_msg("%s: %s", verdict_names[j.verdict], j.reason);
}

static void test_a_task_inside_its_call_hangs(void **state)
{
	struct evidence e = hangs(HANG_FLAGS, IN_A_FLAG_SET);

	(void)state;
	is(&e, VERDICT_HANG, "a flag set of dut did not return (task 7");
	e = hangs(HANG_DOWN, IN_A_FLAG_SET);
	is(&e, VERDICT_HANG, "setting down of dut did not return (task 7");
}

static void test_a_task_in_our_own_stop_does_not(void **state)
{
	struct evidence e = hangs(HANG_FLAGS, IN_OUR_STOP);

	(void)state;
	is(&e, VERDICT_INVALID,
	   "nothing shows that its task is inside it: task 7 is in do_signal_stop");
}

static void test_a_program_that_lives_on_does_not(void **state)
{
	struct evidence e = hangs(HANG_FLAGS, IN_A_SLEEP);

	(void)state;
	is(&e, VERDICT_INVALID, "task 7 is in hrtimer_nanosleep");
}

static void test_without_a_stack_nobody_can_tell(void **state)
{
	struct evidence e = hangs(HANG_FLAGS, "");

	(void)state;
	is(&e, VERDICT_INVALID, "the stack of task 7 cannot be read");
}

static void test_lost_records_outrank_what_rests_on_records(void **state)
{
	struct evidence e = hangs(HANG_FLAGS, IN_A_FLAG_SET);

	(void)state;
	e.lost_records = 5912;
	is(&e, VERDICT_INVALID, "records of the probes were lost: 5912");
	e.hang = HANG_DOWN; /* which the campaign's process sees by itself */
	is(&e, VERDICT_HANG, "setting down of dut did not return");
}

static void test_lost_records_excuse_no_leak(void **state)
{
	struct evidence e = leaks(IN_AN_UNREGISTER);

	(void)state;
	e.lost_records = 1;
	is(&e, VERDICT_LEAK, "+1 net_device reference on dut");
}

static void test_a_device_is_pinned_by_the_stack_of_its_unregister(void **state)
{
	struct evidence e = leaks(IN_AN_UNREGISTER);

	(void)state;
	is(&e, VERDICT_LEAK, "the unregister hangs");
	assert_true(judged(&e).pinned);
	e = leaks("");
	is(&e, VERDICT_LEAK, "the unregister did not return, but nothing shows that it hangs");
	assert_false(judged(&e).pinned);
}

static void test_a_count_below_its_baseline_needs_it_too(void **state)
{
	struct evidence e = leaks(IN_AN_UNREGISTER);

	(void)state;
	e.after.net_device = 2;
	is(&e, VERDICT_KERNEL_BUG, "below its baseline");
	e = leaks("");
	e.after.net_device = 2;
	is(&e, VERDICT_INVALID, "nothing shows that its task is inside it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_task_inside_its_call_hangs),
		cmocka_unit_test(test_a_task_in_our_own_stop_does_not),
		cmocka_unit_test(test_a_program_that_lives_on_does_not),
		cmocka_unit_test(test_without_a_stack_nobody_can_tell),
		cmocka_unit_test(test_lost_records_outrank_what_rests_on_records),
		cmocka_unit_test(test_lost_records_excuse_no_leak),
		cmocka_unit_test(test_a_device_is_pinned_by_the_stack_of_its_unregister),
		cmocka_unit_test(test_a_count_below_its_baseline_needs_it_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
