// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/text.h"
#include "frame/frame.h"
#include "testbed/parts.h"

/* Of a namespace that we made. */
static const struct setting lane_settings[] = {
	/* What is in force is the greater of all and device: addrconf_dad_begin. */
	{ "ipv6/conf/all/accept_dad", "0" },
	{ "ipv6/conf/all/enhanced_dad", "0" },
	{ "ipv6/icmp/echo_ignore_multicast", "0" },
};

/*
 * The peer has one address, given by us: its own DAD would need the carrier that comes only
 * with the dut, and then race with the first trial.
 */
static const struct setting peer_settings[] = {
	{ "ipv6/conf/%s/disable_ipv6", "0" },  { "ipv6/conf/%s/accept_ra", "0" },
	{ "ipv6/conf/%s/accept_dad", "0" },    { "ipv6/conf/%s/dad_transmits", "0" },
	{ "ipv6/conf/%s/addr_gen_mode", "1" }, /* IN6_ADDR_GEN_MODE_NONE */
};

/* Of the dut, by the campaign. */
static const struct {
	const char *key;
	size_t offset;
} campaign_sysctls[] = {
	{ "ipv6/conf/%s/dad_transmits", offsetof(struct campaign, sysctl.dad_transmits) },
	{ "ipv6/conf/%s/router_solicitation_delay",
	  offsetof(struct campaign, sysctl.router_solicitation_delay) },
	{ "ipv6/neigh/%s/retrans_time_ms", offsetof(struct campaign, sysctl.retrans_time_ms) },
	{ "ipv6/conf/%s/accept_dad", offsetof(struct campaign, sysctl.accept_dad) },
	{ "ipv6/conf/%s/addr_gen_mode", offsetof(struct campaign, sysctl.addr_gen_mode) },
	{ "ipv6/conf/%s/keep_addr_on_down",
	  offsetof(struct campaign, sysctl.keep_addr_on_down) },
	{ "ipv6/conf/%s/enhanced_dad", offsetof(struct campaign, sysctl.enhanced_dad) },
};

_Static_assert(sizeof(campaign_sysctls) / sizeof(*campaign_sysctls) == CAMPAIGN_SYSCTLS,
	       "a row each");

/* What changes of thread I switch, and leave switched when thread I is killed meanwhile. */
static const char *const changed_sysctls[] = {
	"ipv6/conf/%s/forwarding",	  "ipv6/conf/%s/proxy_ndp",
	"ipv6/conf/%s/use_tempaddr",	  "ipv6/conf/%s/optimistic_dad",
	"ipv6/conf/%s/force_mld_version",
};

_Static_assert(sizeof(changed_sysctls) / sizeof(*changed_sysctls) == CHANGED_SYSCTLS,
	       "a key each");

static const struct setting dut_enabled = { "ipv6/conf/%s/disable_ipv6", "0" };

int dut_enable(struct testbed *testbed, struct why *why)
{
	return sysctl_change(&dut_enabled, testbed->dut.name, why);
}

/* Where no router is heard, the timers that wait for one would be noise. */
static bool hears_routers(const struct campaign *campaign)
{
	for (uint32_t i = 0; i < campaign->echo.nr_message; i++)
		if (message_has(campaign->echo.message[i], MESSAGE_IS_RA))
			return true;
	return false;
}

struct setting routers_setting(const struct campaign *campaign)
{
	return (struct setting){ "ipv6/conf/%s/accept_ra",
				 hears_routers(campaign) ? "1" : "0" };
}

int netns_ready(struct nl_sock **sock, struct why *why)
{
	const struct testbed_device lo = { .name = "lo", .ifindex = 1 }; /* LOOPBACK_IFINDEX */
	int err = sock_open(sock, why);

	if (!err)
		err = sysctls_change(SETTINGS(lane_settings), "", why);
	return err ? err :
		     link_request(*sock, RTM_NEWLINK, &lo, IFF_UP, IFF_UP, "brought up", why);
}

static int dut_settings(struct testbed *testbed, const struct campaign *campaign,
			struct why *why)
{
	const char *name = testbed->dut.name;
	char value[16], secret[48];
	struct setting setting;
	int err = sysctl_change(&dut_enabled, name, why);

