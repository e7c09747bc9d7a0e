// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/route.h"
#include "change/shown.h"
#include "frame/frame.h"

/* By two routers. The second address is made from the first, and nothing answers there. */
static int multipath_add(struct change_about *about)
{
	struct rtnexthop by = { .rtnh_ifindex = (int)about->ifindex };
	struct in6_addr router = about->router;
	struct request request;
	struct rtattr *paths;

	if (IN6_IS_ADDR_UNSPECIFIED(&router))
		router = (struct in6_addr){ .s6_addr = { 0xfe, 0x80, [15] = 0xda } };
	route_begin(&request, NLM_F_CREATE | NLM_F_EXCL);
	paths = request_put(&request, RTA_MULTIPATH, NULL, 0);
	for (int path = 0; path < 2; path++) {
		struct rtnexthop *at = request_append(&request, &by, sizeof(by));
		struct rtattr *gateway;

		router.s6_addr[15] ^= (uint8_t)(path << 4);
		gateway = request_put(&request, RTA_GATEWAY, &router, sizeof(router));
		at->rtnh_len = (uint16_t)(sizeof(by) + gateway->rta_len);
	}
	request_end(&request, paths);
	return request_send(&request);
}

static bool is_routed_twice(const struct change_about *about)
{
	return shown_routes(about, &frame_elsewhere) == 2;
}

const struct change change_multipath_add = {
	.make = multipath_add,
	.in_force = is_routed_twice,
	/* clang-format off */
	.written =
		"run(\"ip -6 route add \" ELSEWHERE \"/64 nexthop via \" PEER_ADDRESS \" dev dut nexthop via fe80::da:d0ff:fe00:111 dev dut\");\n",
	/* clang-format on */
};
