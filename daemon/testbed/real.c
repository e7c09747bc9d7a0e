// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <netlink/cache.h>
#include <netlink/route/addr.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include <linux/rtnetlink.h>

#include "frame/frame.h"
#include "testbed/parts.h"

/*
 * Refuses what is in use: nothing of a device that carries traffic can be put back unnoticed.
 */
static int in_use(struct why *why, const char *name, const char *verb, const char *what)
{
	return why_exit(
		why, EXIT_CONFIG, EINVAL,
		"%s: looks in use: it %s %s; a campaign takes the device down: name one that is free",
		name, verb, what);
}

static bool is_named(struct nl_addr *address, const struct campaign *campaign)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];

	for (uint32_t i = 0; i < campaign->device.nr_addresses; i++) {
		const char *named = campaign->device.addresses[i];

		snprintf(text, sizeof(text), "%.*s", (int)strcspn(named, "/"), named);
		if (inet_pton(nl_addr_get_family(address), text, bytes) == 1 &&
		    !memcmp(bytes, nl_addr_get_binary_addr(address), nl_addr_get_len(address)))
			return true;
	}
	return false;
}

/*
 * Addresses go when a device goes down, and only a link-local one that the kernel makes by
 * itself comes back: what has another one is in use, unless the campaign names it.
 */
static int address_is_free(struct nl_sock *sock, const struct testbed_device *device,
			   const struct campaign *campaign, struct why *why)
{
	AUTO_CACHE struct nl_cache *cache = NULL;
	struct in6_addr own = frame_link_local(device->mac);
	char path[64], mode[16], text[96];
	bool eui64;
	int err = rtnl_addr_alloc_cache(sock, &cache);

	if (err < 0)
		return testbed_unlisted(why, "addresses", err);
	snprintf(path, sizeof(path), SYSCTLS "ipv6/conf/%s/addr_gen_mode", device->name);
	eui64 = sysctl_read(path, mode, sizeof(mode)) == 0 && strcmp(mode, "0") == 0;
	for (struct nl_object *at = nl_cache_get_first(cache); at; at = nl_cache_get_next(at)) {
		struct rtnl_addr *addr = (struct rtnl_addr *)at;
		struct nl_addr *local = rtnl_addr_get_local(addr);
		const struct in6_addr *bytes;

		if (rtnl_addr_get_ifindex(addr) != (int)device->ifindex || !local)
			continue;
		bytes = nl_addr_get_binary_addr(local);
		if (nl_addr_get_family(local) == AF_INET6 &&
		    nl_addr_get_len(local) == sizeof(*bytes) && IN6_IS_ADDR_LINKLOCAL(bytes) &&
		    (!eui64 || IN6_ARE_ADDR_EQUAL(bytes, &own)))
			continue;
		if (is_named(local, campaign))
			continue;
		return in_use(why, device->name, "has the address",
			      nl_addr2str(local, text, sizeof(text)));
	}
	return 0;
}

static bool route_is_default_over(struct rtnl_route *route, uint32_t ifindex)
{
	struct nl_addr *dst = rtnl_route_get_dst(route);

	if ((dst && nl_addr_get_prefixlen(dst) != 0) ||
	    rtnl_route_get_type(route) != RTN_UNICAST)
		return false;
	for (int i = 0; i < rtnl_route_get_nnexthops(route); i++) {
		if (rtnl_route_nh_get_ifindex(rtnl_route_nexthop_n(route, i)) == (int)ifindex)
			return true;
	}
	return false;
}

static int route_is_free(struct nl_sock *sock, const struct testbed_device *device,
			 struct why *why)
{
	AUTO_CACHE struct nl_cache *cache = NULL;
	int err = rtnl_route_alloc_cache(sock, AF_UNSPEC, 0, &cache);

	if (err < 0)
		return testbed_unlisted(why, "routes", err);
	for (struct nl_object *at = nl_cache_get_first(cache); at; at = nl_cache_get_next(at)) {
		if (route_is_default_over((struct rtnl_route *)at, device->ifindex))
			return in_use(why, device->name, "carries", "a default route");
	}
	return 0;
}

