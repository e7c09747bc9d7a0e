// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/route.h>
#include <sys/ioctl.h>

#include "change/shown.h"

static int route_delete(struct change_about *about)
{
	struct in6_rtmsg request = {
		.rtmsg_dst = shown_link_local_prefix,
		.rtmsg_dst_len = 64,
		.rtmsg_flags = RTF_UP,
		.rtmsg_ifindex = (int)about->ifindex,
	};

	return shown_error(ioctl(about->socket, SIOCDELRT, &request));
}

static bool has_no_prefix_route(const struct change_about *about)
{
	return !shown_routes(about, &shown_link_local_prefix);
}

const struct change change_route_delete = {
	.wait = shown_link_local_wait,
	.make = route_delete,
	.in_force = has_no_prefix_route,
	/* clang-format off */
	.written =
		"struct in6_rtmsg request = { .rtmsg_dst_len = 64, .rtmsg_flags = RTF_UP, .rtmsg_ifindex = DUT_INDEX };\n"
		"\n"
		"inet_pton(AF_INET6, \"fe80::\", &request.rtmsg_dst);\n"
		"must(\"SIOCDELRT\", ioctl(control, SIOCDELRT, &request));\n",
	/* clang-format on */
};
