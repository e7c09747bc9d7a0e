// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>

#include "ledger/functions.h"

enum { STARTS_MAX = 16 };

/*
 * One row a kind: how it reads, and the beginnings of the functions that hold or put for it, of
 * Linux 5.10 to 7.2. Holder and putter stand in one row, whatever runs the put. The longest
 * beginning decides.
 */
/* clang-format off */
static const struct {
	const char *words;
	const char *starts[STARTS_MAX];
	bool has_nexthop; /* its functions call those of HOLDER_NEXTHOP, for itself */
	bool is_upper;	  /* a device that is linked to the one below it by HOLDER_ADJACENT */
} kinds[HOLDER_KINDS] = {
	[HOLDER_ROUTE] = { "route",
		{ "dst_", "ip6_dst_", "ip6_rt_", "ip6_pol_route", "icmp6_dst_", "rt6_", "rt_", "ipv4_dst_" } },
	[HOLDER_IPV4_ROUTE] = { "IPv4 address or route",
		{ "fib_create_info", "free_fib_info", "fib_info_" }, .has_nexthop = true },
	[HOLDER_IPV6_ROUTE] = { "IPv6 route",
		{ "fib6_info_", "ip6_route_info_", "ip6_route_add", "ip6_route_multipath_add", "addrconf_f6i_alloc" },
	  .has_nexthop = true },
	[HOLDER_NEXTHOP_OBJECT] = { "nexthop object",
		{ "nexthop_", "nh_", "rtm_new_nexthop", "rtm_del_nexthop", "remove_nexthop",
		  "__remove_nexthop", "replace_nexthop" }, .has_nexthop = true },
	[HOLDER_NEXTHOP] = { "nexthop",
		{ "fib_nh_", "fib_check_nh", "fib6_nh_", "ip6_validate_gw" } },
	[HOLDER_NEIGHBOUR] = { "neighbour", { "neigh_", "__neigh_", "___neigh_" } },
	[HOLDER_NEIGHBOUR_PARMS] = { "neighbour parameters", { "neigh_parms_" } },
	[HOLDER_PROXY_NEIGHBOUR] = { "proxy neighbour", { "pneigh_", "__pneigh_" } },
	[HOLDER_PROXY_QUEUE] = { "proxied solicitation",
		{ "pneigh_enqueue", "neigh_proxy_process", "pneigh_queue_" } },
	[HOLDER_LINKWATCH] = { "linkwatch", { "linkwatch_", "__linkwatch_" } },
	[HOLDER_QDISC] = { "queueing discipline", { "qdisc_", "__qdisc_" } },
	[HOLDER_MIRRED] = { "mirred action", { "tcf_mirred_", "mirred_" } },
	[HOLDER_PACKET_SOCKET] = { "packet socket",
		{ "packet_", "__packet_", "tpacket_", "fanout_", "__fanout_" } },
	[HOLDER_XDP_SOCKET] = { "XDP socket", { "xsk_", "xp_", "__xp_", "xdp_umem_" } },
	[HOLDER_BPF_MAP] = { "BPF device map", { "dev_map_", "__dev_map_" } },
	[HOLDER_TUN] = { "tun", { "tun_", "__tun_", "tap_" } },
	[HOLDER_TLS] = { "TLS offload", { "tls_" } },
	[HOLDER_RDMA] = { "RDMA", { "ib_", "__ib_", "rdma_", "rxe_", "siw_", "smc_" } },
	[HOLDER_NETPOLL] = { "netpoll", { "netpoll_", "__netpoll_", "netconsole_" } },
	[HOLDER_QUEUED_PACKET] = { "packet queued by netfilter", { "nf_queue_", "__nf_queue" } },
	[HOLDER_ETHTOOL] = { "ethtool request", { "ethnl_" } },
	[HOLDER_ADJACENT] = { "upper or lower device", { "__netdev_adjacent_", "netdev_adjacent_" } },
	[HOLDER_BRIDGE_PORT] = { "bridge port",
		{ "br_", "new_nbp", "del_nbp", "release_nbp", "destroy_nbp" }, .is_upper = true },
	[HOLDER_BOND] = { "bond", { "bond_", "__bond_" }, .is_upper = true },
	[HOLDER_TEAM] = { "team", { "team_", "__team_" }, .is_upper = true },
	[HOLDER_VRF] = { "VRF", { "vrf_", "do_vrf_" }, .is_upper = true },
	[HOLDER_VLAN] = { "VLAN", { "vlan_", "register_vlan_", "unregister_vlan_" }, .is_upper = true },
	[HOLDER_MACVLAN] = { "macvlan", { "macvlan_", "macvtap_" }, .is_upper = true },
	[HOLDER_IPVLAN] = { "ipvlan", { "ipvlan_", "ipvtap_" }, .is_upper = true },
	[HOLDER_MACSEC] = { "MACsec", { "macsec_" }, .is_upper = true },
	[HOLDER_HSR] = { "HSR", { "hsr_" }, .is_upper = true },
	[HOLDER_VXLAN] = { "VXLAN", { "vxlan_", "__vxlan_" }, .is_upper = true },
	[HOLDER_TUNNEL] = { "tunnel",
		{ "ip_tunnel_", "__ip_tunnel_", "ipgre_", "ip6gre_", "ip6_tnl_", "ipip_", "ipip6_", "vti_",
		  "vti6_", "xfrmi_", "geneve_" }, .is_upper = true },
	[HOLDER_PPPOE] = { "PPPoE", { "pppoe_" } },
	[HOLDER_MULTICAST_ROUTER] = { "multicast router", { "vif_", "mif6_", "ipmr_", "ip6mr_" } },
	[HOLDER_ADDRESS] = { "address", { "ipv6_add_addr", "ipv6_del_addr", "inet6_ifa_" } },
	/* addrconf_dad_completed() starts the timer and addrconf_ifdown() stops it: both inlined. */
	[HOLDER_ROUTER_SOLICITATION] = { "router solicitation",
		{ "addrconf_dad_completed", "addrconf_mod_rs_timer", "addrconf_rs_timer", "addrconf_ifdown" } },
	[HOLDER_DAD] = { "DAD", { "addrconf_mod_dad_work", "addrconf_dad_" } },
	[HOLDER_MULTICAST] = { "multicast",
		{ "mld_", "igmp6_", "ma_put", "ipv6_mc_", "ip6_mc_", "__ipv6_dev_mc_", "__ipv6_sock_mc_" } },
	[HOLDER_ANYCAST] = { "anycast", { "ipv6_dev_ac_", "__ipv6_dev_ac_", "aca_" } },
	[HOLDER_INET6_DEV] = { "inet6_dev", { "ipv6_add_dev", "in6_dev_" } },
	[HOLDER_IN_DEVICE] = { "in_device", { "inetdev_", "in_dev_" } },
	[HOLDER_QUEUE] = { "device queue", { "rx_queue_", "net_rx_queue_", "netdev_queue_" } },
	[HOLDER_REGISTRATION] = { "registration", { "register_netdevice", "unregister_netdevice_" } },
};

