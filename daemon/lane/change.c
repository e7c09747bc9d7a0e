// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/route.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/loop.h"
#include "lane/change.h"
#include "testbed/frame.h"

enum { LEAST_MTU = 1280, PREFIX_BITS = 64 };

/*
 * As SIOCSIFADDR and SIOCDIFADDR of an AF_INET6 socket want it: struct in6_ifreq, linux/ipv6.h.
 */
struct address_request {
	struct in6_addr address;
	uint32_t prefix_bits;
	int ifindex;
};

static int answer_of(int result)
{
	return result < 0 ? -errno : 0;
}

static int mtu_set(const struct change_about *about, struct ifreq *request, int mtu)
{
	request->ifr_mtu = mtu;
	return answer_of(ioctl(about->socket, SIOCSIFMTU, request));
}

static int mtu_change(const struct change_about *about)
{
	struct ifreq request = { 0 };
	int before, err;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", about->dut);
	if (ioctl(about->socket, SIOCGIFMTU, &request))
		return -errno;
	before = request.ifr_mtu;
	err = mtu_set(about, &request, LEAST_MTU);
	return err ? err : mtu_set(about, &request, before);
}

static int disable_set(const struct change_about *about, const char *value)
{
	char path[96];
	int fd, err;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", about->dut);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = answer_of((int)write(fd, value, 1));
	close(fd);
	return err;
}

static int disable_ipv6(const struct change_about *about)
{
	int err = disable_set(about, "1");

	return err ? err : disable_set(about, "0");
}

/* --- what has to be there first --- */

/* The device's link-local address, from the kernel's list: it need not be that of its MAC. */
static bool link_local_of(const struct change_about *about, struct in6_addr *address)
{
	FILE *list = fopen("/proc/net/if_inet6", "re");
	unsigned int bytes[16], ifindex, bits, scope, flags;
	bool found = false;
	char line[128];

	while (list && !found && fgets(line, sizeof(line), list)) {
		int nr = 0, at = 0;

		while (nr < 16 && sscanf(line + at, "%2x", &bytes[nr]) == 1) {
			address->s6_addr[nr] = (uint8_t)bytes[nr];
			at += 2;
			nr++;
		}
		found = nr == 16 &&
			sscanf(line + at, "%x %x %x %x", &ifindex, &bits, &scope, &flags) ==
				4 &&
			ifindex == about->ifindex && IN6_IS_ADDR_LINKLOCAL(address);
	}
	if (list)
		fclose(list);
	return found;
}

/*
 * The kernel announces the prefix route of a new link-local address before the address.
 */
static int link_local_wait(const struct change_about *about, struct in6_addr *address)
{
	struct sockaddr_nl groups = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV6_ROUTE };
	int routes = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	bool found = false;
	char buffer[8192];
	uint64_t now;

	if (routes < 0 || bind(routes, (struct sockaddr *)&groups, sizeof(groups))) {
		int err = errno;

		if (routes >= 0)
			close(routes);
		return -err;
	}
	while (!(found = link_local_of(about, address)) &&
	       (now = loop_now()) < about->deadline_ns) {
		struct pollfd wait = { .fd = routes, .events = POLLIN };

		poll(&wait, 1, (int)((about->deadline_ns - now) / 1000000) + 1);
		while (recv(routes, buffer, sizeof(buffer), 0) > 0)
			;
	}
	close(routes);
	return found ? 0 : -ENODATA;
}

/*
 * It ends as the link-local one does, and so is of the same solicited-node group. A group of
 * its own would keep a reference to the inet6_dev while its leaving was not reported, which a
 * device that is down does not do (mld_add_delrec(), net/ipv6/mcast.c).
 */
static int address_add(const struct change_about *about)
{
	struct address_request request = { .prefix_bits = PREFIX_BITS,
					   .ifindex = (int)about->ifindex,
					   .address = about->link_local };

	memcpy(&request.address, &frame_elsewhere, 8);
	/* Of another prefix than route-add's, and than that of a Router Advertisement. */
	request.address.s6_addr[7] = 0xd2;
	return answer_of(ioctl(about->socket, SIOCSIFADDR, &request));
}

static int address_delete(const struct change_about *about)
{
	struct address_request request = { .prefix_bits = PREFIX_BITS,
					   .ifindex = (int)about->ifindex };
	int err = link_local_wait(about, &request.address);

	return err ? err : answer_of(ioctl(about->socket, SIOCDIFADDR, &request));
}

static int route_add(const struct change_about *about)
{
	struct in6_rtmsg request = {
		.rtmsg_dst = frame_elsewhere,
		.rtmsg_dst_len = PREFIX_BITS,
		.rtmsg_gateway = about->router,
		.rtmsg_flags = RTF_UP,
		.rtmsg_metric = 1024,
		.rtmsg_ifindex = (int)about->ifindex,
	};

	memset(&request.rtmsg_dst.s6_addr[8], 0, 8);
	if (!IN6_IS_ADDR_UNSPECIFIED(&about->router))
		request.rtmsg_flags |= RTF_GATEWAY;
	return answer_of(ioctl(about->socket, SIOCADDRT, &request));
}

static int route_delete(const struct change_about *about)
{
	struct in6_rtmsg request = {
		.rtmsg_dst_len = PREFIX_BITS,
		.rtmsg_flags = RTF_UP,
		.rtmsg_ifindex = (int)about->ifindex,
	};
	int err = link_local_wait(about, &request.rtmsg_dst);

	memset(&request.rtmsg_dst.s6_addr[8], 0, 8);
	return err ? err : answer_of(ioctl(about->socket, SIOCDELRT, &request));
}

static int link_delete(const struct change_about *about)
{
	struct why why;

	return testbed_dut_delete(about->testbed, &why);
}

/* --- all of them --- */

/* clang-format off */
static const struct {
	int (*make)(const struct change_about *about);
	bool takes_address, takes_device;
} changes[] = {
	[CHANGE_NONE]		= { NULL },
	[CHANGE_MTU]		= { mtu_change },
	[CHANGE_ADDRESS_ADD]	= { address_add },
	[CHANGE_ADDRESS_DELETE] = { address_delete, true },
	[CHANGE_ROUTE_ADD]	= { route_add },
	[CHANGE_ROUTE_DELETE]	= { route_delete },
	[CHANGE_DISABLE_IPV6]	= { disable_ipv6 },
	[CHANGE_LINK_DELETE]	= { link_delete, true, true },
};
/* clang-format on */
_Static_assert(sizeof(changes) / sizeof(changes[0]) == CHANGES, "a row per change");

int change_make(enum change_kind change, const struct change_about *about)
{
	return changes[change].make ? changes[change].make(about) : 0;
}

bool change_leaves_address(enum change_kind change)
{
	return !changes[change].takes_address;
}

bool change_leaves_device(enum change_kind change)
{
	return !changes[change].takes_device;
}
