// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <netlink/route/addr.h>
#include <netlink/route/link/ipvlan.h>
#include <netlink/route/link/macvlan.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/link/vlan.h>
#include <netlink/route/link/vrf.h>
#include <netlink/route/link/vxlan.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "spec/device.h"
#include "testbed/parts.h"

enum {
	OWN_VLAN = 1000,
	OWN_VNI = 1000,
	OWN_TABLE = 1000,	    /* of routes, a VRF's */
	OWN_WIRE_IPV4 = 0xc0000200, /* 192.0.2.0/24 (RFC 5737), between the ends of a tunnel */
	VXLAN_PORT = 4789,	    /* RFC 7348 */
};

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
	static const char *const names[] = { [ROLE_DUT] = "dut",
					     [ROLE_PEER] = "peer",
					     [ROLE_LOWER] = "lu",
					     [ROLE_PEER_LOWER] = "pl",
					     [ROLE_VRF] = "vrf" };
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

/* A kind may need another, such as the veth below. */
static const char *option_of(const char *type, enum device_kind kind)
{
	return device_kinds[strcmp(type, "veth") ? kind : DEVICE_VETH].option;
}

static int link_create(struct testbed *testbed, struct nl_sock *sock, struct rtnl_link *link,
		       struct why *why)
{
	AUTO_MSG struct nl_msg *msg = NULL;
	const char *name = rtnl_link_get_name(link);
	const char *type = rtnl_link_get_type(link);
	char what[48];
	int err;

	if (rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg) < 0)
		return testbed_no_memory(why);
	snprintf(what, sizeof(what), "created as a %s", type);
	err = sock_request(sock, msg, what, name, why);
	if (err == -EOPNOTSUPP)
		return why_exit(
			why, EXIT_CANNOT, EOPNOTSUPP,
			"device.kind %s: this kernel has no such devices (%s); use another kind, such as %s",
			type, option_of(type, testbed->kind),
			strcmp(type, "veth") == 0 ? "dummy or existing" : "veth");
	if (err == -EEXIST)
		return why_exit(why, EXIT_BUSY, EEXIST,
				"%s: this name is taken in the network namespace", name);
	return err;
}

/* A veth from the lane's namespace to the peer's. */
static int veth_pair(struct testbed *testbed, const struct testbed_device *end,
		     const struct testbed_device *far, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_veth_alloc();
	AUTO_LINK struct rtnl_link *peer = link ? rtnl_link_veth_get_peer(link) : NULL;

	if (!peer || link_describe(link, end) || link_describe(peer, far))
		return testbed_no_memory(why);
	rtnl_link_set_ns_fd(peer, testbed->peer_netns);
	return link_create(testbed, testbed->lane_sock, link, why);
}

static int veth_create(struct testbed *testbed, struct why *why)
{
	return veth_pair(testbed, &testbed->dut, &testbed->peer, why);
}

/* The wire: without IPv6, in the calling process's namespace. */
static int lower_up(struct nl_sock *sock, const struct testbed_device *lower, struct why *why)
{
	int err = sysctls_change(SETTINGS(lower_settings), lower->name, why);

	return err ? err :
		     link_request(sock, RTM_NEWLINK, lower, IFF_UP, IFF_UP, "brought up", why);
}

static int lower_create(struct testbed *testbed, struct testbed_device *lower, struct why *why)
{
	int err = veth_pair(testbed, lower, &testbed->peer, why);

	return err ? err : lower_up(testbed->lane_sock, lower, why);
}

/* A link of this kind on a lower one, or on none. */
static int upper_create(struct testbed *testbed, struct nl_sock *sock, struct rtnl_link *link,
			const struct testbed_device *upper, const struct testbed_device *lower,
			struct why *why)
{
	if (!link || link_describe(link, upper))
		return testbed_no_memory(why);
	if (lower)
		rtnl_link_set_link(link, (int)lower->ifindex);
	return link_create(testbed, sock, link, why);
}

