// SPDX-License-Identifier: GPL-2.0-or-later
/* What positive controls take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lane/known.h"

/* The first row that counts an object adds one of it, and of nothing else. */
static void test_each_object_has_a_known_reference(void **state)
{
	static const uint32_t watched[] = { WATCH_NET_DEVICE, WATCH_INET6_DEV, WATCH_DST };

	(void)state;
	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++) {
		assert_int_equal(knowns[i].watched, watched[i]);
		assert_int_equal(knowns[i].adds.net_device, i == 0);
		assert_int_equal(knowns[i].adds.inet6_dev, i == 1);
		assert_int_equal(knowns[i].adds.dst, i == 2);
		assert_int_equal(knowns[i].adds.neighbours, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_object_has_a_known_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
