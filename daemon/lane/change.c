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

#include "base/fd.h"
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

static int mtu_set(const struct change_about *about, int mtu)
{
	struct ifreq request = { .ifr_mtu = mtu };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", about->dut);
	return answer_of(ioctl(about->socket, SIOCSIFMTU, &request));
}

static int mtu_of(const struct change_about *about)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", about->dut);
	return ioctl(about->socket, SIOCGIFMTU, &request) ? 0 : request.ifr_mtu;
}

static int mtu_lower(const struct change_about *about)
{
	return mtu_set(about, LEAST_MTU);
}

static bool mtu_is_least(const struct change_about *about)
{
	return mtu_of(about) == LEAST_MTU;
}

/* --- IPv6 of the device --- */

static int disable_open(const struct change_about *about, int flags)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", about->dut);
	return open(path, flags | O_CLOEXEC);
}

static int disable_set(const struct change_about *about, const char *value)
{
	AUTO_FD int fd = disable_open(about, O_WRONLY);

	return fd < 0 ? -errno : answer_of((int)write(fd, value, 1));
}

static int disable_ipv6(const struct change_about *about)
{
	return disable_set(about, "1");
}

static int enable_ipv6(const struct change_about *about, int mtu)
{
	(void)mtu;
	return disable_set(about, "0");
}

static bool is_disabled(const struct change_about *about)
{
	AUTO_FD int fd = disable_open(about, O_RDONLY);
	char value = 0;

	return fd >= 0 && read(fd, &value, 1) == 1 && value == '1';
}

/* --- the kernel's lists of addresses and routes --- */

/* 32 hexadecimal digits. */
static bool read_address(const char *text, struct in6_addr *address)
{
	unsigned int byte;
	int nr = 0;

	for (; nr < 16 && sscanf(text + 2 * nr, "%2x", &byte) == 1; nr++)
		address->s6_addr[nr] = (uint8_t)byte;
	return nr == 16;
}

/* The first address of the device that begins with these bytes. */
static bool find_address(const struct change_about *about, const struct in6_addr *start,
			 size_t bytes, struct in6_addr *address)
{
	FILE *list = fopen("/proc/net/if_inet6", "re");
	unsigned int ifindex;
	bool found = false;
	char line[128];

	while (list && !found && fgets(line, sizeof(line), list))
		found = read_address(line, address) && sscanf(line + 32, "%x", &ifindex) == 1 &&
			ifindex == about->ifindex && !memcmp(address, start, bytes);
	if (list)
		fclose(list);
	return found;
}

/* A route of the device to these bytes of prefix: "ADDRESS LENGTH ... DEVICE". */
static bool has_route(const struct change_about *about, const struct in6_addr *prefix)
{
	FILE *list = fopen("/proc/net/ipv6_route", "re");
	struct in6_addr to;
	bool found = false;
	unsigned int bits;
	char line[256];

	while (list && !found && fgets(line, sizeof(line), list)) {
		const char *device = strrchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		found = device && !strcmp(device + 1, about->dut) && read_address(line, &to) &&
			sscanf(line + 32, "%x", &bits) == 1 && bits == PREFIX_BITS &&
			!memcmp(&to, prefix, PREFIX_BITS / 8);
	}
	if (list)
		fclose(list);
	return found;
}

static const struct in6_addr link_local_prefix = { .s6_addr = { 0xfe, 0x80 } };

/* The device's link-local address: it need not be that of its MAC. */
static bool link_local_of(const struct change_about *about, struct in6_addr *address)
{
	return find_address(about, &link_local_prefix, 2, address);
}

/*
 * The kernel announces the prefix route of a new link-local address before the address.
 */