	/* The kernel refuses this mode without a secret; a real device has its operator's. */
	if (!err && campaign->sysctl.addr_gen_mode == IN6_ADDR_GEN_MODE_STABLE_PRIVACY &&
	    !testbed->journal) {
		snprintf(secret, sizeof(secret), "2001:db8::dad:%x:%x", testbed->lane >> 16,
			 testbed->lane & 0xffff);
		setting = (struct setting){ "ipv6/conf/%s/stable_secret", secret };
		err = sysctl_change(&setting, name, why);
	}
	for (size_t i = 0; i < CAMPAIGN_SYSCTLS && !err; i++) {
		const char *at = (const char *)campaign + campaign_sysctls[i].offset;

		snprintf(value, sizeof(value), "%u", *(const uint32_t *)at);
		setting = (struct setting){ campaign_sysctls[i].key, value };
		err = sysctl_change(&setting, name, why);
	}
	return err;
}

/* addrconf_ifid_eui48() has a dev_id instead of ff:fe, and leaves the MAC as it is. */
static struct in6_addr dut_link_local(const struct testbed *testbed)
{
	struct in6_addr address = frame_link_local(testbed->dut.mac);

	if (!testbed->dut_id)
		return address;
	address.s6_addr[8] = testbed->dut.mac[0];
	address.s6_addr[11] = testbed->dut_id >> 8;
	address.s6_addr[12] = testbed->dut_id & 0xff;
	return address;
}

/* A bring-up without them, such as a command, may have the changed sysctls as it likes. */
static bool has_changes(const struct campaign *campaign)
{
	for (uint32_t i = 0; i < campaign->bringup.nr_change; i++)
		if (campaign->bringup.change[i] != CHANGE_NONE)
			return true;
	return false;
}

int dut_ready(struct testbed *testbed, const struct campaign *campaign, struct why *why)
{
	const char *name = testbed->dut.name;
	int err = dut_settings(testbed, campaign, why);

	testbed->may_be_disabled = campaign->sysctl.accept_dad > 1;
	for (uint32_t i = 0; i < campaign->bringup.nr_change; i++)
		testbed->may_be_disabled |=
			change_has(campaign->bringup.change[i], CHANGE_SWITCHES_IPV6);
	if (!err && campaign->sysctl.addr_gen_mode == IN6_ADDR_GEN_MODE_EUI64)
		testbed->dut.link_local = dut_link_local(testbed);
	if (!err)
		err = dut_mtu(testbed, &testbed->mtu, why);
	/* As the kernel has them: it rounds times to its ticks. */
	for (size_t i = 0; i < CAMPAIGN_SYSCTLS; i++)
		sysctl_get(campaign_sysctls[i].key, name, testbed->settings[i],
			   sizeof(testbed->settings[i]));
	for (size_t i = 0; i < CHANGED_SYSCTLS && has_changes(campaign); i++)
		sysctl_get(changed_sysctls[i], name, testbed->changed[i],
			   sizeof(testbed->changed[i]));
	return err;
}

/* --- what a bring-up has left, put right before the next one --- */

/* Also true of a setting that is gone, as without an MTU that IPv6 needs. */
static bool has_changed(const struct setting *setting, const char *device, char *said,
			size_t size)
{
	char was[64] = "gone";

	if (!sysctl_get(setting->key, device, was, sizeof(was)) && !strcmp(was, setting->value))
		return false;
	text_add(said, size, "%s%s %s instead of %s", *said ? ", " : "",
		 strrchr(setting->key, '/') + 1, was, setting->value);
	return true;
}

static bool any_has_changed(const struct setting *settings, size_t nr, const char *device,
			    char *said, size_t size)
{
	bool changed = false;

	for (size_t i = 0; i < nr; i++)
		changed |= has_changed(&settings[i], device, said, size);
	return changed;
}

/* Of one that is down; nothing changes when it has its name. */
static int dut_rename(struct testbed *testbed, struct why *why)
{
	AUTO_MSG struct nl_msg *msg = link_message(&testbed->dut);

	if (!msg || nla_put_string(msg, IFLA_IFNAME, testbed->dut.name) < 0)
		return testbed_no_memory(why);
	return sock_request(testbed->lane_sock, msg, "given its name", testbed->dut.name, why);
}

