// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/nexthop.h>

#include "change/route.h"
#include "change/shown.h"
#include "frame/frame.h"

static const uint32_t nexthop_id = 1;

static int nexthop_add(const struct change_about *about)
{
	struct nhmsg start = { .nh_family = AF_INET6, .nh_protocol = RTPROT_STATIC };
	struct request request;

	request_begin(&request, RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_REPLACE, &start,
		      sizeof(start));
	request_put(&request, NHA_ID, &nexthop_id, sizeof(nexthop_id));
	request_put(&request, NHA_OIF, &about->ifindex, sizeof(about->ifindex));
	if (!IN6_IS_ADDR_UNSPECIFIED(&about->router))
		request_put(&request, NHA_GATEWAY, &about->router, sizeof(about->router));
	return request_send(&request);
}

static int route_by_nexthop(struct change_about *about)
{
	struct request request;
	int err = nexthop_add(about);

	if (err)
		return err;
	route_begin(&request, NLM_F_CREATE | NLM_F_EXCL);
	request_put(&request, RTA_NH_ID, &nexthop_id, sizeof(nexthop_id));
	return request_send(&request);
}

static bool is_routed(const struct change_about *about)
{
	return shown_routes(about, &frame_elsewhere);
}

const struct change change_nexthop_add = {
	.make = route_by_nexthop,
	.in_force = is_routed,
	/* clang-format off */
	.written =
		"run(\"ip nexthop replace id 1 via \" PEER_ADDRESS \" dev dut\");\n"
		"run(\"ip -6 route add \" ELSEWHERE \"/64 nhid 1\");\n",
	/* clang-format on */
};
