// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "spec/order.h"
#include "spec/sites.h"

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
	assert_int_equal(order.starts_when, ORDER_THREAD_I);
	assert_false(order_has_dad(&order));
	assert_int_equal(order.holds[0].thread, ORDER_THREAD_I);
	assert_false(order.holds[0].at_return);
	assert_string_equal(order.holds[0].place, "veth_close");
	assert_null(order.holds[0].site);
	assert_int_equal(order.holds[0].until, ORDER_UNTIL_HELD);
	assert_int_equal(order.holds[0].other, ORDER_THREAD_II);
	assert_int_equal(order.holds[1].thread, ORDER_THREAD_II);
	assert_true(order.holds[1].at_return);
	assert_string_equal(order.holds[1].place, "rt6_uncached_list_add");
	assert_int_equal(order.holds[1].until, ORDER_UNTIL_DONE);
}

static void test_a_change_has_a_place(void **state)
{
	static const char hold[] =
		"II held at rt6_insert_exception until I has done \"route-delete\"";
	static const char does[] = "I does \"route-delete\" when II held";
	struct order order = { 0 };
	char words[ORDER_WORDS];
	struct why why;

	(void)state;
	assert_int_equal(order_read(&order, hold, &why), 0);
	assert_int_equal(order_read(&order, does, &why), 0);
	assert_int_equal(order_check(&order, &why), 0);
	assert_int_equal(order.nr_holds, 1);
	assert_int_equal(order.holds[0].until, ORDER_UNTIL_CHANGED);
	assert_int_equal(order.holds[0].other, ORDER_THREAD_I);
	assert_int_equal(order.change, CHANGE_ROUTE_DELETE);
	assert_int_equal(order.change_when, ORDER_THREAD_II);
	order_write_hold(&order.holds[0], order.change, words);
	assert_string_equal(words, hold);
	order_write_change(order.change, order.change_when, words);
	assert_string_equal(words, does);
}

static void test_a_pass(void **state)
{
	static const char second[] =
		"II held at return of the 2nd pass of fib6_lookup until I held";
	struct order order = { 0 };
	char words[ORDER_WORDS];
	struct why why;

	(void)state;
	assert_int_equal(order_read(&order, second, &why), 0);
	assert_int_equal(order.holds[0].skips, 1);
	assert_true(order.holds[0].at_return);
	assert_string_equal(order.holds[0].place, "fib6_lookup");
	order_write_hold(&order.holds[0], CHANGE_NONE, words);
	assert_string_equal(words, second);
	assert_int_equal(order_read_place(&order, "I held at the 9th pass of stop", &why), 0);
	assert_int_equal(order.holds[1].skips, ORDER_PASSES_MAX - 1);
	assert_non_null(order.holds[1].site);
	order_write_place(&order.holds[1], words);
	assert_string_equal(words, "I held at the 9th pass of stop");
	assert_int_equal(order_read(&order, "I held at the 1st pass of stop for 5 us", &why),
			 0);
	order_write_place(&order.holds[2], words);
	assert_string_equal(words, "I held at stop");
	assert_int_equal(order_read(&order, "I held at the 10th pass of stop for 5 us", &why),
			 -EINVAL);
	assert_int_equal(order_read(&order, "I held at 2nd pass of stop for 5 us", &why),
			 -EINVAL);
	assert_int_equal(order_read(&order, "I held at the 2nd pass of", &why), -EINVAL);
}

static void test_changes_that_cannot_be(void **state)
{
	struct order order = { 0 };
	struct why why;

	(void)state;
	assert_int_equal(order_read(&order, "I does \"fly\" when II held", &why), -EINVAL);
	assert_int_equal(order_read(&order, "I does mtu when II held", &why), -EINVAL);
	assert_int_equal(order_read(&order, "I does \"mtu\" when I held", &why), -EINVAL);
	assert_int_equal(order_read(&order, "I held at stop until I has done \"mtu\"", &why),
			 -EINVAL);
	assert_int_equal(order_read(&order, "I does \"mtu\" when II held", &why), 0);
	assert_int_equal(order_check(&order, &why), -EINVAL);
	assert_non_null(strstr(why.text, "no step holds II"));
	assert_int_equal(
		order_read(&order, "II held at stop until I has done \"route-add\"", &why),
		-EINVAL);
	assert_non_null(strstr(why.text, "another step says that I does \"mtu\""));
}

static void test_a_time(void **state)
{
	struct order order = { 0 };
	struct why why;

	(void)state;
	assert_int_equal(order_read(&order, "  I  held at\tfoo.isra.0 for 300 us ", &why), 0);
	assert_int_equal(order.holds[0].until, ORDER_UNTIL_TIME);
	assert_int_equal(order.holds[0].time_us, 300);
	assert_string_equal(order.holds[0].place, "foo.isra.0");
}

static void test_dad_at_a_site(void **state)
{
	const char *functions[SITE_FUNCTIONS_MAX + 1];
	struct order order = { 0 };
	struct why why;

	(void)state;
	assert_int_equal(
		order_read(&order, "DAD held at return of dad-completed for 300 us", &why), 0);
	assert_int_equal(order_read(&order, "I held at stop until DAD done", &why), 0);
	assert_int_equal(order_read(&order, "II starts when DAD held", &why), 0);
	assert_true(order_has_dad(&order));
	assert_int_equal(order.starts_when, ORDER_THREAD_DAD);
	assert_int_equal(order.holds[0].thread, ORDER_THREAD_DAD);
	assert_true(order.holds[0].at_return);
	assert_string_equal(order.holds[0].place, "dad-completed");
	assert_int_equal(order.holds[0].other, ORDER_THREAD_NONE);
	assert_non_null(order.holds[0].site);
	site_functions(order.holds[0].site, DEVICE_VETH, NULL, functions);
	assert_string_equal(functions[0], "addrconf_dad_completed");
	assert_int_equal(order.holds[1].other, ORDER_THREAD_DAD);
	site_functions(order.holds[1].site, DEVICE_BRIDGE, NULL, functions);
	assert_string_equal(functions[0], "br_dev_stop");
	assert_null(functions[1]);
}