static int macvlan_create(struct testbed *testbed, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_macvlan_alloc();
	struct testbed_device lower = own_device(testbed->lane, ROLE_LOWER);
	int err = lower_create(testbed, &lower, why);

	if (!err && link)
		rtnl_link_macvlan_set_mode(link, rtnl_link_macvlan_str2mode("bridge"));
	return err ? err :
		     upper_create(testbed, testbed->lane_sock, link, &testbed->dut, &lower,
				  why);
}

/*
 * It has the MAC address of the link below, and tells its own addresses from those of others
 * there by a number, the first of which is 1 (ipvlan_link_new, drivers/net/ipvlan).
 */
static int ipvlan_create(struct testbed *testbed, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_ipvlan_alloc();
	struct testbed_device lower = own_device(testbed->lane, ROLE_LOWER);
	int err;

	memcpy(lower.mac, testbed->dut.mac, ETH_ALEN);
	err = lower_create(testbed, &lower, why);
	if (!err && link)
		rtnl_link_ipvlan_set_mode(link, rtnl_link_ipvlan_str2mode("l2"));
	testbed->dut_id = 1;
	return err ? err :
		     upper_create(testbed, testbed->lane_sock, link, &testbed->dut, &lower,
				  why);
}

static int plain_create(struct testbed *testbed, const char *type, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_alloc();

	if (!link || rtnl_link_set_type(link, type) < 0)
		return testbed_no_memory(why);
	return upper_create(testbed, testbed->lane_sock, link, &testbed->dut, NULL, why);
}

