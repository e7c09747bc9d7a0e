// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/socket.h>

#include "change/shown.h"
#include "change/socket.h"
#include "frame/frame.h"

/*
 * The socket keeps the route to its peer. ICMPv6 errors that quote a UDP datagram are about it:
 * its ports are theirs.
 */
static int udp_connect(struct change_about *about)
{
	const struct sockaddr_in6 peer = socket_peer(about, FRAME_PORT);
	int fd = socket_of_device(about, SOCK_DGRAM, 0, FRAME_PORT);

	if (fd < 0)
		return fd;
	return socket_keep(
		about, fd,
		shown_error(connect(fd, (const struct sockaddr *)&peer, sizeof(peer))));
}

static bool is_connected(const struct change_about *about)
{
	struct sockaddr_in6 peer;
	socklen_t size = sizeof(peer);

	return about->kept && !getpeername(about->kept, (struct sockaddr *)&peer, &size) &&
	       peer.sin6_scope_id == about->ifindex;
}

const struct change change_udp_connect = {
	.wait = shown_link_local_wait,
	.make = udp_connect,
	.in_force = is_connected,
	.put_back = socket_close,
	.stays = true,
	/* clang-format off */
	.written =
		"int udp = socket_of_dut(SOCK_DGRAM, 0, SOCKET_PORT);\n"
		"struct sockaddr_in6 peer = end_of_link(PEER_ADDRESS, SOCKET_PORT);\n"
		"\n"
		"must(\"connect\", connect(udp, (const struct sockaddr *)&peer, sizeof(peer)));\n",
	/* clang-format on */
};