/* What only does it for its caller. */
static const char *const helpers[] = {
	"dev_get_by_", "netdev_get_by_", "netdev_hold", "netdev_put", "dev_hold", "dev_put",
	"__dev_hold", "__dev_put", "in6_dev_get", "in6_dev_put", "in6_ifa_hold", "in6_ifa_put",
	"neigh_release", "dst_release", "rcuref_", "refcount_",
};

/* What makes an object for whoever calls it: a path of births begins with the caller. */
static const char *const makers[] = {
	"dst_alloc", "ip6_dst_alloc", "rt_dst_alloc", "___neigh_create", "__neigh_create",
	"ipv6_add_addr",
};

/*
 * By which packets and calls come in. What is before them differs between drivers, machines and
 * builds.
 */
static const char *const doors[] = {
	"ipv6_rcv", "ipv6_list_rcv", "ip6_rcv_", "ip6_sublist_rcv", "ip6_input", "ip6_mc_input",
	"ip6_protocol_deliver_", "ip_rcv", "ip_list_rcv", "ip_sublist_rcv", "ip_local_deliver",
	"ip_protocol_deliver_", "__netif_receive_skb", "netif_receive_skb", "process_backlog",
	"__napi_poll", "napi_", "net_rx_action", "nf_hook_", "sock_", "__sock_", "____sys_",
	"___sys_", "__sys_", "inet_sendmsg", "inet6_sendmsg", "inet_ioctl", "inet6_ioctl",
	"dev_ioctl", "netlink_", "rtnetlink_", "notifier_call_chain", "raw_notifier_call_chain",
	"blocking_notifier_call_chain", "call_netdevice_notifiers", "vfs_", "ksys_", "__fput",
	"task_work_run", "do_exit",
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
	{ "__arm64_sys_",	  LEDGER_SYSCALL },
	{ "invoke_syscall",	  LEDGER_SYSCALL },
	{ "el0_svc",		  LEDGER_SYSCALL },
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
	{ "el1_interrupt",	  LEDGER_INTERRUPT },
	{ "el0_interrupt",	  LEDGER_INTERRUPT },
	{ "call_on_irq_stack",	  LEDGER_INTERRUPT },
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

bool function_is_maker(const char *function)
{
	return STARTS_ANY(function, makers);
}

bool function_is_door(const char *function)
{
	return STARTS_ANY(function, doors);
}

bool function_is_watcher(const char *function)
{
	return STARTS_ANY(function, watchers);
}

enum holder_kind function_kind(const char *function)
{
	enum holder_kind kind = HOLDER_OTHER;
	size_t longest = 0;

	for (int i = 0; i < HOLDER_KINDS; i++)
		for (int j = 0; j < STARTS_MAX && kinds[i].starts[j]; j++) {
			size_t length = strlen(kinds[i].starts[j]);

			if (length <= longest || !starts(function, kinds[i].starts[j]))
				continue;
			kind = (enum holder_kind)i;
			longest = length;
		}
	return kind;
}

enum holder_kind function_kind_within(enum holder_kind kind, const char *caller)
{
	enum holder_kind owner = kind == HOLDER_NEXTHOP ? function_kind(caller) : HOLDER_OTHER;

	return kinds[owner].has_nexthop ? owner : kind;
}

enum holder_kind function_kind_told(enum holder_kind told, const char *caller)
{
	enum holder_kind upper = told == HOLDER_ADJACENT ? function_kind(caller) : HOLDER_OTHER;

	return kinds[upper].is_upper ? upper : told;
}

const char *holder_kind_words(enum holder_kind kind)
{
	return kinds[kind].words;
}

enum ledger_context function_context(const char *function)
{
	for (size_t i = 0; i < sizeof(boundaries) / sizeof(boundaries[0]); i++)
		if (starts(function, boundaries[i].start))
			return boundaries[i].context;
	return LEDGER_UNKNOWN;
}

bool function_is_planted_in(const char *text)
{
	return strstr(text, "planted_");
}
