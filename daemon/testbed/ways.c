// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <netlink/cache.h>
#include <netlink/route/link/vlan.h>

#include "testbed/parts.h"

enum { NEST_MAX = 8 }; /* MAX_NEST_DEV, include/linux/netdevice.h */

/* What a device takes over of the frames of those below it. */
enum takes { TAKES_NONE, TAKES_PORTS, TAKES_TAG, TAKES_UNICAST };

/*
 * Multicast frames of a macvlan or ipvlan enter the receive path again, as every frame of a
 * bridge or a tunnel does.
 */
static const struct {
	const char *type;
	enum takes takes;
} rows[] = {
	{ "bond", TAKES_PORTS },      { "team", TAKES_PORTS },	   { "vlan", TAKES_TAG },
	{ "macvlan", TAKES_UNICAST }, { "ipvlan", TAKES_UNICAST },
};

struct walk {
	struct nl_cache *links; /* of the dut's namespace */
	uint32_t netns_inum;
	struct ways *ways;
	char *elsewhere; /* gets the name of a device that lies on one of another namespace */
};

/* A place on the walk down, from the dut: what has been taken over above it. */
struct place {
	struct rtnl_link *link;
	uint16_t tags[2];
	struct way_end end;
	int depth;
};

static enum takes takes_of(struct rtnl_link *link)
{
	const char *type = rtnl_link_get_type(link);

	for (size_t i = 0; type && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].type, type))
			return rows[i].takes;
	return TAKES_NONE;
}

bool ways_takes_ports(struct rtnl_link *link)
{
	return takes_of(link) == TAKES_PORTS;
}

static void walk_down(const struct walk *walk, const struct place *place);

/* In another namespace, the link below has an index of there. */
static void walk_below(const struct walk *walk, struct place place)
{
	int32_t elsewhere;
	AUTO_LINK struct rtnl_link *below = NULL;

	if (rtnl_link_get_link_netnsid(place.link, &elsewhere) == 0) {
		snprintf(walk->elsewhere, IFNAMSIZ, "%s", rtnl_link_get_name(place.link));
		return;
	}
	below = rtnl_link_get(walk->links, rtnl_link_get_link(place.link));
	place.link = below;
	if (below)
		walk_down(walk, &place);
}

static void walk_ports(const struct walk *walk, struct place place)
{
	const int master = rtnl_link_get_ifindex(place.link);
	const char *name = rtnl_link_get_name(place.link);

	for (struct nl_object *at = nl_cache_get_first(walk->links); at;
	     at = nl_cache_get_next(at)) {
		place.link = (struct rtnl_link *)at;
		if (rtnl_link_get_master(place.link) == master &&
		    !bond_port_is_spare(name, rtnl_link_get_name(place.link)))
			walk_down(walk, &place);
	}
}

static void walk_tagged(const struct walk *walk, struct place place)
{
	place.tags[1] = place.tags[0];
	place.tags[0] = (uint16_t)rtnl_link_vlan_get_id(place.link);
	walk_below(walk, place);
}

static void walk_unicast(const struct walk *walk, struct place place)
{
	struct nl_addr *mac = rtnl_link_get_addr(place.link);

	if (!mac || nl_addr_get_len(mac) != ETH_ALEN)
		return;
	place.end.by_mac = 1;
	memcpy(place.end.mac, nl_addr_get_binary_addr(mac), ETH_ALEN);
	walk_below(walk, place);
}

static void walk_down(const struct walk *walk, const struct place *place)
{
	static void (*const walks[])(const struct walk *walk, struct place place) = {
		[TAKES_PORTS] = walk_ports,
		[TAKES_TAG] = walk_tagged,
		[TAKES_UNICAST] = walk_unicast,
	};
	const enum takes takes = takes_of(place->link);
	struct place below = *place;
	struct ways *ways = walk->ways;

	if (ways->nr == WAYS_MAX)
		return;
	ways->at[ways->nr].end = place->end;
	ways->at[ways->nr++].way = (struct way){
		.netns_inum = walk->netns_inum,
		.ifindex = (uint32_t)rtnl_link_get_ifindex(place->link),
		.tags = { place->tags[0], place->tags[1] },
	};
	/* A third tag is none that the probe looks for. */
	if (takes == TAKES_NONE || ++below.depth == NEST_MAX ||
	    (takes == TAKES_TAG && place->tags[1]))
		return;
	walks[takes](walk, below);
}

int testbed_ways(const struct testbed *testbed, struct ways *ways, struct why *why)
{
	AUTO_CACHE struct nl_cache *links = NULL;
	AUTO_LINK struct rtnl_link *dut = NULL;
	struct ways found = { .nr = 0 };
	char elsewhere[IFNAMSIZ] = "";
	int err = rtnl_link_alloc_cache(testbed->lane_sock, AF_UNSPEC, &links);

	if (err < 0)
		return testbed_unlisted(why, "devices", err);
	dut = rtnl_link_get(links, (int)testbed->dut.ifindex);
	if (!dut)
		return testbed_cannot(why, ENODEV, "looked up", testbed->dut.name);
	walk_down(&(struct walk){ links, testbed->dut.netns_inum, &found, elsewhere },
		  &(struct place){ .link = dut });
	if (*elsewhere)
		return why_exit(
			why, EXIT_CONFIG, EINVAL,
			"%s: its lower device is in another network namespace, where dadrace cannot see its packets; run dadrace in that namespace, or name a device whose lower devices are all in this one",
			elsewhere);
	*ways = found;
	return 0;
}
