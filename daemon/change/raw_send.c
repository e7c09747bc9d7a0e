// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "change/shown.h"
#include "change/socket.h"

/* Packets that the device was asked to send: a counter of the kernel; 0: it cannot be read. */
static int requests_of(const struct change_about *about)
{
	char path[64], line[128];
	int requests = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/net/dev_snmp6/%s", about->dut);
	file = fopen(path, "re");
	while (file && !requests && fgets(line, sizeof(line), file))
		sscanf(line, "Ip6OutRequests %d", &requests);
	if (file)
		fclose(file);
	return requests;
}

static int requests_before;

/* An Echo Request from the tentative address: IPv6 asks no DAD who has named the source. */
static int raw_send(struct change_about *about)
{
	static const uint8_t echo[8] = { 128 };
	const struct sockaddr_in6 peer = socket_peer(about, 0);
	int fd = socket_of_device(about, SOCK_RAW, IPPROTO_ICMPV6, 0);

	if (fd < 0)
		return fd;
	requests_before = requests_of(about);
	return socket_keep(
		about, fd,
		shown_error((int)sendto(fd, echo, sizeof(echo), 0,
					(const struct sockaddr *)&peer, sizeof(peer))));
}

static bool has_sent(const struct change_about *about)
{
	return about->kept && requests_of(about) > requests_before;
}

const struct change change_raw_send = {
	.wait = shown_link_local_wait,
	.make = raw_send,
	.in_force = has_sent,
	.put_back = socket_close,
	.stays = true,
	/* clang-format off */
	.written =
		"static const unsigned char echo[8] = { 128 };\n"
		"int raw = socket_of_dut(SOCK_RAW, IPPROTO_ICMPV6, 0);\n"
		"struct sockaddr_in6 peer = end_of_link(PEER_ADDRESS, 0);\n"
		"\n"
		"must(\"sendto\", sendto(raw, echo, sizeof(echo), 0, (const struct sockaddr *)&peer, sizeof(peer)) < 0);\n",
	/* clang-format on */
};
