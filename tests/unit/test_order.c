// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "order.h"

static void test_the_seeds_twin(void **state)
{
	struct order order = { 0 };
	struct why why;

	(void)state;
	assert_int_equal(order_read(&order, "I held at veth_close until II held", &why), 0);
	assert_int_equal(order_read(&order, "II starts when I held", &why), 0);
	assert_int_equal(order_read(&order,
				    "II held at return of rt6_uncached_list_add until I done",
				    &why),
			 0);
	assert_int_equal(order.nr_holds, 2);
	assert_true(order.starts_when_held);
	assert_int_equal(order.holds[0].thread, ORDER_THREAD_I);
	assert_false(order.holds[0].at_return);
	assert_string_equal(order.holds[0].function, "veth_close");
	assert_int_equal(order.holds[0].until, ORDER_UNTIL_HELD);
	assert_int_equal(order.holds[1].thread, ORDER_THREAD_II);
	assert_true(order.holds[1].at_return);
	assert_string_equal(order.holds[1].function, "rt6_uncached_list_add");
	assert_int_equal(order.holds[1].until, ORDER_UNTIL_DONE);
}

static void test_a_time(void **state)
{
	struct order order = { 0 };
	struct why why;

	(void)state;
	assert_int_equal(order_read(&order, "  I  held at\tfoo.isra.0 for 300 us ", &why), 0);
	assert_int_equal(order.holds[0].until, ORDER_UNTIL_TIME);
	assert_int_equal(order.holds[0].time_us, 300);
	assert_string_equal(order.holds[0].function, "foo.isra.0");
}

static void test_refused(void **state)
{
	static const char *const steps[] = {
		"",
		"I",
		"I held",
		"I held at",
		"I held at foo",
		"I held at foo until",
		"I held at foo until I held",
		"III held at foo until I held",
		"I held at return of until II held",
		"I held at foo until II gone",
		"I held at foo for 0 us",
		"I held at foo for -1 us",
		"I held at foo for 3 ms",
		"I held at foo for 2000001 us",
		"I held at 3foo until II held",
		"I held at foo until II held and more",
		"I starts when II held",
		"II starts when I held now",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct order order = { 0 };
		struct why why = { "" };

		if (order_read(&order, steps[i], &why) != -EINVAL)
			fail_msg("\"%s\" was read", steps[i]);
		assert_non_null(strstr(why.text, "is no step of an order"));
		assert_int_equal(order.nr_holds, 0);
	}
}

static void test_too_many(void **state)
{
	struct order order = { 0 };
	struct why why;

	(void)state;
	for (int i = 0; i < ORDER_HOLDS_MAX; i++)
		assert_int_equal(order_read(&order, "I held at foo until II held", &why), 0);
	assert_int_equal(order_read(&order, "I held at foo until II held", &why), -EINVAL);
	assert_non_null(strstr(why.text, "one hold too many"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_seeds_twin),
		cmocka_unit_test(test_a_time),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