static int dummy_create(struct testbed *testbed, struct why *why)
{
	return plain_create(testbed, "dummy", why);
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

static int port_add(struct testbed *testbed, const struct testbed_device *port,
		    const struct testbed_device *master, struct why *why)
{
	return link_change(testbed->lane_sock, port, IFLA_MASTER, master->ifindex,
			   "made a port", why);
}

static int bridge_create(struct testbed *testbed, struct why *why)
{
	struct testbed_device lower = own_device(testbed->lane, ROLE_LOWER);
	int err = lower_create(testbed, &lower, why);

	if (!err)
		err = plain_create(testbed, "bridge", why);
	if (!err)
		err = snooping_off(testbed, why);
	return err ? err : port_add(testbed, &lower, &testbed->dut, why);
}

/* A bond or team takes no port that is up, and sets its ports up itself. */
static int port_create(struct testbed *testbed, struct why *why)
{
	const struct testbed_device lower = own_device(testbed->lane, ROLE_LOWER);
	int err = veth_pair(testbed, &lower, &testbed->peer, why);

	if (!err)
		err = sysctls_change(SETTINGS(lower_settings), lower.name, why);
	return err ? err : port_add(testbed, &lower, &testbed->dut, why);
}

static int bond_create(struct testbed *testbed, struct why *why)
{
	int err = bond_module_load(why);

	if (!err)
		err = plain_create(testbed, "bond", why);
	return err ? err : port_create(testbed, why);
}

static int team_create(struct testbed *testbed, struct why *why)
{
	int err = plain_create(testbed, "team", why);

	if (!err)
		err = team_mode_set(&testbed->dut, "roundrobin", why);
	return err ? err : port_create(testbed, why);
}

static int vrf_create(struct testbed *testbed, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_vrf_alloc();
	const struct testbed_device vrf = own_device(testbed->lane, ROLE_VRF);
	int err = veth_create(testbed, why);

	if (!err && link)
		rtnl_link_vrf_set_tableid(link, OWN_TABLE);
	if (!err)
		err = upper_create(testbed, testbed->lane_sock, link, &vrf, NULL, why);
	if (!err)
		err = link_request(testbed->lane_sock, RTM_NEWLINK, &vrf, IFF_UP, IFF_UP,
				   "brought up", why);
	return err ? err : port_add(testbed, &testbed->dut, &vrf, why);
}

/* --- where the peer is of the dut's kind, too --- */

struct end {
	struct nl_sock *sock;
	const struct testbed_device *device;
	struct testbed_device lower;
	uint32_t host; /* in the wire's IPv4 network */
};

static struct nl_addr *wire_address(uint32_t host)
{
	const uint32_t bytes = htonl(OWN_WIRE_IPV4 + host);
	struct nl_addr *addr = nl_addr_build(AF_INET, &bytes, sizeof(bytes));

	if (addr)
		nl_addr_set_prefixlen(addr, 24);
	return addr;
}

static int wire_address_add(const struct end *end, struct why *why)
{
	struct nl_addr *local = wire_address(end->host);
	struct rtnl_addr *address = rtnl_addr_alloc();
	AUTO_MSG struct nl_msg *msg = NULL;
	int err;

	if (address)
		rtnl_addr_set_ifindex(address, (int)end->lower.ifindex);
	if (!local || !address || rtnl_addr_set_local(address, local) < 0 ||
	    rtnl_addr_build_add_request(address, NLM_F_CREATE, &msg) < 0)
		err = testbed_no_memory(why);
	else
		err = sock_request(end->sock, msg, "given an address", end->lower.name, why);
	rtnl_addr_put(address);
	nl_addr_put(local);
	return err;
}

static int vxlan_on(struct testbed *testbed, const struct end *end, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_vxlan_alloc();
	struct nl_addr *local = wire_address(end->host), *far = wire_address(3 - end->host);
	int err = local && far && link ? wire_address_add(end, why) : testbed_no_memory(why);

	if (!err) {
		rtnl_link_vxlan_set_id(link, OWN_VNI);
		rtnl_link_vxlan_set_link(link, end->lower.ifindex);
		rtnl_link_vxlan_set_local(link, local);
		rtnl_link_vxlan_set_group(link, far);
		rtnl_link_vxlan_set_port(link, VXLAN_PORT);
		err = upper_create(testbed, end->sock, link, end->device, NULL, why);
	}
	nl_addr_put(far);
	nl_addr_put(local);
	return err;
}

static int vlan_on(struct testbed *testbed, const struct end *end, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_vlan_alloc();

	if (link)
		rtnl_link_vlan_set_id(link, OWN_VLAN);
	return upper_create(testbed, end->sock, link, end->device, &end->lower, why);
}

typedef int end_create(struct testbed *testbed, const struct end *end, struct why *why);

static int far_end(struct testbed *testbed, const struct end *end, end_create *create,
		   struct why *why)
{
	int err = netns_enter(testbed->peer_netns, why), back;

	if (err)
		return err;
	err = lower_up(end->sock, &end->lower, why);
	if (!err)
		err = create(testbed, end, why);
	back = netns_enter(testbed->lane_netns, err ? NULL : why);
	return err ? err : back;
}

static int both_ends(struct testbed *testbed, end_create *create, struct why *why)
{
	const struct end near = { testbed->lane_sock, &testbed->dut,
				  own_device(testbed->lane, ROLE_LOWER), 1 };
	const struct end far = { testbed->peer_sock, &testbed->peer,
				 own_device(testbed->lane, ROLE_PEER_LOWER), 2 };
	int err = veth_pair(testbed, &near.lower, &far.lower, why);

	if (!err)
		err = lower_up(near.sock, &near.lower, why);
	if (!err)
		err = create(testbed, &near, why);
	return err ? err : far_end(testbed, &far, create, why);
}

static int vxlan_create(struct testbed *testbed, struct why *why)
{
	return both_ends(testbed, vxlan_on, why);
}

static int vlan_create(struct testbed *testbed, struct why *why)
{
	return both_ends(testbed, vlan_on, why);
}

static int (*const creates[DEVICE_KINDS])(struct testbed *testbed, struct why *why) = {
	[DEVICE_VETH] = veth_create,	 [DEVICE_MACVLAN] = macvlan_create,
	[DEVICE_BRIDGE] = bridge_create, [DEVICE_DUMMY] = dummy_create,
	[DEVICE_NIC] = nic_take,	 [DEVICE_IPVLAN] = ipvlan_create,
	[DEVICE_VRF] = vrf_create,	 [DEVICE_VXLAN] = vxlan_create,
	[DEVICE_VLAN] = vlan_create,	 [DEVICE_BOND] = bond_create,
	[DEVICE_TEAM] = team_create,	 [DEVICE_TUN] = tun_create,
};

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
	testbed->have_peer = !device_kinds[testbed->kind].has_no_peer;
	err = namespaces_make(testbed, ask->keep, why);
	if (!err)
		err = creates[testbed->kind](testbed, why);
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
