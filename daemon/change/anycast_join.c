// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <sys/socket.h>

#include "change/shown.h"

/*
 * Of the Mobile IPv6 home agents (RFC 2526). A host joins only what it has a prefix of
 * (ipv6_sock_ac_join(), net/ipv6/anycast.c).
 */
static struct ipv6_mreq request_about(const struct change_about *about)
{
	struct ipv6_mreq request = { .ipv6mr_multiaddr = shown_link_local_prefix,
				     .ipv6mr_interface = about->ifindex };

	memset(&request.ipv6mr_multiaddr.s6_addr[8], 0xff, 8);
	request.ipv6mr_multiaddr.s6_addr[8] = 0xfd;
	request.ipv6mr_multiaddr.s6_addr[15] = 0xfe;
	return request;
}

static int set(const struct change_about *about, int option)
{
	struct ipv6_mreq request = request_about(about);

	return shown_error(
		setsockopt(about->socket, IPPROTO_IPV6, option, &request, sizeof(request)));
}

static int anycast_join(struct change_about *about)
{
	return set(about, IPV6_JOIN_ANYCAST);
}

static bool has_joined(const struct change_about *about)
{
	struct ipv6_mreq request = request_about(about);

	return shown_anycast(about, &request.ipv6mr_multiaddr);
}

static int anycast_leave(const struct change_about *about)
{
	return set(about, IPV6_LEAVE_ANYCAST);
}

const struct change change_anycast_join = {
	.wait = shown_link_local_wait,
	.make = anycast_join,
	.in_force = has_joined,
	.put_back = anycast_leave,
	/* clang-format off */
	.written =
		"struct ipv6_mreq request = { .ipv6mr_interface = DUT_INDEX };\n"
		"\n"
		"inet_pton(AF_INET6, \"fe80::fdff:ffff:ffff:fffe\", &request.ipv6mr_multiaddr);\n"
		"must(\"IPV6_JOIN_ANYCAST\", setsockopt(control, IPPROTO_IPV6, IPV6_JOIN_ANYCAST, &request, sizeof(request)));\n"
		"must(\"IPV6_LEAVE_ANYCAST\", setsockopt(control, IPPROTO_IPV6, IPV6_LEAVE_ANYCAST, &request, sizeof(request)));\n",
	/* clang-format on */
};
