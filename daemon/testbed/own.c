// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <netlink/route/link/macvlan.h>
#include <netlink/route/link/veth.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "testbed/parts.h"

/* The veth end under a macvlan or a bridge is a wire only. */
static const struct setting lower_settings[] = {
	{ "ipv6/conf/%s/disable_ipv6", "1" },
};

/*
 * The index is chosen, not left to the kernel, which would give both ends of a veth the same
 * one in their two fresh namespaces. linkwatch_urgent_event() compares index and iflink: were
 * they equal, the carrier's changes would wait for up to a second, and DAD with them.
 */
static struct testbed_device own_device(uint32_t lane, enum role role)
{
	static const char *const names[] = {
		[ROLE_DUT] = "dut", [ROLE_PEER] = "peer", [ROLE_LOWER] = "lu"
	};
	struct testbed_device device = {
		.ifindex = 1000 + lane % 100000 * 10 + role,
		.mac = { 0x02, 0xda, 0xd0, (uint8_t)(lane >> 8), (uint8_t)lane, (uint8_t)role },
	};

	snprintf(device.name, sizeof(device.name), "%s%u", names[role], lane);
	return device;
}

static int link_describe(struct rtnl_link *link, const struct testbed_device *device)
{
	struct nl_addr *addr = nl_addr_build(AF_LLC, device->mac, ETH_ALEN);

	if (!addr)
		return -ENOMEM;
	rtnl_link_set_name(link, device->name);
	rtnl_link_set_ifindex(link, (int)device->ifindex);
	rtnl_link_set_addr(link, addr);
	nl_addr_put(addr);
	return 0;
}

static int link_create(struct nl_sock *sock, struct rtnl_link *link, const char *kind,
		       const char *option, struct why *why)
{
	AUTO_MSG struct nl_msg *msg = NULL;
	const char *name = rtnl_link_get_name(link);
	char what[48];
	int err;

	if (rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg) < 0)
		return testbed_no_memory(why);
	snprintf(what, sizeof(what), "created as a %s", kind);
	err = sock_request(sock, msg, what, name, why);
	if (err == -EOPNOTSUPP)
		return why_exit(
			why, EXIT_CANNOT, EOPNOTSUPP,
			"device.kind %s: this kernel has no such devices (%s); use another kind, such as %s",
			kind, option, strcmp(kind, "veth") == 0 ? "dummy or existing" : "veth");
	if (err == -EEXIST)
		return why_exit(why, EXIT_BUSY, EEXIST,
				"%s: this name is taken in the network namespace", name);
	return err;
}

/* A veth from the lane's namespace to the peer's. */
static int veth_create(struct testbed *testbed, const struct testbed_device *end,
		       struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_veth_alloc();
	AUTO_LINK struct rtnl_link *peer = link ? rtnl_link_veth_get_peer(link) : NULL;

	if (!peer || link_describe(link, end) || link_describe(peer, &testbed->peer))
		return testbed_no_memory(why);
	rtnl_link_set_ns_fd(peer, testbed->peer_netns);
	return link_create(testbed->lane_sock, link, "veth", "CONFIG_VETH", why);
}

static int lower_create(struct testbed *testbed, struct testbed_device *lower, struct why *why)
{
	int err;

	*lower = own_device(testbed->lane, ROLE_LOWER);
	err = veth_create(testbed, lower, why);
	if (!err)
		err = sysctls_change(SETTINGS(lower_settings), lower->name, why);
	return err ? err :
		     link_request(testbed->lane_sock, RTM_NEWLINK, lower, IFF_UP, IFF_UP,
				  "brought up", why);
}

static int macvlan_create(struct testbed *testbed, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_macvlan_alloc();
	struct testbed_device lower = { 0 };
	int err;

	if (!link || link_describe(link, &testbed->dut))
		return testbed_no_memory(why);
	err = lower_create(testbed, &lower, why);
	if (err)
		return err;
	rtnl_link_set_link(link, (int)lower.ifindex);
	rtnl_link_macvlan_set_mode(link, rtnl_link_macvlan_str2mode("bridge"));
	return link_create(testbed->lane_sock, link, "macvlan", "CONFIG_MACVLAN", why);
}

