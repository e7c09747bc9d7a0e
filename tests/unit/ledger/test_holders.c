// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/match.h"
#include "watchpoint/watchpoint.h"

/*
 * Holders by kind: each row takes references by some paths and drops them by others, as stacks
 * of 6.18 show it, and as the source of other kernels has it. What is taken and dropped cancels
 * out; what is kept is told as its kind.
 */
enum { PATHS_MAX = 4, NAMES_MAX = 256 };
#define BASE 0xffffffff81000000ULL
#define SIZE 4096

/* clang-format off */
static const struct holder {
	const char *kernel;
	const char *words;
	const char *holds[PATHS_MAX]; /* one each */
	const char *puts[PATHS_MAX];
} holders[] = {
	{ "6.18", "macvlan",
	  { "macvlan_init < register_netdevice < macvlan_common_newlink < rtnl_newlink < do_syscall_64",
	    "__netdev_adjacent_dev_insert < __netdev_upper_dev_link < netdev_upper_dev_link < macvlan_common_newlink < rtnl_newlink < do_syscall_64" },
	  { "__netdev_adjacent_dev_remove < __netdev_upper_dev_unlink < netdev_upper_dev_unlink < rtnl_dellink < do_syscall_64",
	    "macvlan_dev_free < netdev_run_todo < rtnl_dellink < do_syscall_64" } },
	{ "6.18", "macvlan",
	  { "macvlan_init < register_netdevice < macvlan_common_newlink < rtnl_newlink < do_syscall_64" },
	  { "macvlan_dev_free < netdev_run_todo < default_device_exit_batch < cleanup_net < process_one_work" } },
	{ "6.18", "bridge port",
	  { "br_add_if < do_set_master < do_setlink < rtnl_newlink < do_syscall_64",
	    "__netdev_adjacent_dev_insert < __netdev_upper_dev_link < netdev_master_upper_dev_link < br_add_if < do_set_master < do_syscall_64" },
	  { "__netdev_adjacent_dev_remove < __netdev_upper_dev_unlink < netdev_upper_dev_unlink < del_nbp < br_dev_delete < rtnl_dellink < do_syscall_64",
	    "destroy_nbp_rcu < rcu_do_batch" } },
	{ "5.10", "bridge port",
	  { "br_add_if < br_add_slave < do_set_master < do_setlink < do_syscall_64" },
	  { "destroy_nbp_rcu < rcu_core < __do_softirq" } },
	{ "6.12", "bond",
	  { "__netdev_adjacent_dev_insert < __netdev_adjacent_dev_link_neighbour < __netdev_upper_dev_link < netdev_master_upper_dev_link < bond_enslave < do_set_master < do_syscall_64" },
	  { "__netdev_adjacent_dev_remove.constprop.0 < __netdev_upper_dev_unlink < netdev_upper_dev_unlink < __bond_release_one < bond_uninit < rtnl_dellink < do_syscall_64" } },
	{ "5.10", "VLAN",
	  { "register_vlan_dev < vlan_newlink < __rtnl_newlink < rtnl_newlink < do_syscall_64" },
	  { "unregister_vlan_dev < rtnl_dellink < do_syscall_64" } },
	{ "6.12", "VLAN",
	  { "vlan_dev_init < register_netdevice < register_vlan_dev < vlan_newlink < do_syscall_64" },
	  { "vlan_dev_free < netdev_run_todo < rtnl_dellink < do_syscall_64" } },
	{ "6.18", "VXLAN",
	  { "__netdev_adjacent_dev_insert < __netdev_upper_dev_link < netdev_upper_dev_link < __vxlan_dev_create < vxlan_newlink < do_syscall_64" },
	  { "__netdev_adjacent_dev_remove < __netdev_upper_dev_unlink < netdev_upper_dev_unlink < rtnl_dellink < do_syscall_64" } },
	{ "6.18", "XDP socket",
	  { "xsk_bind < __sys_bind < do_syscall_64", "xp_assign_dev < xsk_bind < __sys_bind < do_syscall_64" },
	  { "xsk_release < sock_close < __fput < task_work_run < do_syscall_64",
	    "xp_clear_dev < xp_release_deferred < process_one_work" } },
	{ "5.10", "XDP socket",
	  { "xsk_bind < __sys_bind < do_syscall_64", "xp_assign_dev < xsk_bind < __sys_bind < do_syscall_64" },
	  { "xsk_release < __sock_release < do_syscall_64",
	    "xp_clear_dev < xp_release_deferred < process_one_work < worker_thread" } },
	{ "6.18", "IPv4 address or route",
	  { "fib_check_nh < fib_create_info < fib_table_insert < fib_magic < fib_add_ifaddr < do_syscall_64",
	    "fib_create_info < fib_table_insert < fib_magic < fib_add_ifaddr < do_syscall_64" },
	  { "fib_nh_common_release < free_fib_info_rcu < rcu_do_batch",
	    "fib_nh_common_release < free_fib_info_rcu < rcu_do_batch" } },
	{ "6.1", "IPv6 route",
	  { "fib6_nh_init < ip6_route_info_create < ip6_route_add < inet6_rtm_newroute < do_syscall_64" },
	  { "fib_nh_common_release < fib6_nh_release < fib6_info_destroy_rcu < rcu_do_batch" } },
	{ "6.18", "IPv6 route",
	  { "fib6_nh_init < ip6_route_info_create_nh < addrconf_f6i_alloc < ipv6_add_addr < do_syscall_64" },
	  { "fib_nh_common_release < fib6_info_destroy_rcu < rcu_do_batch" } },
	{ "5.10", "nexthop object",
	  { "fib_check_nh < rtm_new_nexthop < rtnetlink_rcv_msg < do_syscall_64" },
	  { "fib_nh_common_release < nexthop_free_rcu < rcu_core < __do_softirq" } },
	{ "6.18", "nexthop object",
	  { "fib6_nh_init < rtm_new_nexthop < netlink_rcv_skb < do_syscall_64" },
	  { "fib_nh_common_release < nexthop_free_rcu < rcu_do_batch" } },
	{ "6.18", "route",
	  { "dst_alloc < ip6_pol_route < fib6_rule_lookup < ip6_route_output_flags < do_syscall_64" },
	  { "dst_dev_put < fib6_nh_release_dsts < fib6_nh_release < fib6_info_destroy_rcu < rcu_do_batch" } },
	{ "6.18", "proxy neighbour",
	  { "pneigh_create < neigh_add < rtnetlink_rcv_msg < do_syscall_64" },
	  { "pneigh_delete < neigh_delete < rtnetlink_rcv_msg < do_syscall_64" } },
	{ "5.10", "proxied solicitation",
	  { "pneigh_enqueue < ndisc_recv_ns < ndisc_rcv < icmpv6_rcv < __do_softirq" },
	  { "neigh_proxy_process < call_timer_fn" } },
	{ "6.12", "tun",
	  { "tun_get < tun_chr_write_iter < vfs_write < do_syscall_64" },
	  { "tun_chr_write_iter < vfs_write < do_syscall_64" } },
	{ "6.12", "mirred action",
	  { "tcf_mirred_replace_dev < tcf_mirred_init < tcf_action_init < do_syscall_64" },
	  { "tcf_mirred_release < tcf_action_cleanup < __tcf_action_put < do_syscall_64" } },
	{ "6.12", "queueing discipline",
	  { "qdisc_alloc < qdisc_create < tc_modify_qdisc < do_syscall_64" },
	  { "__qdisc_destroy < qdisc_graft < tc_get_qdisc < do_syscall_64" } },
	{ "6.18", "packet socket",
	  { "packet_do_bind < packet_bind < __sys_bind < do_syscall_64" },
	  { "packet_release < __sock_release < do_syscall_64" } },
};
/* clang-format on */

