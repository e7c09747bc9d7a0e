// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "testbed/parts.h"

#define EVENTS_BUFFER (4 << 20)

const char *const testbed_event_names[] = {
	[TESTBED_ADDRESS_TENTATIVE] = "address tentative",
	[TESTBED_ADDRESS_DADFAILED] = "address dadfailed",
	[TESTBED_ADDRESS_PERMANENT] = "address permanent",
	[TESTBED_ADDRESS_GONE] = "address gone",
	[TESTBED_LINK_UP] = "link up",
	[TESTBED_LINK_DOWN] = "link down",
	[TESTBED_LINK_GONE] = "link gone",
	[TESTBED_LOST] = "events lost",
};
_Static_assert(sizeof(testbed_event_names) / sizeof(*testbed_event_names) == TESTBED_EVENTS,
	       "every event has a name");

int events_open(struct testbed *testbed, struct why *why)
{
	const int bytes = EVENTS_BUFFER;
	struct nl_sock *sock;
	int err = sock_open(&testbed->events, why);

	if (err)
		return err;
	sock = testbed->events;
	if (setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		       sizeof(bytes)) < 0)
		setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUF, &bytes,
			   sizeof(bytes));
	err = nl_socket_add_memberships(sock, RTNLGRP_LINK, RTNLGRP_IPV6_IFADDR,
					RTNLGRP_IPV6_ROUTE, RTNLGRP_NONE);
	if (err < 0 || (err = nl_socket_set_nonblocking(sock)) < 0)
		return why_set(why, EIO,
			       "netlink socket: cannot be subscribed to notifications: %s",
			       nl_geterror(err));
	return 0;
}

struct seen {
	void (*call)(const struct testbed_event *event, void *arg);
	void *arg;
};

static void say(const struct seen *seen, enum testbed_event_kind kind,
		const struct in6_addr *address)
{
	struct testbed_event event = { .kind = kind };

	if (address)
		event.address = *address;
	seen->call(&event, seen->arg);
}

static void link_heard(struct testbed *testbed, struct nlmsghdr *msg, const struct seen *seen)
{
	const struct ifinfomsg *link = nlmsg_data(msg);
	bool up, running;

	/* Bridge ports are announced, and said good-bye to, in a family of their own. */
	if (!nlmsg_valid_hdr(msg, sizeof(*link)) || link->ifi_family != AF_UNSPEC ||
	    (uint32_t)link->ifi_index != testbed->dut.ifindex)
		return;
	if (msg->nlmsg_type == RTM_DELLINK) {
		testbed->up = testbed->running = false;
		say(seen, TESTBED_LINK_GONE, NULL);
		return;
	}
	up = link->ifi_flags & IFF_UP;
	running = up && (link->ifi_flags & IFF_RUNNING);
	if (testbed->up && !up)
		say(seen, TESTBED_LINK_DOWN, NULL);
	if (!testbed->running && running)
		say(seen, TESTBED_LINK_UP, NULL);
	testbed->up = up;
	testbed->running = running;
}

static void address_heard(const struct testbed *testbed, struct nlmsghdr *msg,
			  const struct seen *seen)
{
	const struct ifaddrmsg *header = nlmsg_data(msg);
	struct nlattr *attrs[IFA_MAX + 1], *address;
	struct in6_addr bytes;
	uint32_t flags;

	if (!nlmsg_valid_hdr(msg, sizeof(*header)) || header->ifa_family != AF_INET6 ||
	    header->ifa_index != testbed->dut.ifindex ||
	    nlmsg_parse(msg, sizeof(*header), attrs, IFA_MAX, NULL) < 0)
		return;
	/* IFA_LOCAL is the own end of a point-to-point address; others have none. */
	address = attrs[IFA_LOCAL] ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS];
	if (!address || nla_len(address) < (int)sizeof(bytes))
		return;
	memcpy(&bytes, nla_data(address), sizeof(bytes));
	flags = attrs[IFA_FLAGS] ? nla_get_u32(attrs[IFA_FLAGS]) : header->ifa_flags;
	if (msg->nlmsg_type == RTM_DELADDR)
		say(seen, TESTBED_ADDRESS_GONE, &bytes);
	else if (flags & IFA_F_DADFAILED)
		say(seen, TESTBED_ADDRESS_DADFAILED, &bytes);
	else if (flags & IFA_F_TENTATIVE)
		say(seen, TESTBED_ADDRESS_TENTATIVE, &bytes);
	else
		say(seen, TESTBED_ADDRESS_PERMANENT, &bytes);
}

/*
 * The kernel announces a link-local address of its own making only when DAD is over
 * (addrconf_dad_completed); but between adding it, tentative, and starting DAD it adds the
 * route to fe80::/64 (addrconf_add_linklocal, net/ipv6/addrconf.c), and announces that.
 */
static void route_heard(const struct testbed *testbed, struct nlmsghdr *msg,
			const struct seen *seen)
{
	static const uint8_t prefix[8] = { 0xfe, 0x80 };
	const struct rtmsg *route = nlmsg_data(msg);
	struct nlattr *attrs[RTA_MAX + 1];

	if (!nlmsg_valid_hdr(msg, sizeof(*route)) || route->rtm_family != AF_INET6 ||
	    route->rtm_dst_len != 64 || route->rtm_type != RTN_UNICAST ||
	    route->rtm_protocol != RTPROT_KERNEL ||
	    nlmsg_parse(msg, sizeof(*route), attrs, RTA_MAX, NULL) < 0)
		return;
	if (!attrs[RTA_OIF] || nla_get_u32(attrs[RTA_OIF]) != testbed->dut.ifindex ||
	    !attrs[RTA_DST] || nla_len(attrs[RTA_DST]) < (int)sizeof(prefix) ||
	    memcmp(nla_data(attrs[RTA_DST]), prefix, sizeof(prefix)) != 0)
		return;
	say(seen, TESTBED_ADDRESS_TENTATIVE, &testbed->dut.link_local);
}

static void heard(struct testbed *testbed, struct nlmsghdr *msg, const struct seen *seen)
{
	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK: link_heard(testbed, msg, seen); break;
	case RTM_NEWADDR:
	case RTM_DELADDR: address_heard(testbed, msg, seen); break;
	case RTM_NEWROUTE: route_heard(testbed, msg, seen); break;
	default: break;
	}
}

int testbed_events_fd(const struct testbed *testbed)
{
	return nl_socket_get_fd(testbed->events);
}

int testbed_events_read(struct testbed *testbed,
			void (*seen)(const struct testbed_event *event, void *arg), void *arg)
{
	const struct seen listener = { seen, arg };
	union {
		struct nlmsghdr header;
		char bytes[16384];
	} buf;

	for (;;) {
		struct sockaddr_nl from = { 0 };
		struct iovec iov = { &buf, sizeof(buf) };
		struct msghdr header = { .msg_name = &from,
					 .msg_namelen = sizeof(from),
					 .msg_iov = &iov,
					 .msg_iovlen = 1 };
		ssize_t got = recvmsg(testbed_events_fd(testbed), &header, 0);
		int left = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (got < 0 && errno != ENOBUFS)
			return -errno;
		if (got < 0 || (header.msg_flags & MSG_TRUNC))
			say(&listener, TESTBED_LOST, NULL);
		if (from.nl_pid != 0)
			continue;
		for (struct nlmsghdr *msg = &buf.header; left > 0 && nlmsg_ok(msg, left);
		     msg = nlmsg_next(msg, &left))
			heard(testbed, msg, &listener);
	}
}
