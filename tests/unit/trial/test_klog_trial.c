// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trial/klog_trial.h"

enum { NR = 5 };

static struct klog_trial trials[NR];

/* Two races, of which the second began last; a repeat of a race, an echo and a control. */
static void all_tied_by(enum klog_tie tie)
{
	static const struct klog_trial in_progress[NR] = {
		{ .arm = ARM_ECHO, .counts = true, .started_ns = 50 },
		{ .arm = ARM_RACE, .counts = true, .started_ns = 10 },
		{ .arm = ARM_RACE, .counts = true, .started_ns = 20 },
		{ .arm = ARM_RACE, .counts = false, .started_ns = 60 },
		{ .arm = ARM_CONTROL, .counts = true, .started_ns = 70 },
	};

	for (int i = 0; i < NR; i++) {
		trials[i] = in_progress[i];
		trials[i].tie = tie;
	}
}

static void test_of_many_it_counts_once(void **state)
{
	(void)state;
	all_tied_by(KLOG_TIE_NET);
	assert_int_equal(klog_put_down(trials, NR), NR);
	for (int i = 0; i < NR; i++)
		assert_int_equal(trials[i].tie, i == 2 ? KLOG_TIE_NET : KLOG_TIE_NONE);
}

static void test_an_owner_has_it(void **state)
{
	(void)state;
	all_tied_by(KLOG_TIE_GUEST);
	trials[0].tie = KLOG_TIE_DEVICE;
	trials[4].tie = KLOG_TIE_TASK;
	assert_int_equal(klog_put_down(trials, NR), 2);
	assert_int_equal(trials[0].tie, KLOG_TIE_DEVICE);
	assert_int_equal(trials[1].tie, KLOG_TIE_ELSEWHERE);
	assert_int_equal(trials[2].tie, KLOG_TIE_ELSEWHERE);
	assert_int_equal(trials[4].tie, KLOG_TIE_TASK);
}

static void test_one_alone(void **state)
{
	(void)state;
	all_tied_by(KLOG_TIE_ELSEWHERE);
	trials[4].tie = KLOG_TIE_HOOK;
	assert_int_equal(klog_put_down(trials, NR), 1);
	assert_int_equal(trials[4].tie, KLOG_TIE_HOOK);
	assert_int_equal(trials[2].tie, KLOG_TIE_ELSEWHERE);
}

static void test_what_nothing_ties_stays_so(void **state)
{
	(void)state;
	all_tied_by(KLOG_TIE_NONE);
	assert_int_equal(klog_put_down(trials, NR), 0);
	for (int i = 0; i < NR; i++)
		assert_int_equal(trials[i].tie, KLOG_TIE_NONE);
	assert_int_equal(klog_put_down(trials, 0), 0);
}

static void test_what_accuses(void **state)
{
	struct klog_report report = { .head = { .kind = KLOG_WARN } };

	(void)state;
	assert_true(klog_report_accuses(&report, KLOG_TIE_NET));
	assert_false(klog_report_accuses(&report, KLOG_TIE_NONE));
	report.head.kind = KLOG_WAITING;
	assert_false(klog_report_accuses(&report, KLOG_TIE_DEVICE));
	report.head.kind = KLOG_OTHER;
	assert_false(klog_report_accuses(&report, KLOG_TIE_DEVICE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_many_it_counts_once),
		cmocka_unit_test(test_an_owner_has_it),
		cmocka_unit_test(test_one_alone),
		cmocka_unit_test(test_what_nothing_ties_stays_so),
		cmocka_unit_test(test_what_accuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
