// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "testbed/parts.h"

/* For the lane before to be gone, whose end gives the card back. */
enum { RETURN_MS = 20000 };

static bool has_mac(struct rtnl_link *link, const uint8_t mac[ETH_ALEN])
{
	struct nl_addr *addr = rtnl_link_get_addr(link);

	return addr && nl_addr_get_len(addr) == ETH_ALEN &&
	       !memcmp(nl_addr_get_binary_addr(addr), mac, ETH_ALEN);
}

static bool find_by_mac(struct nl_sock *sock, const uint8_t mac[ETH_ALEN],
			struct testbed_device *device)
{
	struct nl_cache *links = NULL;
	bool found = false;

	if (rtnl_link_alloc_cache(sock, AF_UNSPEC, &links) < 0)
		return false;
	for (struct nl_object *at = nl_cache_get_first(links); at && !found;
	     at = nl_cache_get_next(at)) {
		struct rtnl_link *link = (struct rtnl_link *)at;

		found = has_mac(link, mac);
		if (!found)
			continue;
		device->ifindex = (uint32_t)rtnl_link_get_ifindex(link);
		snprintf(device->name, sizeof(device->name), "%s", rtnl_link_get_name(link));
	}
	nl_cache_free(links);
	return found;
}

bool testbed_find_nic(uint32_t slot, char name[16])
{
	AUTO_SOCK struct nl_sock *sock = NULL;
	struct testbed_device found = { 0 };
	uint8_t mac[ETH_ALEN];
	struct why why;

	nic_mac(slot, NIC_DUT, mac);
	if (sock_open(&sock, &why) || !find_by_mac(sock, mac, &found))
		return false;
	snprintf(name, 16, "%s", found.name);
	return true;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Notifications of links: one that comes back is announced. */
static int listen_to_links(struct nl_sock **out, struct why *why)
{
	int err = sock_open(out, why);

	if (!err && nl_socket_add_membership(*out, RTNLGRP_LINK) < 0)
		err = testbed_cannot(why, EIO, "listened to", "netlink socket");
	return err;
}

static void wait_for_news(struct nl_sock *events, int64_t deadline_ms)
{
	struct pollfd news = { .fd = nl_socket_get_fd(events), .events = POLLIN };
	int64_t left = deadline_ms - now_ms();
	char message[8192];

	if (left > 0 && poll(&news, 1, (int)left) > 0)
		while (recv(news.fd, message, sizeof(message), MSG_DONTWAIT) > 0)
			;
}

static int find(struct nl_sock *sock, struct nl_sock *events, uint32_t slot, enum nic_end end,
		struct testbed_device *found, struct why *why)
{
	int64_t deadline_ms = now_ms() + RETURN_MS;
	uint8_t mac[ETH_ALEN];

	nic_mac(slot, end, mac);
	while (!find_by_mac(sock, mac, found)) {
		if (now_ms() >= deadline_ms)
			return why_exit(
				why, EXIT_CANNOT, ENODEV,
				"device.kind nic: the network card %02x:%02x:%02x:%02x:%02x:%02x is not in the initial network namespace: its driver is not loaded, or the lane before has not ended",
				mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
		wait_for_news(events, deadline_ms);
	}
	return 0;
}

/* Into another namespace and under another name at once: names may collide in each. */
static int move(struct nl_sock *sock, const struct testbed_device *from, int netns,
		const char *name, struct why *why)
{
	AUTO_MSG struct nl_msg *msg = link_message(from);

	if (!msg || nla_put_u32(msg, IFLA_NET_NS_FD, (uint32_t)netns) < 0 ||
	    nla_put_string(msg, IFLA_IFNAME, name) < 0)
		return testbed_no_memory(why);
	return sock_request(sock, msg, "moved to a namespace of its own", from->name, why);
}

/* From the initial namespace, `home`, into the lane's or the peer's. */
static int take(struct testbed *testbed, struct nl_sock *home, struct nl_sock *events,
		enum nic_end end, struct testbed_device *device, struct why *why)
{
	struct nl_sock *there = end == NIC_DUT ? testbed->lane_sock : testbed->peer_sock;
	int netns = end == NIC_DUT ? testbed->lane_netns : testbed->peer_netns;
	AUTO_LINK struct rtnl_link *link = NULL;
	struct testbed_device found = { 0 };
	int err = find(home, events, testbed->slot, end, &found, why);

	if (!err)
		err = move(home, &found, netns, device->name, why);
	if (!err)
		err = link_find(there, device->name, &link, why);
	if (err)
		return err;
	device->ifindex = (uint32_t)rtnl_link_get_ifindex(link);
	nic_mac(testbed->slot, end, device->mac);
	return 0;
}

int nic_take(struct testbed *testbed, struct why *why)
{
	AUTO_SOCK struct nl_sock *home = NULL;
	AUTO_SOCK struct nl_sock *events = NULL;
	int err = netns_enter(testbed->home_netns, why);

	/* A socket stays in the namespace that it was opened in. */
	if (!err)
		err = sock_open(&home, why);
	if (!err)
		err = listen_to_links(&events, why);
	if (!err)
		err = netns_enter(testbed->lane_netns, why);
	if (!err)
		err = take(testbed, home, events, NIC_DUT, &testbed->dut, why);
	return err ? err : take(testbed, home, events, NIC_PEER, &testbed->peer, why);
}