/* Devices that are stacked on one go down with it; the ports of a bond are its wires. */
static int link_is_free(struct nl_sock *sock, struct rtnl_link *link, struct why *why)
{
	AUTO_CACHE struct nl_cache *cache = NULL;
	const char *name = rtnl_link_get_name(link);
	int err;

	if (rtnl_link_get_flags(link) & IFF_LOOPBACK)
		return in_use(why, name, "is", "the loopback device");
	if (rtnl_link_get_master(link))
		return in_use(why, name, "is", "a port of a bridge, bond, team or VRF");
	err = rtnl_link_alloc_cache(sock, AF_UNSPEC, &cache);
	if (err < 0)
		return testbed_unlisted(why, "devices", err);
	for (struct nl_object *at = nl_cache_get_first(cache); at; at = nl_cache_get_next(at)) {
		struct rtnl_link *other = (struct rtnl_link *)at;
		const char *type = rtnl_link_get_type(other);

		/* The two ends of a veth name each other as their links. */
		if (rtnl_link_get_ifindex(other) == rtnl_link_get_ifindex(link) ||
		    (type && strcmp(type, "veth") == 0))
			continue;
		if (rtnl_link_get_link(other) == rtnl_link_get_ifindex(link))
			return in_use(why, name, "carries the device",
				      rtnl_link_get_name(other));
		if (rtnl_link_get_master(other) == rtnl_link_get_ifindex(link) &&
		    !ways_takes_ports(link))
			return in_use(why, name, "has the port", rtnl_link_get_name(other));
	}
	return 0;
}

static int device_take(struct testbed *testbed, const struct campaign *campaign,
		       const char *name, struct testbed_device *device, unsigned int *flags,
		       struct why *why)
{
	AUTO_LINK struct rtnl_link *link = NULL;
	struct nl_addr *mac;
	int err = link_find(testbed->lane_sock, name, &link, why);

	if (err)
		return err;
	mac = rtnl_link_get_addr(link);
	if (!mac || nl_addr_get_len(mac) != ETH_ALEN)
		return why_exit(why, EXIT_CONFIG, EINVAL, "%s: has no Ethernet address", name);
	snprintf(device->name, sizeof(device->name), "%s", rtnl_link_get_name(link));
	device->ifindex = (uint32_t)rtnl_link_get_ifindex(link);
	memcpy(device->mac, nl_addr_get_binary_addr(mac), ETH_ALEN);
	*flags = rtnl_link_get_flags(link) & FLAGS_SETTABLE;
	err = link_is_free(testbed->lane_sock, link, why);
	if (!err)
		err = route_is_free(testbed->lane_sock, device, why);
	if (!err)
		err = address_is_free(testbed->lane_sock, device, campaign, why);
	return err;
}

static int value_journal(struct journal *journal, enum journal_kind kind, const char *subject,
			 struct why *why)
{
	char value[JOURNAL_FIELD];
	int err = value_read(kind, subject, value, why);

	return err ? err : journal_push(journal, kind, subject, value, why);
}

/* All of it: what a device that goes down and up again gets is not just what it had. */
static int settings_journal(struct journal *journal, const char *folder, const char *device,
			    struct why *why)
{
	char path[PATH_MAX], value[256];
	struct dirent *entry;
	DIR *dir;
	int err = 0;

	snprintf(path, sizeof(path), SYSCTLS "%s/%s", folder, device);
	dir = opendir(path);
	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return testbed_cannot(why, errno, "listed", path);
	while (!err && (entry = readdir(dir))) {
		/* Each of these has a twin in milliseconds, which is exact. */
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "retrans_time") == 0 ||
		    strcmp(entry->d_name, "base_reachable_time") == 0)
			continue;
		snprintf(path, sizeof(path), SYSCTLS "%s/%s/%s", folder, device, entry->d_name);
		/* EROFS: sysctl_write() has another way. */
		if (sysctl_read(path, value, sizeof(value)) == 0 &&
		    (access(path, W_OK) == 0 || errno == EROFS))
			err = journal_push(journal, JOURNAL_SYSCTL, path, value, why);
	}
	closedir(dir);
	return err;
}

static int all_settings_journal(struct journal *journal, const char *device, struct why *why)
{
	static const char *const folders[] = { "ipv6/neigh", "ipv4/neigh", "ipv6/conf",
					       "ipv4/conf" };
	char path[PATH_MAX], mode[16];
	int err = 0;

	/* Undone last: writing stable_secret changes it. */
	snprintf(path, sizeof(path), SYSCTLS "ipv6/conf/%s/addr_gen_mode", device);
	if (sysctl_read(path, mode, sizeof(mode)) == 0)
		err = journal_push(journal, JOURNAL_SYSCTL, path, mode, why);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !err; i++)
		err = settings_journal(journal, folders[i], device, why);
	return err;
}

