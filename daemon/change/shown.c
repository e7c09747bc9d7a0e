// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/shown.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/route.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "io/loop.h"

const struct in6_addr shown_link_local_prefix = { .s6_addr = { 0xfe, 0x80 } };

int shown_error(int result)
{
	return result < 0 ? -errno : 0;
}

/* 32 hexadecimal digits. */
static bool read_address(const char *text, struct in6_addr *address)
{
	unsigned int byte;
	int nr = 0;

	for (; nr < 16 && sscanf(text + 2 * nr, "%2x", &byte) == 1; nr++)
		address->s6_addr[nr] = (uint8_t)byte;
	return nr == 16;
}

bool shown_address(const struct change_about *about, const struct in6_addr *start, size_t bytes,
		   struct in6_addr *address)
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

bool shown_link_local(const struct change_about *about, struct in6_addr *address)
{
	return shown_address(about, &shown_link_local_prefix, 2, address);
}

/* A line: "ADDRESS IFINDEX LENGTH SCOPE FLAGS DEVICE". */
bool shown_address_flag(const struct change_about *about, unsigned int flag)
{
	FILE *list = fopen("/proc/net/if_inet6", "re");
	unsigned int ifindex, flags;
	bool found = false;
	char line[128];

	while (list && !found && fgets(line, sizeof(line), list))
		found = sscanf(line, "%*s %x %*x %*x %x", &ifindex, &flags) == 2 &&
			ifindex == about->ifindex && flags & flag;
	if (list)
		fclose(list);
	return found;
}

/* A line: "ADDRESS LENGTH SOURCE LENGTH GATEWAY METRIC COUNT USE FLAGS DEVICE". */
bool shown_refuses(const struct in6_addr *prefix)
{
	FILE *list = fopen("/proc/net/ipv6_route", "re");
	unsigned int bits, flags;
	struct in6_addr to;
	bool found = false;
	char line[256];

	while (list && !found && fgets(line, sizeof(line), list))
		found = read_address(line, &to) &&
			sscanf(line + 32, "%x %*s %*s %*s %*s %*s %*s %x", &bits, &flags) ==
				2 &&
			bits == 64 && flags & RTF_REJECT && !memcmp(&to, prefix, 8);
	if (list)
		fclose(list);
	return found;
}

/* A line: "ADDRESS LENGTH ... DEVICE". */
int shown_routes(const struct change_about *about, const struct in6_addr *prefix)
{
	FILE *list = fopen("/proc/net/ipv6_route", "re");
	struct in6_addr to;
	unsigned int bits;
	char line[256];
	int nr = 0;

	while (list && fgets(line, sizeof(line), list)) {
		const char *device = strrchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		nr += device && !strcmp(device + 1, about->dut) && read_address(line, &to) &&
		      sscanf(line + 32, "%x", &bits) == 1 && bits == 64 &&
		      !memcmp(&to, prefix, 8);
	}
	if (list)
		fclose(list);
	return nr;
}

/* A line: "IFINDEX DEVICE ADDRESS USERS ...". */
static bool is_listed(const char *path, const struct change_about *about,
		      const struct in6_addr *address)
{
	FILE *list = fopen(path, "re");
	struct in6_addr has;
	unsigned int ifindex;
	bool found = false;
	char line[128], digits[33];

	while (list && !found && fgets(line, sizeof(line), list))
		found = sscanf(line, "%u %*s %32s", &ifindex, digits) == 2 &&
			ifindex == about->ifindex && read_address(digits, &has) &&
			IN6_ARE_ADDR_EQUAL(&has, address);
	if (list)
		fclose(list);
	return found;
}

bool shown_anycast(const struct change_about *about, const struct in6_addr *address)
{
	return is_listed("/proc/net/anycast6", about, address);
}

bool shown_group(const struct change_about *about, const struct in6_addr *group)
{
	return is_listed("/proc/net/igmp6", about, group);
}

/* The kernel announces the prefix route of a new link-local address before the address. */
int shown_link_local_wait(const struct change_about *about)
{
	struct sockaddr_nl groups = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV6_ROUTE };
	AUTO_FD int routes =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	struct in6_addr address;
	bool found = false;
	char buffer[8192];
	uint64_t now;

	if (routes < 0 || bind(routes, (struct sockaddr *)&groups, sizeof(groups)))
		return -errno;
	while (!(found = shown_link_local(about, &address)) &&
	       (now = loop_now()) < about->deadline_ns) {
		struct pollfd wait = { .fd = routes, .events = POLLIN };

		poll(&wait, 1, (int)((about->deadline_ns - now) / 1000000) + 1);
		while (recv(routes, buffer, sizeof(buffer), 0) > 0)
			;
	}
	return found ? 0 : -ENODATA;
}
