// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 256, MEMBER = 64 };

struct rule {
	const char *owner, *member;
};

struct rules {
	struct rule list[RULES_MAX];
	uint32_t nr;
	char stems[RULES_MAX][MEMBER]; /* names of members, made from those of the trackers */
	const struct types *types;
	struct type type; /* while it is looked at */
};

/* clang-format off */

/* Trackers of another member than their name says. */
static const struct {
	const char *owner, *tracker, *member;
} elsewhere[] = {
	{ "Qdisc", "dev_tracker", "dev_queue" },
	{ "macvlan_dev", "dev_tracker", "lowerdev" },
};

static const struct rule untracked[] = {
	{ "xdp_sock", "dev" },
	{ "xsk_buff_pool", "netdev" },
	{ "bpf_dtab_netdev", "dev" },
};

/* Where there are no trackers: before Linux 5.17. */
static const struct rule before_trackers[] = {
	{ "dst_entry", "dev" },
	{ "neighbour", "dev" },
	{ "neigh_parms", "dev" },
	{ "pneigh_entry", "dev" },
	{ "inet6_dev", "dev" },
	{ "in_device", "dev" },
	{ "fib_nh_common", "nhc_dev" },
	{ "netdev_queue", "dev" },
	{ "netdev_rx_queue", "dev" },
	{ "netdev_adjacent", "dev" },
	{ "Qdisc", "dev_queue" },
	{ "packet_type", "dev" },
	{ "net_bridge_port", "dev" },
	{ "vlan_dev_priv", "real_dev" },
	{ "ipvl_dev", "phy_dev" },
	{ "ip_tunnel", "dev" },
	{ "ip6_tnl", "dev" },
	{ "netpoll", "dev" },
	{ "xfrm_state_offload", "dev" },
	{ "tcf_mirred", "tcfm_dev" },
	{ "vif_device", "dev" },
	{ "__rt6_probe_work", "dev" },
};

static const struct {
	const char *owner, *member, *why;
} innocents[] = {
	{ "packet_sock", "cached_dev", "read under RCU" },
	{ "napi_struct", "dev", "a part of the device" },
	{ "xdp_rxq_info", "dev", "a part of the device" },
	{ "netdev_name_node", "dev", "the device's own name" },
	{ "veth_priv", "peer", "the peer" },
	{ "veth_rq", "dev", "a part of the device" },
	{ "macvlan_dev", "dev", "a part of the device" },
	{ "macvlan_port", "dev", "a part of the device" },
	{ "net", "loopback_dev", "the namespace's own" },
	{ "sk_buff", "dev", "a packet in flight" },
	{ "page_pool_params_slow", "netdev", "read under RCU" },
	{ "page_pool", "netdev", "read under RCU" },
};
/* clang-format on */

static void add(struct rules *rules, const struct rule *rule)
{
	if (rules->nr < RULES_MAX)
		rules->list[rules->nr++] = *rule;
}

/* "nhc_dev_tracker" -> "nhc_dev" */
static const char *tracked(struct rules *rules, const char *owner, const char *tracker)
{
	char *stem = rules->stems[rules->nr < RULES_MAX ? rules->nr : RULES_MAX - 1];
	const char *suffix = strstr(tracker, "tracker");
	size_t length = suffix ? (size_t)(suffix - tracker) : strlen(tracker);
	uint32_t offset;

	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (!strcmp(elsewhere[i].owner, owner) &&
		    !strcmp(elsewhere[i].tracker, tracker))
			return elsewhere[i].member;
	if (length && tracker[length - 1] == '_')
		length--;
	if (!length || length >= MEMBER)
		return NULL;
	memcpy(stem, tracker, length);
	stem[length] = '\0';
	return types_member(rules->types, owner, stem, &offset) ? stem : NULL;
}

static void see_member(const char *member, const char *written, void *context)
{
	struct rules *rules = context;
	const char *owner = type_name(rules->type);
	const char *target;

	/* Those of net_device are its own: account.c knows them. */
	if (strcmp(written, "netdevice_tracker") != 0 || !strcmp(owner, "net_device"))
		return;
	target = tracked(rules, owner, member);
	if (target)
		add(rules, &(struct rule){ owner, target });
}

static void see_struct(struct type type, void *context)
{
	struct rules *rules = context;

	rules->type = type;
	type_each_member(type, see_member, rules);
}

int rules_open(const struct types *types, const struct layout *layout, struct rules **out,
	       struct why *why)
{
	struct rules *rules = calloc(1, sizeof(*rules));

	if (!rules)
		return why_memory(why);
	rules->types = types;
	for (size_t i = 0; i < sizeof(untracked) / sizeof(untracked[0]); i++)
		add(rules, &untracked[i]);
	if (layout->has_trackers)
		types_each_struct(types, see_struct, rules);
	for (size_t i = 0;
	     !layout->has_trackers && i < sizeof(before_trackers) / sizeof(before_trackers[0]);
	     i++)
		add(rules, &before_trackers[i]);
	*out = rules;
	return 0;
}

void rules_close(struct rules *rules)
{
	free(rules);
}

bool rules_count(const struct rules *rules, const char *owner, const char *member)
{
	for (uint32_t i = 0; i < rules->nr; i++) {
		const struct rule *rule = &rules->list[i];

		if (!strcmp(rule->owner, owner) && !strcmp(rule->member, member))
			return true;
	}
	return false;
}

bool rules_holds_until_freed(struct type type)
{
	static const char *const types[] = { "dst_entry", "fib6_info", "fib_info" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (type_begins_with(type, types[i]))
			return true;
	return false;
}

const char *rules_why_not(const char *owner, const char *member)
{
	for (size_t i = 0; i < sizeof(innocents) / sizeof(innocents[0]); i++)
		if (!strcmp(innocents[i].owner, owner) && !strcmp(innocents[i].member, member))
			return innocents[i].why;
	return NULL;
}
