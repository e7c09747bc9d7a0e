// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/ioctl.h>

#include "change/address.h"
#include "change/shown.h"

static int address_delete(struct change_about *about)
{
	struct address_request request = { .prefix_bits = 64, .ifindex = (int)about->ifindex };

	if (!shown_link_local(about, &request.address))
		return -ENODATA;
	return shown_error(ioctl(about->socket, SIOCDIFADDR, &request));
}

static bool has_no_link_local(const struct change_about *about)
{
	struct in6_addr address;

	return !shown_link_local(about, &address);
}

const struct change change_address_delete = {
	.wait = shown_link_local_wait,
	.make = address_delete,
	.in_force = has_no_link_local,
	/* clang-format off */
	.written =
		"struct { struct in6_addr address; uint32_t bits; int index; } request = { .bits = 64, .index = DUT_INDEX };\n"
		"\n"
		"/* as struct in6_ifreq of linux/ipv6.h */\n"
		"inet_pton(AF_INET6, DUT_ADDRESS, &request.address);\n"
		"must(\"SIOCDIFADDR\", ioctl(control, SIOCDIFADDR, &request));\n",
	/* clang-format on */
};