static void test_dad_is_waited_for_only(void **state)
{
	struct order waits = { 0 }, starts = { 0 };
	struct why why;

	(void)state;
	assert_int_equal(order_read(&waits, "I held at flag-change until DAD held", &why), 0);
	assert_true(order_has_dad(&waits));
	assert_int_equal(order_read(&starts, "II starts when DAD held", &why), 0);
	assert_true(order_has_dad(&starts));
}

static void test_no_such_site(void **state)
{
	struct order order = { 0 };
	struct why why = { "" };

	(void)state;
	assert_int_equal(order_read(&order, "I held at dad-nothing for 3 us", &why), -EINVAL);
	assert_non_null(
		strstr(why.text, "\"dad-nothing\": unknown site; allowed: dad-start, "));
	assert_non_null(strstr(why.text, ", stop, or any kernel function"));
	assert_int_equal(order_read(&order, "II held at echo-replay for 3 us", &why), -EINVAL);
	assert_non_null(strstr(
		why.text,
		"\"echo-replay\": unknown site; did you mean echo-reply? Allowed: dad-start, "));
	assert_int_equal(order.nr_holds, 0);
}

/* What makes a name of the table one that no function can have, and each row complete. */
static void test_sites(void **state)
{
	(void)state;
	for (const struct hold_site *site = hold_sites; site->name; site++) {
		const char *functions[SITE_FUNCTIONS_MAX + 1];

		assert_ptr_equal(site_find(site->name), site);
		assert_non_null(site->doc);
		assert_true(strlen(site->name) < ORDER_PLACE);
		for (int kind = 0; kind < DEVICE_KINDS; kind++) {
			site_functions(site, kind, NULL, functions);
			if (!functions[0])
				fail_msg("%s has no function", site->name);
		}
	}
	assert_null(site_find("addrconf_dad_work"));
	assert_string_equal(site_of_function("addrconf_dad_work")->name, "dad-work");
	assert_string_equal(site_of_function("br_dev_stop")->name, "stop");
	assert_null(site_of_function("dad-work"));
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
		"II starts when II held",
		"II starts when DAD done",
		"DAD starts when I held",
		"DAD held at foo until DAD done",
		"DAD held at -foo until I done",
		"II starts when I held now",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct order order = { 0 };
		struct why why = { "" };

		if (order_read(&order, steps[i], &why) != -EINVAL)
			fail_msg("\"%s\" was read", steps[i]);
		assert_non_null(strstr(why.text, "is not a step of an order"));
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
	assert_non_null(strstr(why.text, "too many holds"));
}

static struct order order_of(const char *const *steps)
{
	struct order order = { 0 };
	struct why why;

	for (; *steps; steps++)
		assert_int_equal(order_read(&order, *steps, &why), 0);
	return order;
}

static void test_what_can_never_come_about(void **state)
{
	static const struct {
		const char *steps[4], *why;
	} rows[] = {
		{ { "I held at stop until II held", "DAD held at dad-work for 9 us" },
		  "\"I held at stop until II held\" can never end as asked: no step holds II; " },
		{ { "II held at foo until DAD held" },
		  "\"II held at foo until DAD held\" can never end as asked: no step holds DAD; " },
		{ { "II starts when I held", "II held at foo until I done" },
		  "\"II starts when I held\" can never happen: no step holds I; " },
		{ { "I held at stop until II done", "II held at foo until I done" },
		  "\"I held at stop until II done\" and \"II held at foo until I done\" wait for each other" },
		{ { "DAD held at dad-work until II done", "I held at stop for 9 us",
		    "II held at return of foo until DAD done" },
		  "wait for each other" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct order order = order_of(rows[i].steps);
		struct why why = { "" };

		assert_int_equal(order_check(&order, &why), -EINVAL);
		if (!strstr(why.text, rows[i].why))
			fail_msg("\"%s\": \"%s\" is missing", why.text, rows[i].why);
	}
}

static void test_what_can_come_about(void **state)
{
	static const char *const orders[][4] = {
		{ "I held at stop until II held", "II starts when I held",
		  "II held at foo until I done" },
		{ "I held at stop until II held", "II held at foo until I held" },
		{ "II starts when DAD held", "DAD held at dad-work until II done" },
		{ "I held at stop until DAD done" }, /* DAD is done without being held, too */
		{ "I held at stop until II done", "II held at foo until DAD done" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct order order = order_of(orders[i]);
		struct why why = { "" };

		if (order_check(&order, &why))
			fail_msg("refused: %s", why.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_seeds_twin),
		cmocka_unit_test(test_a_change_has_a_place),
		cmocka_unit_test(test_a_pass),
		cmocka_unit_test(test_changes_that_cannot_be),
		cmocka_unit_test(test_a_time),
		cmocka_unit_test(test_dad_at_a_site),
		cmocka_unit_test(test_dad_is_waited_for_only),
		cmocka_unit_test(test_no_such_site),
		cmocka_unit_test(test_sites),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_what_can_never_come_about),
		cmocka_unit_test(test_what_can_come_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