/* --- a kernel of the functions that the rows name --- */

static char *names[NAMES_MAX];
static uint32_t nr_names;
static struct symbols *symbols;

static uint64_t address_of(const char *name, size_t length)
{
	uint32_t i = 0;

	while (i < nr_names &&
	       (strlen(names[i]) != length || strncmp(names[i], name, length) != 0))
		i++;
	if (i == nr_names) {
		assert_true(nr_names < NAMES_MAX);
		names[nr_names++] = strndup(name, length);
	}
	return BASE + i * SIZE + 16;
}

static struct watchpoint_write write_of(const char *stack, int32_t value)
{
	struct watchpoint_write write = {
		.mark = { .type = WATCHPOINT_WRITE, .value = value },
		.pid = 17,
		.comm = "ip",
	};

	while (*stack) {
		const char *end = strstr(stack, " < ");
		size_t length = end ? (size_t)(end - stack) : strlen(stack);

		write.frames[write.nr_frames++] = address_of(stack, length);
		stack += length + (end ? 3 : 0);
	}
	return write;
}

static void name_all(const char *const *stacks)
{
	for (int i = 0; i < PATHS_MAX && stacks[i]; i++)
		write_of(stacks[i], 0);
}

static int make_kernel(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	for (size_t i = 0; i < sizeof(holders) / sizeof(holders[0]); i++) {
		name_all(holders[i].holds);
		name_all(holders[i].puts);
	}
	for (uint32_t i = 0; i < nr_names; i++)
		fprintf(file, "%llx t %s\n", BASE + i * SIZE, names[i]);
	fclose(file);
	file = fmemopen(text, size, "r");
	assert_int_equal(symbols_read(file, &symbols), 0);
	fclose(file);
	free(text);
	return 0;
}

