// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lane/known.h"

static int socket_open(int family, int type, int protocol, int *fd, struct why *why)
{
	*fd = socket(family, type | SOCK_CLOEXEC, protocol);
	return *fd < 0 ?
		       why_set(why, errno, "positive control: no socket: %s", strerror(errno)) :
		       0;
}

#define DROPPED \
	"; a packet filter drops it: remove its nftables rule, or IPAddressDeny= of the systemd unit"

/* Closes the socket when the call on it has failed. */
static int outcome(int result, int *fd, const char *what, const char *name, struct why *why)
{
	int err = errno;

	if (result >= 0)
		return 0;
	close(*fd);
	*fd = -1;
	return why_set(why, err, "positive control: %s %s: %s%s", what, name, strerror(err),
		       err == EPERM ? DROPPED : "");
}

static int drop_socket(struct testbed *testbed, int fd, struct why *why)
{
	(void)testbed;
	(void)why;
	close(fd);
	return 0;
}

/* --- a net_device --- */

/* With protocol 0 it receives nothing, and holds the device all the same. */
static int take_packet(struct testbed *testbed, int *fd, struct why *why)
{
	const struct testbed_device *dut = testbed_dut(testbed);
	const struct sockaddr_ll at = { .sll_family = AF_PACKET,
					.sll_ifindex = (int)dut->ifindex };
	int err = socket_open(AF_PACKET, SOCK_RAW, 0, fd, why);

	return err ? err :
		     outcome(bind(*fd, (const struct sockaddr *)&at, sizeof(at)), fd,
			     "a packet socket cannot be bound to", dut->name, why);
}

/* --- an inet6_dev --- */

static int join(const struct testbed *testbed, const char *group, int *fd, struct why *why)
{
	const struct testbed_device *dut = testbed_dut(testbed);
	struct ipv6_mreq request = { .ipv6mr_interface = dut->ifindex };

	inet_pton(AF_INET6, group, &request.ipv6mr_multiaddr);
	return outcome(
		setsockopt(*fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof(request)), fd,
		"a multicast group cannot be joined on", dut->name, why);
}

/* Of interface-local scope, which MLD reports neither when it is joined nor when it is left. */
static int take_group(struct testbed *testbed, int *fd, struct why *why)
{
	int err = socket_open(AF_INET6, SOCK_DGRAM, 0, fd, why);

	return err ? err : join(testbed, "ff01::dad", fd, why);
}

/* Two: the solicited-node group of an address may come or go meanwhile. */
int known_groups_join(const struct testbed *testbed, int *fd, struct why *why)
{
	int err = socket_open(AF_INET6, SOCK_DGRAM, 0, fd, why);

	if (!err)
		err = join(testbed, "ff02::dad:1", fd, why);
	return err ? err : join(testbed, "ff02::dad:2", fd, why);
}

/* --- a dst entry --- */

/*
 * Per-CPU copies of routes and those of local addresses are not counted. So the kernel is told
 * that an echo from ::1 to itself was too big (RFC 4443 3.2): it makes an exception to that
 * route (rt6_insert_exception(), net/ipv6/route.c).
 */
static int take_route(struct testbed *testbed, int *fd, struct why *why)
{
	struct {
		struct icmp6_hdr head;
		struct ip6_hdr quoted;
		struct icmp6_hdr echo;
	} message = {
		.head = { .icmp6_type = ICMP6_PACKET_TOO_BIG },
		.quoted = { .ip6_src = IN6ADDR_LOOPBACK_INIT,
			    .ip6_dst = IN6ADDR_LOOPBACK_INIT },
		.echo = { .icmp6_type = ICMP6_ECHO_REQUEST },
	};
	const struct sockaddr_in6 to = { .sin6_family = AF_INET6,
					 .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int err = socket_open(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, fd, why);

	(void)testbed;
	if (err)
		return err;
	message.head.icmp6_mtu = htonl(1280);
	message.quoted.ip6_flow = htonl(6U << 28);
	message.quoted.ip6_plen = htons(sizeof(message.echo));
	message.quoted.ip6_nxt = IPPROTO_ICMPV6;
	message.quoted.ip6_hlim = 64;
	return outcome((int)sendto(*fd, &message, sizeof(message), 0,
				   (const struct sockaddr *)&to, sizeof(to)),
		       fd, "a packet cannot be sent to", "::1", why);
}

static int drop_route(struct testbed *testbed, int fd, struct why *why)
{
	close(fd);
	return testbed_forget_exception(testbed, why);
}

/* --- a neighbour --- */

static int take_neighbour(struct testbed *testbed, int *fd, struct why *why)
{
	*fd = -1;
	return testbed_neighbour(testbed, true, why);
}

static int drop_neighbour(struct testbed *testbed, int fd, struct why *why)
{
	(void)fd;
	return testbed_neighbour(testbed, false, why);
}

/* --- all of them --- */

/* clang-format off */
const struct known knowns[KNOWNS] = {
	{ "a packet socket bound to",    WATCH_NET_DEVICE, false, { .net_device = 1 }, take_packet, drop_socket },
	{ "a multicast group joined on", WATCH_INET6_DEV,  false, { .inet6_dev = 1 },  take_group,  drop_socket },
	{ "an exception to the route to ::1 beside", WATCH_DST, true, { .dst = 1 },    take_route,  drop_route },
	{ "a neighbour entry of",        WATCH_NET_DEVICE, true,  { .neighbours = 1 }, take_neighbour, drop_neighbour },
};
/* clang-format on */
