// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>

#include "ledger/functions.h"

struct name_row {
	const char *start; /* of a function's name */
	const char *kind;
};

/* clang-format off */
static const struct name_row holder_kinds[] = {
	{ "dst_",		   "route" },
	{ "ip6_dst_",		   "route" },
	{ "ip6_rt_",		   "route" },
	{ "ip6_pol_route",	   "route" },
	{ "icmp6_dst_",		   "route" },
	{ "rt6_",		   "route" },
	{ "rt_",		   "route" },
	{ "ipv4_dst_",		   "route" },
	{ "fib6_nh_",		   "nexthop" },
	{ "fib_nh_",		   "nexthop" },
	{ "fib_check_nh",	   "nexthop" },
	{ "nexthop_",		   "nexthop" },
	{ "ip6_validate_gw",	   "nexthop" },
	{ "neigh_",		   "neighbour" },
	{ "__neigh_",		   "neighbour" },
	{ "___neigh_",		   "neighbour" },
	{ "pneigh_",		   "neighbour" },
	{ "linkwatch_",		   "linkwatch" },
	{ "__linkwatch_",	   "linkwatch" },
	{ "qdisc_",		   "queueing discipline" },
	{ "__qdisc_",		   "queueing discipline" },
	{ "packet_",		   "packet socket" },
	{ "__packet_",		   "packet socket" },
	{ "ipv6_add_addr",	   "address" },
	{ "ipv6_del_addr",	   "address" },
	{ "inet6_ifa_",		   "address" },
	/* It starts the timer, and addrconf_ifdown stops it: both inlined. */
	{ "addrconf_dad_completed", "router solicitation" },
	{ "addrconf_mod_rs_timer", "router solicitation" },
	{ "addrconf_rs_timer",	   "router solicitation" },
	{ "addrconf_ifdown",	   "router solicitation" },
	{ "addrconf_mod_dad_work", "DAD" },
	{ "addrconf_dad_",	   "DAD" },
	{ "mld_",		   "multicast" },
	{ "igmp6_",		   "multicast" },
	{ "ma_put",		   "multicast" },
	{ "ipv6_mc_",		   "multicast" },
	{ "ip6_mc_",		   "multicast" },
	{ "__ipv6_dev_mc_",	   "multicast" },
	{ "__ipv6_sock_mc_",	   "multicast" },
	{ "ipv6_dev_ac_",	   "anycast" },
	{ "__ipv6_dev_ac_",	   "anycast" },
	{ "aca_",		   "anycast" },
	{ "ipv6_add_dev",	   "inet6_dev" },
	{ "in6_dev_",		   "inet6_dev" },
	{ "inetdev_",		   "in_device" },
	{ "in_dev_",		   "in_device" },
	{ "rx_queue_",		   "device queue" },
	{ "net_rx_queue_",	   "device queue" },
	{ "netdev_queue_",	   "device queue" },
	{ "__netdev_adjacent_",	   "upper or lower device" },
};

/* What only does it for its caller. */
static const char *const helpers[] = {
	"dev_get_by_", "netdev_get_by_", "netdev_hold", "netdev_put", "dev_hold", "dev_put",
	"in6_dev_get", "in6_dev_put", "in6_ifa_hold", "in6_ifa_put", "neigh_release", "dst_release",
	"rcuref_", "refcount_",
};

/* What stands in a stack only because something watches. */
static const char *const watchers[] = {
	"bpf_prog_", "bpf_trampoline_", "__bpf_prog_", "ftrace_", "arch_ftrace_", "fprobe_",
	"kprobe_", "kretprobe_", "__kretprobe_", "optprobe_", "opt_pre_handler", "rethook_",
	"arch_rethook_", "trampoline_probe_handler", "return_to_handler",
};

/* Where a path ends. */
static const struct {
	const char *start;
	enum ledger_context context;
} boundaries[] = {
	{ "do_syscall_64",	  LEDGER_SYSCALL },
	{ "x64_sys_call",	  LEDGER_SYSCALL },
	{ "__x64_sys_",		  LEDGER_SYSCALL },
	{ "__ia32_",		  LEDGER_SYSCALL },
	{ "__do_fast_syscall_32", LEDGER_SYSCALL },
	{ "do_int80_syscall_32",  LEDGER_SYSCALL },
	{ "entry_SYSCALL",	  LEDGER_SYSCALL },
	{ "rcu_do_batch",	  LEDGER_RCU },
	{ "rcu_core",		  LEDGER_RCU }, /* 5.10 inlines the other */
	{ "call_timer_fn",	  LEDGER_TIMER },
	{ "handle_softirqs",	  LEDGER_SOFTIRQ },
	{ "__do_softirq",	  LEDGER_SOFTIRQ },
	{ "__softirqentry_text_start", LEDGER_SOFTIRQ }, /* its other name */
	{ "process_one_work",	  LEDGER_WORKQUEUE },
	{ "kthread",		  LEDGER_KTHREAD },
	{ "ret_from_fork",	  LEDGER_KTHREAD },
	{ "sysvec_",		  LEDGER_INTERRUPT },
	{ "common_interrupt",	  LEDGER_INTERRUPT },
	{ "asm_",		  LEDGER_INTERRUPT },
};
/* clang-format on */

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool starts_any(const char *text, const char *const *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (starts(text, list[i]))
			return true;
	return false;
}

#define STARTS_ANY(text, list) starts_any(text, list, sizeof(list) / sizeof((list)[0]))

bool function_is_helper(const char *function)
{
	return STARTS_ANY(function, helpers);
}

bool function_is_watcher(const char *function)
{
	return STARTS_ANY(function, watchers);
}

const char *function_kind(const char *holder)
{
	for (size_t i = 0; i < sizeof(holder_kinds) / sizeof(holder_kinds[0]); i++)
		if (starts(holder, holder_kinds[i].start))
			return holder_kinds[i].kind;
	return NULL;
}

enum ledger_context function_context(const char *function)
{
	for (size_t i = 0; i < sizeof(boundaries) / sizeof(boundaries[0]); i++)
		if (starts(function, boundaries[i].start))
			return boundaries[i].context;
	return LEDGER_UNKNOWN;
}
