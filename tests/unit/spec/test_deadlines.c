// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spec/deadlines.h"

#define MS 1000000ULL

static void test_slow_percent(void **state)
{
	static const struct {
		enum device_kind kind;
		uint64_t cycle_ns;
		uint32_t percent;
	} cycles[] = {
		{ DEVICE_VETH, 0, 100 },	   { DEVICE_VETH, 28 * MS, 100 },
		{ DEVICE_VETH, 199 * MS, 100 }, /* noise */
		{ DEVICE_VETH, 200 * MS, 200 },	   { DEVICE_BRIDGE, 1250 * MS, 1250 },
		{ DEVICE_NIC, 999 * MS, 100 },	   { DEVICE_EXISTING, 3 * 500 * MS, 300 },
		{ DEVICE_VETH, 60000 * MS, 2000 }, { DEVICE_VETH, UINT64_MAX / 100, 2000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cycles) / sizeof(cycles[0]); i++)
		assert_int_equal(slow_percent(cycles[i].kind, cycles[i].cycle_ns),
				 cycles[i].percent);
}

static void test_what_is_waited_for_is_lengthened(void **state)
{
	struct campaign campaign = {
		.bringup.deadline_ms = 5000,
		.watch = { .deadline_ms = 4000, .unregister_ms = 3000, .grace_ms = 50 },
		.vm.deadline_ms = 120000,
	};

	(void)state;
	deadlines_lengthen(&campaign, 0);
	deadlines_lengthen(&campaign, SLOW_USUAL);
	assert_int_equal(campaign.bringup.deadline_ms, 5000);
	deadlines_lengthen(&campaign, 250);
	assert_int_equal(campaign.bringup.deadline_ms, 12500);
	assert_int_equal(campaign.watch.deadline_ms, 10000);
	assert_int_equal(campaign.watch.unregister_ms, 7500);
	assert_int_equal(campaign.watch.grace_ms, 50);
	assert_int_equal(campaign.vm.deadline_ms, 300000);
}

static void test_no_deadline_is_longer_than_its_key_allows(void **state)
{
	struct campaign campaign = { .bringup.deadline_ms = UINT32_MAX,
				     .watch.deadline_ms = 599999 };

	(void)state;
	deadlines_lengthen(&campaign, SLOW_MOST);
	assert_int_equal(campaign.bringup.deadline_ms, 600000);
	assert_int_equal(campaign.watch.deadline_ms, 600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slow_percent),
		cmocka_unit_test(test_what_is_waited_for_is_lengthened),
		cmocka_unit_test(test_no_deadline_is_longer_than_its_key_allows),
	};

	return cmocka_run_group_tests_name("deadlines", tests, NULL, NULL);
}