static int link_local_wait(const struct change_about *about)
{
	struct sockaddr_nl groups = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV6_ROUTE };
	int routes = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	struct in6_addr address;
	bool found = false;
	char buffer[8192];
	uint64_t now;

	if (routes < 0 || bind(routes, (struct sockaddr *)&groups, sizeof(groups))) {
		int err = errno;

		if (routes >= 0)
			close(routes);
		return -err;
	}
	while (!(found = link_local_of(about, &address)) &&
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
static struct in6_addr added_address(const struct change_about *about)
{
	struct in6_addr address = about->link_local;

	memcpy(&address, &frame_elsewhere, 8);
	/* Of another prefix than route-add's, and than that of a Router Advertisement. */
	address.s6_addr[7] = 0xd2;
	return address;
}

static int address_add(const struct change_about *about)
{
	struct address_request request = { .prefix_bits = PREFIX_BITS,
					   .ifindex = (int)about->ifindex,
					   .address = added_address(about) };

	return answer_of(ioctl(about->socket, SIOCSIFADDR, &request));
}

static bool is_added(const struct change_about *about)
{
	struct in6_addr added = added_address(about), address;

	return find_address(about, &added, sizeof(added), &address);
}

static int address_delete(const struct change_about *about)
{
	struct address_request request = { .prefix_bits = PREFIX_BITS,
					   .ifindex = (int)about->ifindex };

	if (!link_local_of(about, &request.address))
		return -ENODATA;
	return answer_of(ioctl(about->socket, SIOCDIFADDR, &request));
}

static bool has_no_link_local(const struct change_about *about)
{
	struct in6_addr address;

	return !link_local_of(about, &address);
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

static bool is_routed(const struct change_about *about)
{
	return has_route(about, &frame_elsewhere);
}

static int route_delete(const struct change_about *about)
{
	struct in6_rtmsg request = {
		.rtmsg_dst = link_local_prefix,
		.rtmsg_dst_len = PREFIX_BITS,
		.rtmsg_flags = RTF_UP,
		.rtmsg_ifindex = (int)about->ifindex,
	};

	return answer_of(ioctl(about->socket, SIOCDELRT, &request));
}

static bool has_no_prefix_route(const struct change_about *about)
{
	return !has_route(about, &link_local_prefix);
}

static int link_delete(const struct change_about *about)
{
	struct why why;

	return testbed_dut_delete(about->testbed, &why);
}

static bool is_gone(const struct change_about *about)
{
	return !if_nametoindex(about->dut);
}

/* --- all of them --- */

/*
 * What has to be there first, the change, how the kernel shows that it is in force, and how it
 * is put back.
 */
/* clang-format off */
static const struct {
	int (*wait)(const struct change_about *about);
	int (*make)(const struct change_about *about);
	bool (*in_force)(const struct change_about *about);
	int (*put_back)(const struct change_about *about, int mtu);
	bool takes_address, takes_device;
} changes[] = {
	[CHANGE_NONE]		= { NULL },
	[CHANGE_MTU]		= { NULL, mtu_lower, mtu_is_least, mtu_set },
	[CHANGE_ADDRESS_ADD]	= { NULL, address_add, is_added, NULL },
	[CHANGE_ADDRESS_DELETE] = { link_local_wait, address_delete, has_no_link_local, NULL, true },
	[CHANGE_ROUTE_ADD]	= { NULL, route_add, is_routed, NULL },
	[CHANGE_ROUTE_DELETE]	= { link_local_wait, route_delete, has_no_prefix_route, NULL },
	[CHANGE_DISABLE_IPV6]	= { NULL, disable_ipv6, is_disabled, enable_ipv6 },
	[CHANGE_LINK_DELETE]	= { NULL, link_delete, is_gone, NULL, true, true },
};
/* clang-format on */
_Static_assert(sizeof(changes) / sizeof(changes[0]) == CHANGES, "a row per change");

/* What the kernel says decides, not that it refused nothing. */
static int make_and_look(enum change_kind change, const struct change_about *about)
{
	int err;

	if (changes[change].in_force(about))
		return CHANGE_DID_NOTHING;
	err = changes[change].make(about);
	return err || changes[change].in_force(about) ? err : CHANGE_DID_NOTHING;
}

int change_make(enum change_kind change, const struct change_about *about)
{
	int mtu = mtu_of(about);
	int err = changes[change].wait ? changes[change].wait(about) : 0;

	if (!err && changes[change].make)
		err = make_and_look(change, about);
	if (!err && changes[change].put_back)
		err = changes[change].put_back(about, mtu);
	return err;
}

bool change_leaves_address(enum change_kind change)
{
	return !changes[change].takes_address;
}

bool change_leaves_device(enum change_kind change)
{
	return !changes[change].takes_device;
}