/* A bring-up that was ended meanwhile has left it with another name. */
static int dut_mtu_by_name(struct testbed *testbed, uint32_t *mtu, struct why *why)
{
	int err = dut_mtu(testbed, mtu, why);

	if (err != -ENODEV)
		return err;
	err = dut_rename(testbed, why);
	return err ? err : dut_mtu(testbed, mtu, why);
}

int dut_mtu_put_right(struct testbed *testbed, struct why *why)
{
	uint32_t mtu;
	int err = dut_mtu_by_name(testbed, &mtu, why);

	if (err || mtu == testbed->mtu)
		return err;
	testbed->mtu_left = mtu;
	return link_change(testbed->lane_sock, &testbed->dut, IFLA_MTU, testbed->mtu,
			   "given its MTU", why);
}

int dut_put_right(struct testbed *testbed, const struct campaign *campaign, char *said,
		  size_t size, struct why *why)
{
	const char *name = testbed->dut.name;
	const struct setting routers = routers_setting(campaign);
	bool own = testbed->kind != DEVICE_EXISTING;
	bool changed = has_changed(&dut_enabled, name, said, size);
	int err = 0;

	for (size_t i = 0; i < CAMPAIGN_SYSCTLS; i++) {
		const struct setting setting = { campaign_sysctls[i].key,
						 testbed->settings[i] };

		changed |= has_changed(&setting, name, said, size);
	}
	for (size_t i = 0; i < CHANGED_SYSCTLS; i++) {
		const struct setting setting = { changed_sysctls[i], testbed->changed[i] };

		if (!*setting.value || !has_changed(&setting, name, said, size))
			continue;
		changed = true;
		err = err ? err : sysctl_change(&setting, name, why);
	}
	if (own) {
		changed |= has_changed(&routers, name, said, size);
		changed |= any_has_changed(SETTINGS(lane_settings), "", said, size);
	}
	if (testbed->mtu_left)
		text_add(said, size, "%sMTU %u instead of %u", *said ? ", " : "",
			 testbed->mtu_left, testbed->mtu);
	testbed->mtu_left = 0;
	if (changed && own && !err)
		err = sysctls_change(SETTINGS(lane_settings), "", why);
	if (changed && own && !err)
		err = sysctl_change(&routers, name, why);
	return err || !changed ? err : dut_settings(testbed, campaign, why);
}

/* The peer's link-local address. IFA_F_NODAD: never tentative, carrier or not. */
static int peer_address(struct testbed *testbed, struct why *why)
{
	const struct ifaddrmsg address = {
		.ifa_family = AF_INET6,
		.ifa_prefixlen = 64,
		.ifa_flags = IFA_F_NODAD,
		.ifa_scope = RT_SCOPE_LINK,
		.ifa_index = testbed->peer.ifindex,
	};
	AUTO_MSG struct nl_msg *msg =
		nlmsg_alloc_simple(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);

	testbed->peer.link_local = frame_link_local(testbed->peer.mac);
	if (!msg || nlmsg_append(msg, (void *)&address, sizeof(address), NLMSG_ALIGNTO) < 0 ||
	    nla_put(msg, IFA_LOCAL, sizeof(struct in6_addr), &testbed->peer.link_local) < 0)
		return testbed_no_memory(why);
	return sock_request(testbed->peer_sock, msg, "given an address", testbed->peer.name,
			    why);
}

/* In the peer's namespace. */
static int peer_up(struct testbed *testbed, struct why *why)
{
	int err = sysctls_change(SETTINGS(peer_settings), testbed->peer.name, why);

	/* With IFF_NOARP it would answer no neighbour solicitation. */
	if (!err)
		err = link_request(testbed->peer_sock, RTM_NEWLINK, &testbed->peer, IFF_UP,
				   IFF_UP | IFF_NOARP, "brought up", why);
	return err ? err : peer_address(testbed, why);
}

int peer_ready(struct testbed *testbed, struct why *why)
{
	int err = netns_enter(testbed->peer_netns, why);
	int back;

	if (err)
		return err;
	err = peer_up(testbed, why);
	back = netns_enter(testbed->lane_netns, err ? NULL : why);
	return err ? err : back;
}