static int forget_kernel(void **state)
{
	(void)state;
	symbols_free(symbols);
	while (nr_names)
		free(names[--nr_names]);
	return 0;
}

/* --- what comes of them --- */

static int32_t play(struct ledger *ledger, int32_t value, const char *const *stacks, int delta)
{
	for (int i = 0; i < PATHS_MAX && stacks[i]; i++) {
		const struct watchpoint_write write = write_of(stacks[i], value += delta);

		ledger_add(ledger, &write.mark);
	}
	return value;
}

static struct ledger *begin(void)
{
	const struct watchpoint_mark mark = { .type = WATCHPOINT_MARK };
	struct ledger *ledger = ledger_new(symbols, WATCHPOINT_PER_CPU, NULL, NULL);

	assert_non_null(ledger);
	ledger_add(ledger, &mark);
	return ledger;
}

static void test_what_is_kept_is_told_as_its_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(holders) / sizeof(holders[0]); i++) {
		const struct holder *holder = &holders[i];
		struct ledger *ledger = begin();
		int32_t held = play(ledger, 0, holder->holds, 1);
		struct ledger_match match = ledger_match(ledger, NULL);

		print_message("%s, %s\n", holder->words, holder->kernel);
		assert_int_equal(match.surplus, held);
		assert_true(match.exact);
		assert_int_equal(match.nr_suspects, held);
		for (uint32_t j = 0; j < match.nr_suspects; j++)
			assert_string_equal(match.suspects[j].path->kind_words, holder->words);
		ledger_free(ledger);
	}
}

/* A socket is kept meanwhile: no put of another kind can be the socket's. */
static void test_what_is_dropped_again_accuses_nobody(void **state)
{
	static const char *const socket[PATHS_MAX] = {
		"packet_do_bind < packet_bind < __sys_bind < do_syscall_64"
	};

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(holders) / sizeof(holders[0]); i++) {
		const struct holder *holder = &holders[i];
		struct ledger *ledger = begin();
		int32_t value =
			play(ledger, play(ledger, 0, holder->holds, 1), holder->puts, -1);
		struct ledger_match match;

		print_message("%s, %s\n", holder->words, holder->kernel);
		assert_int_equal(value, 0);
		assert_int_equal(ledger_match(ledger, NULL).nr_suspects, 0);
		play(ledger, 0, socket, 1);
		match = ledger_match(ledger, NULL);
		assert_true(match.exact);
		assert_int_equal(match.nr_suspects, 1);
		assert_int_equal(match.suspects[0].path->kind, HOLDER_PACKET_SOCKET);
		ledger_free(ledger);
	}
}

static void test_each_kind_has_words_of_its_own(void **state)
{
	(void)state;
	assert_null(holder_kind_words(HOLDER_OTHER));
	for (int i = HOLDER_OTHER + 1; i < HOLDER_KINDS; i++) {
		assert_non_null(holder_kind_words((enum holder_kind)i));
		for (int j = HOLDER_OTHER + 1; j < i; j++)
			assert_string_not_equal(holder_kind_words((enum holder_kind)i),
						holder_kind_words((enum holder_kind)j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_kept_is_told_as_its_kind),
		cmocka_unit_test(test_what_is_dropped_again_accuses_nobody),
		cmocka_unit_test(test_each_kind_has_words_of_its_own),
	};

	return cmocka_run_group_tests_name("holders", tests, make_kernel, forget_kernel);
}
