// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "reftracker.h"

/* Written after lib/ref_tracker.c, not recorded: Debian's kernels are built without it. */
static const char netdev[] = "netdev@ffff888005c2a5d0 has 2/5 users at\n"
			     "     packet_do_bind+0x1c2/0x2d0 [af_packet]\n"
			     "     __sys_bind.part.0+0xd3/0x100\n"
			     "     do_syscall_64+0x5d/0x90\n"
			     "\n"
			     "netdev@ffff888005c2a5d0 has 1/5 users at\n"
			     "     ipv6_add_dev+0x1b0/0x5c0\n"
			     "\n"
			     "netdev@ffff888005c2a5d0 skipped reports about 2/5 users.\n";

static struct reftracker tracker;

static int parse(const char *text)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	int err = reftracker_read(file, &tracker);

	fclose(file);
	return err;
}

static void test_sites_with_their_users(void **state)
{
	(void)state;
	assert_int_equal(parse(netdev), 0);
	assert_string_equal(tracker.object, "netdev@ffff888005c2a5d0");
	assert_int_equal(tracker.total, 5);
	assert_int_equal(tracker.skipped, 2);
	assert_int_equal(tracker.nr_sites, 2);
	assert_int_equal(tracker.sites[0].users, 2);
	assert_string_equal(tracker.sites[0].stack,
			    "packet_do_bind < __sys_bind < do_syscall_64");
	assert_string_equal(tracker.sites[1].stack, "ipv6_add_dev");
}

static void test_what_is_nothing_or_another_format(void **state)
{
	(void)state;
	assert_int_equal(parse("\n"), -ENOENT);
	assert_int_equal(parse("reference already released.\n"), -ENOENT);
}

static void test_a_site_too_many_counts_as_skipped(void **state)
{
	char text[32 * 1024];
	size_t used = 0;

	(void)state;
	for (int i = 0; i < REFTRACKER_SITES_MAX + 3; i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used,
			"netdev@1 has 1/%d users at\n     some_function+0x1/0x2\n\n",
			REFTRACKER_SITES_MAX + 3);
	assert_int_equal(parse(text), 0);
	assert_int_equal(tracker.nr_sites, REFTRACKER_SITES_MAX);
	assert_int_equal(tracker.skipped, 3);
	assert_string_equal(tracker.sites[REFTRACKER_SITES_MAX - 1].stack, "some_function");
}

static void test_a_stack_too_long_is_cut(void **state)
{
	char text[64 * 1024] = "netdev@1 has 1/1 users at\n";
	size_t used = strlen(text);

	(void)state;
	for (int i = 0; i < 100; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "     a_function_with_a_rather_long_name+0x1/0x2\n");
	assert_int_equal(parse(text), 0);
	assert_int_equal(strlen(tracker.sites[0].stack), REFTRACKER_STACK - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sites_with_their_users),
		cmocka_unit_test(test_what_is_nothing_or_another_format),
		cmocka_unit_test(test_a_site_too_many_counts_as_skipped),
		cmocka_unit_test(test_a_stack_too_long_is_cut),
	};

	return cmocka_run_group_tests_name("reftracker", tests, NULL, NULL);
}