static int plain_create(struct testbed *testbed, const char *kind, const char *option,
			struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_alloc();

	if (!link || link_describe(link, &testbed->dut) || rtnl_link_set_type(link, kind) < 0)
		return testbed_no_memory(why);
	return link_create(testbed->lane_sock, link, kind, option, why);
}

/* Snooping would keep timers and group references on the dut that belong to no trial. */
static int snooping_off(struct testbed *testbed, struct why *why)
{
	AUTO_MSG struct nl_msg *msg = link_message(&testbed->dut);
	struct nlattr *info = msg ? nla_nest_start(msg, IFLA_LINKINFO) : NULL;
	struct nlattr *data = NULL;

	if (info && nla_put_string(msg, IFLA_INFO_KIND, "bridge") == 0)
		data = nla_nest_start(msg, IFLA_INFO_DATA);
	if (!data || nla_put_u8(msg, IFLA_BR_MCAST_SNOOPING, 0) < 0)
		return testbed_cannot(why, ENOMEM, "set up as a bridge", testbed->dut.name);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return sock_request(testbed->lane_sock, msg, "set up as a bridge", testbed->dut.name,
			    why);
}

static int bridge_create(struct testbed *testbed, struct why *why)
{
	struct testbed_device lower = { 0 };
	int err = lower_create(testbed, &lower, why);

	if (!err)
		err = plain_create(testbed, "bridge", "CONFIG_BRIDGE", why);
	if (!err)
		err = snooping_off(testbed, why);
	return err ? err :
		     link_change(testbed->lane_sock, &lower, IFLA_MASTER, testbed->dut.ifindex,
				 "made a port of the bridge", why);
}

static int dut_create(struct testbed *testbed, struct why *why)
{
	switch (testbed->kind) {
	case DEVICE_VETH: return veth_create(testbed, &testbed->dut, why);
	case DEVICE_MACVLAN: return macvlan_create(testbed, why);
	case DEVICE_BRIDGE: return bridge_create(testbed, why);
	case DEVICE_DUMMY: return plain_create(testbed, "dummy", "CONFIG_DUMMY", why);
	case DEVICE_NIC: return nic_take(testbed, why);
	case DEVICE_EXISTING:
	case DEVICE_KINDS: break;
	}
	return why_set(why, EINVAL, "device.kind %d: not a kind that is made here",
		       testbed->kind);
}

/* Made in this order: the calling process ends in the lane's namespace. */
static int namespaces_make(struct testbed *testbed, bool keep, struct why *why)
{
	int err = netns_own(&testbed->home_netns, why);

	if (!err && testbed->have_peer) {
		err = netns_new(&testbed->peer_netns, why);
		if (!err)
			err = netns_ready(&testbed->peer_sock, why);
		if (!err && keep)
			err = netns_name(testbed, ROLE_PEER, why);
	}
	if (!err)
		err = netns_new(&testbed->lane_netns, why);
	if (!err)
		err = netns_ready(&testbed->lane_sock, why);
	if (!err && keep)
		err = netns_name(testbed, ROLE_DUT, why);
	return err;
}

int own_make(struct testbed *testbed, const struct testbed_ask *ask, struct why *why)
{
	const struct setting routers = routers_setting(ask->campaign);
	AUTO_LINK struct rtnl_link *link = NULL;
	int err;

	testbed->dut = own_device(ask->lane, ROLE_DUT);
	testbed->peer = own_device(ask->lane, ROLE_PEER);
	testbed->have_peer = testbed->kind != DEVICE_DUMMY;
	err = namespaces_make(testbed, ask->keep, why);
	if (!err)
		err = dut_create(testbed, why);
	if (!err)
		err = link_find(testbed->lane_sock, testbed->dut.name, &link, why);
	if (err)
		return err;
	testbed->dut_flags = rtnl_link_get_flags(link) & FLAGS_SETTABLE & ~IFF_UP;
	testbed->dut.netns_inum = netns_inum(testbed->lane_netns);
	if (testbed->have_peer)
		testbed->peer.netns_inum = netns_inum(testbed->peer_netns);
	err = sysctl_change(&routers, testbed->dut.name, why);
	if (!err)
		err = dut_ready(testbed, ask->campaign, why);
	if (!err && testbed->have_peer)
		err = peer_ready(testbed, why);
	return err;
}
