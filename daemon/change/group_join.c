// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/socket.h>

#include "change/mld.h"
#include "change/shown.h"

/* Of the link (RFC 4291 2.7), that nothing else joins. */
static const struct in6_addr group = { .s6_addr = { 0xff, 0x12, [14] = 0xda, 0xd0 } };

static int set(const struct change_about *about, int option)
{
	const struct ipv6_mreq request = { .ipv6mr_multiaddr = group,
					   .ipv6mr_interface = about->ifindex };

	return shown_error(
		setsockopt(about->socket, IPPROTO_IPV6, option, &request, sizeof(request)));
}

static int group_join(struct change_about *about)
{
	return set(about, IPV6_JOIN_GROUP);
}

static bool has_joined(const struct change_about *about)
{
	return shown_group(about, &group);
}

static int leave(const struct change_about *about)
{
	return set(about, IPV6_LEAVE_GROUP);
}

static int group_leave(const struct change_about *about)
{
	return mld_quietly(about, leave);
}

const struct change change_group_join = {
	.make = group_join,
	.in_force = has_joined,
	.put_back = group_leave,
	/* clang-format off */
	.written =
		"struct ipv6_mreq request = { .ipv6mr_interface = DUT_INDEX };\n"
		"\n"
		"inet_pton(AF_INET6, \"ff12::dad0\", &request.ipv6mr_multiaddr);\n"
		"must(\"IPV6_JOIN_GROUP\", setsockopt(control, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof(request)));\n"
		"must(\"IPV6_LEAVE_GROUP\", setsockopt(control, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &request, sizeof(request)));\n",
	/* clang-format on */
};