/* Whatever a bring-up may change. Then the device goes down, as before it is undone. */
static int device_journal(struct testbed *testbed, const struct testbed_device *device,
			  unsigned int flags, struct why *why)
{
	static const enum journal_kind last[] = { JOURNAL_QUEUE, JOURNAL_MTU, JOURNAL_MAC };
	struct journal *journal = testbed->journal;
	char down[16];
	int err = value_journal(journal, JOURNAL_DEVICE, device->name, why);

	if (!err)
		err = value_journal(journal, JOURNAL_FLAGS, device->name, why);
	if (!err)
		err = value_journal(journal, JOURNAL_ADDRESSES, device->name, why);
	if (!err)
		err = all_settings_journal(journal, device->name, why);
	for (size_t i = 0; i < sizeof(last) / sizeof(*last) && !err; i++)
		err = value_journal(journal, last[i], device->name, why);
	snprintf(down, sizeof(down), "%x", flags);
	if (!err)
		err = journal_push(journal, JOURNAL_FLAGS, device->name, down, why);
	return err ? err :
		     link_request(testbed->lane_sock, RTM_NEWLINK, device, flags,
				  FLAGS_SETTABLE, "taken down", why);
}

static int journal_open_here(struct testbed *testbed, struct why *why)
{
	char inum[16];
	int err = journal_create(&testbed->journal, why);

	snprintf(inum, sizeof(inum), "%u", netns_inum(testbed->lane_netns));
	return err ? err : journal_push(testbed->journal, JOURNAL_NETNS, inum, "", why);
}

/* The flags of a device that is down and can be used. */
static int both_take(struct testbed *testbed, const struct campaign *campaign,
		     unsigned int flags[2], struct why *why)
{
	const char *dut = campaign->device.dut, *peer = campaign->device.peer;
	struct ways ways;
	int err = device_take(testbed, campaign, dut, &testbed->dut, &flags[0], why);

	if (!err && testbed->have_peer)
		err = device_take(testbed, campaign, peer, &testbed->peer, &flags[1], why);
	/* One device under two names (IFLA_ALT_IFNAME). */
	if (!err && testbed->have_peer && testbed->dut.ifindex == testbed->peer.ifindex)
		return why_exit(
			why, EXIT_CONFIG, EINVAL,
			"%s: the same device as %s; device.dut and device.peer must differ",
			dut, peer);
	for (int i = 0; i < 2; i++)
		flags[i] &= ~(unsigned int)(IFF_UP | IFF_NOARP);
	/* Refused here, before anything is changed, where they cannot be followed. */
	return err ? err : testbed_ways(testbed, &ways, why);
}

/*
 * Both stay where they are: a device that is moved to another namespace loses its settings and
 * queueing there, and is destroyed with it when it is a virtual one.
 */
int real_borrow(struct testbed *testbed, const struct testbed_ask *ask, struct why *why)
{
	const char *dut = ask->campaign->device.dut, *peer = ask->campaign->device.peer;
	unsigned int flags[2] = { 0 };
	int err;

	if (!dut || !*dut)
		return why_exit(why, EXIT_CONFIG, EINVAL,
				"device.kind existing: needs the name of a device, device.dut");
	testbed->have_peer = campaign_has_peer(ask->campaign);
	if (testbed->have_peer && strcmp(dut, peer) == 0)
		return why_exit(why, EXIT_CONFIG, EINVAL,
				"%s: cannot be both device.dut and device.peer", dut);
	err = netns_own(&testbed->lane_netns, why);
	if (!err)
		err = netns_own(&testbed->peer_netns, why);
	if (!err)
		err = sock_open(&testbed->lane_sock, why);
	if (!err)
		err = sock_open(&testbed->peer_sock, why);
	if (!err)
		err = both_take(testbed, ask->campaign, flags, why);
	if (err)
		return err;
	testbed->dut.netns_inum = testbed->peer.netns_inum = netns_inum(testbed->lane_netns);
	testbed->dut_flags = flags[0];
	err = journal_open_here(testbed, why);
	if (!err && testbed->have_peer)
		err = device_journal(testbed, &testbed->peer, flags[1], why);
	if (!err)
		err = device_journal(testbed, &testbed->dut, flags[0], why);
	if (!err && testbed->have_peer)
		err = peer_ready(testbed, why);
	return err ? err : dut_ready(testbed, ask->campaign, why);
}
