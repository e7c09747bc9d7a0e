// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/route.h>
#include <string.h>
#include <sys/ioctl.h>

#include "change/shown.h"
#include "frame/frame.h"

static int route_add(struct change_about *about)
{
	struct in6_rtmsg request = {
		.rtmsg_dst = frame_elsewhere,
		.rtmsg_dst_len = 64,
		.rtmsg_gateway = about->router,
		.rtmsg_flags = RTF_UP,
		.rtmsg_metric = 1024,
		.rtmsg_ifindex = (int)about->ifindex,
	};

	memset(&request.rtmsg_dst.s6_addr[8], 0, 8);
	if (!IN6_IS_ADDR_UNSPECIFIED(&about->router))
		request.rtmsg_flags |= RTF_GATEWAY;
	return shown_error(ioctl(about->socket, SIOCADDRT, &request));
}

static bool is_routed(const struct change_about *about)
{
	return shown_routes(about, &frame_elsewhere);
}

const struct change change_route_add = {
	.make = route_add,
	.in_force = is_routed,
	/* clang-format off */
	.written =
		"struct in6_rtmsg request = { .rtmsg_dst_len = 64, .rtmsg_flags = RTF_UP | RTF_GATEWAY, .rtmsg_metric = 1024, .rtmsg_ifindex = DUT_INDEX };\n"
		"\n"
		"inet_pton(AF_INET6, ELSEWHERE, &request.rtmsg_dst);\n"
		"inet_pton(AF_INET6, PEER_ADDRESS, &request.rtmsg_gateway);\n"
		"must(\"SIOCADDRT\", ioctl(control, SIOCADDRT, &request));\n",
	/* clang-format on */
};
