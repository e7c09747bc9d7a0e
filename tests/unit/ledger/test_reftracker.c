// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/reftracker.h"

/*
 * Written after lib/ref_tracker.c, not recorded: Debian's kernels are built without it. 6.17's
 * debugfs.
 */
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

/*
 * The log of 6.5 to 6.16, with a time, with CONFIG_PRINTK_CALLER, and as syslog(2) gives it;
 * then 6.17's.
 */
static const char kernel_log[] =
	"[  100.100000] unregister_netdevice: waiting for dut to become free. Usage count = 3\n"
	"[  100.100001] ref_tracker: eth%d@ffff9cabc3bf8548 has 1/2 users at\n"
	"                    ___neigh_create+0x8e/0x420\n"
	"                    arp_process+0x7c0/0x860\n"
	"\n"
	"[  100.200000] unregister_netdevice: waiting for other to become free. Usage count = "
	"2\n"
	"[  100.200001] ref_tracker: veth%d@00000000661d60f7 has 7/7 users at\n"
	"[  100.200001]      nobody+0x1/0x2\n"
	"<0>[  110.100000][  T1234] unregister_netdevice: waiting for dut to become free. "
	"Usage count = 5\n"
	"<3>[  110.100001][  T1234] ref_tracker: eth%d@ffff9cabc3bf8548 has 1/4 users at\n"
	"<3>[  110.100001][  T1234]      xfrm_dev_state_add+0xe5/0x4d0\n"
	"<3>[  110.100001][  T1234]      xfrm_add_sa+0x1/0x2 [xfrm_user]\n"
	"<3>[  110.100001][  T1234] \n"
	"<6>[  110.150000][   T77] something else\n"
	"<6>[  110.150000][   T77]  not+0x1/0x2\n"
	"<3>[  110.100002][  T1234] ref_tracker: netdev@00000000661d60f7 has 2/4 users at\n"
	"<3>[  110.100002][  T1234]      sk_alloc+0x1f/0x2b0\n"
	"<3>[  110.100003][  T1234] ref_tracker: netdev@00000000661d60f7 skipped reports about "
	"1/4 users.\n";

static int parse_log_of(const char *text, const char *interface, int64_t count)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	int err = reftracker_read_log(file, interface, count, &tracker);

	fclose(file);
	return err;
}

static int parse_log(const char *text, const char *interface)
{
	return parse_log_of(text, interface, INT64_MIN);
}

/* Two namespaces have an eth1 each; both wait, and the first one says so again. */
static void test_two_devices_on_one_name(void **state)
{
	static const char log[] =
		"<0>[   81.000000][   T40] unregister_netdevice: waiting for eth1 to become free. "
		"Usage count = 4\n"
		"<3>[   81.000001][   T40] ref_tracker: podA@00000000d00d0001 has 3/3 users at\n"
		"<3>[   81.000001][   T40]  dst_init+0x1/0x2\n"
		"<0>[   81.200000][   T41] unregister_netdevice: waiting for eth1 to become free. "
		"Usage count = 2\n"
		"<3>[   81.200001][   T41] ref_tracker: podB@00000000d00d0002 has 1/1 users at\n"
		"<3>[   81.200001][   T41]  inetdev_init+0x1/0x2\n"
		"<0>[   91.000000][   T40] unregister_netdevice: waiting for eth1 to become free. "
		"Usage count = 3\n"
		"<3>[   91.000001][   T40] ref_tracker: podA@00000000d00d0001 has 2/2 users at\n"
		"<3>[   91.000001][   T40]  sk_alloc+0x1/0x2\n";

	(void)state;
	assert_int_equal(parse_log_of(log, "eth1", 2), 0);
	assert_string_equal(tracker.object, "podB@00000000d00d0002");
	assert_int_equal(tracker.nr_sites, 1);
	assert_string_equal(tracker.sites[0].stack, "inetdev_init");
	assert_int_equal(parse_log_of(log, "eth1", 3), 0);
	assert_string_equal(tracker.object, "podA@00000000d00d0001");
	assert_string_equal(tracker.sites[0].stack, "sk_alloc");
	/* It had four once; now none has. */
	assert_int_equal(parse_log_of(log, "eth1", 4), -ENOTUNIQ);
	assert_int_equal(parse_log(log, "eth1"), -ENOTUNIQ);
	assert_int_equal(tracker.nr_sites, 0);
}

static void test_the_last_report_in_the_log(void **state)
{
	(void)state;
	assert_int_equal(parse_log(kernel_log, "dut"), 0);
	assert_int_equal(tracker.total, 4);
	assert_int_equal(tracker.skipped, 1);
	assert_int_equal(tracker.nr_sites, 2);
	assert_string_equal(tracker.sites[0].stack, "xfrm_dev_state_add < xfrm_add_sa");
	assert_int_equal(tracker.sites[1].users, 2);
	assert_string_equal(tracker.sites[1].stack, "sk_alloc");
	assert_int_equal(parse_log(kernel_log, "other"), 0);
	assert_int_equal(tracker.total, 7);
	assert_string_equal(tracker.object, "veth%d@00000000661d60f7");
	assert_string_equal(tracker.sites[0].stack, "nobody");
	assert_int_equal(parse_log(kernel_log, "dut2"), -ENOENT);
}

/* 5.17 to 6.4: neither an object nor a number. */
static void test_the_old_log_is_not_read(void **state)
{
	static const char old[] = "[   10.1] unregister_netdevice: waiting for dut to become "
				  "free. Usage count = 3\n"
				  "[   10.2] leaked reference.\n"
				  "[   10.2]  fib6_nh_init+0x1/0x2\n";

	(void)state;
	assert_int_equal(parse_log(old, "dut"), -ENOENT);
}

/* A device may be called anything but a slash and white space. */
static void test_a_name_does_nothing_to_a_terminal(void **state)
{
	(void)state;
	assert_int_equal(
		parse("\033[2J\xc2\x9b%d@1 has 1/1 users at\n     a\033[1mb+0x1/0x2\n"), 0);
	assert_string_equal(tracker.object, "\\u001b[2J\\u009b%d@1");
	assert_string_equal(tracker.sites[0].stack, "a\\u001b[1mb");
}

/* What else the kernel prints: no memory for the stacks, or for the numbers. */
static void test_the_kernel_without_memory(void **state)
{
	(void)state;
	assert_int_equal(parse("netdev@1 has 2/3 users at\n(null)\n"
			       "netdev@1 skipped reports about 1/3 users.\n"),
			 0);
	assert_int_equal(tracker.sites[0].users, 2);
	assert_string_equal(tracker.sites[0].stack, "");
	assert_int_equal(parse("netdev@1: couldn't get stats, error -ENOMEM\n"), -ENOENT);
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
		cmocka_unit_test(test_the_last_report_in_the_log),
		cmocka_unit_test(test_two_devices_on_one_name),
		cmocka_unit_test(test_the_old_log_is_not_read),
		cmocka_unit_test(test_a_name_does_nothing_to_a_terminal),
		cmocka_unit_test(test_the_kernel_without_memory),
		cmocka_unit_test(test_what_is_nothing_or_another_format),
		cmocka_unit_test(test_a_site_too_many_counts_as_skipped),
		cmocka_unit_test(test_a_stack_too_long_is_cut),
	};

	return cmocka_run_group_tests_name("reftracker", tests, NULL, NULL);
}
