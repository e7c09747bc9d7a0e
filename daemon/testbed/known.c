// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "testbed/parts.h"

/* What a positive control takes and drops by netlink. */

static int request(struct testbed *testbed, struct nl_msg *msg, bool is_whole, const char *what,
		   struct why *why)
{
	if (!is_whole)
		return testbed_no_memory(why);
	return sock_request(testbed->lane_sock, msg, what, testbed->dut.name, why);
}

int testbed_neighbour(struct testbed *testbed, bool there, struct why *why)
{
	static const uint8_t mac[ETH_ALEN] = { 0x02, 0x00, 0x5e, 0x00, 0x53, 0x01 };
	const struct in6_addr address = { .s6_addr = { 0xfe, 0x80, [14] = 0xd, [15] = 0xad } };
	struct ndmsg neighbour = {
		.ndm_family = AF_INET6,
		.ndm_ifindex = (int)testbed->dut.ifindex,
		.ndm_state = NUD_PERMANENT,
	};
	AUTO_MSG struct nl_msg *msg = nlmsg_alloc_simple(there ? RTM_NEWNEIGH : RTM_DELNEIGH,
							 there ? NLM_F_CREATE : 0);

	return request(
		testbed, msg,
		msg && nlmsg_append(msg, &neighbour, sizeof(neighbour), NLMSG_ALIGNTO) >= 0 &&
			nla_put(msg, NDA_DST, sizeof(address), &address) >= 0 &&
			nla_put(msg, NDA_LLADDR, sizeof(mac), mac) >= 0,
		there ? "given a neighbour" : "rid of a neighbour", why);
}

int testbed_forget_exception(struct testbed *testbed, struct why *why)
{
	const struct in6_addr address = IN6ADDR_LOOPBACK_INIT;
	struct rtmsg route = {
		.rtm_family = AF_INET6,
		.rtm_dst_len = 128,
		.rtm_table = RT_TABLE_LOCAL,
		.rtm_flags = RTM_F_CLONED,
	};
	AUTO_MSG struct nl_msg *msg = nlmsg_alloc_simple(RTM_DELROUTE, 0);

	return request(testbed, msg,
		       msg && nlmsg_append(msg, &route, sizeof(route), NLMSG_ALIGNTO) >= 0 &&
			       nla_put(msg, RTA_DST, sizeof(address), &address) >= 0,
		       "rid of a route", why);
}

int testbed_dut_set(struct testbed *testbed, bool up, struct why *why)
{
	return link_request(testbed->lane_sock, RTM_NEWLINK, &testbed->dut, up ? IFF_UP : 0,
			    IFF_UP, up ? "brought up" : "taken down", why);
}
