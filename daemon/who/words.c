// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/words.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
static const struct {
	const char *structure, *words;
} table[] = {
	{ "Qdisc", "queueing discipline" },
	{ "fib6_info", "IPv6 route entry" },
	{ "fib_info", "IPv4 route entry" },
	{ "ifacaddr6", "IPv6 anycast address" },
	{ "ifmcaddr6", "IPv6 multicast group" },
	{ "in_device", "IPv4 part of the device" },
	{ "in_ifaddr", "IPv4 address" },
	{ "inet6_dev", "IPv6 part of the device" },
	{ "inet6_ifaddr", "IPv6 address" },
	{ "ip6_tnl", "IPv6 tunnel" },
	{ "ip_mc_list", "IPv4 multicast group" },
	{ "ip_tunnel", "IPv4 tunnel" },
	{ "ipvl_dev", "ipvlan device" },
	{ "macvlan_dev", "macvlan device" },
	{ "neigh_parms", "neighbour parameters" },
	{ "neighbour", "neighbour entry" },
	{ "net_bridge_port", "bridge port" },
	{ "netdev_adjacent", "tie to an upper or lower device" },
	{ "netdev_queue", "transmit queue" },
	{ "netdev_rx_queue", "receive queue" },
	{ "nexthop", "nexthop object" },
	{ "nh_info", "nexthop object" },
	{ "packet_sock", "packet socket" },
	{ "pneigh_entry", "proxy neighbour entry" },
	{ "raw6_sock", "raw IPv6 socket" },
	{ "raw_sock", "raw IPv4 socket" },
	{ "rt6_info", "IPv6 route" },
	{ "rtable", "IPv4 route" },
	{ "sk_buff", "packet" },
	{ "tcf_mirred", "mirred action" },
	{ "tcp6_sock", "TCP socket over IPv6" },
	{ "tcp_sock", "TCP socket" },
	{ "udp6_sock", "UDP socket over IPv6" },
	{ "udp_sock", "UDP socket" },
	{ "vlan_dev_priv", "VLAN device" },
	{ "xdp_sock", "AF_XDP socket" },
	{ "xfrm_dst", "IPsec route" },
	{ "xfrm_state", "IPsec state" },
	{ "xsk_buff_pool", "AF_XDP buffer pool" },
};
/* clang-format on */

const char *words_for(const char *structure)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].structure, structure))
			return table[i].words;
	return NULL;
}
