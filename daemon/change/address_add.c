// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/address.h"

static int address_add(struct change_about *about)
{
	return address_set(about, 64);
}

const struct change change_address_add = {
	.make = address_add,
	.in_force = address_is_there,
	/* clang-format off */
	.written =
		"struct { struct in6_addr address; uint32_t bits; int index; } request = { .bits = 64, .index = DUT_INDEX };\n"
		"\n"
		"/* as struct in6_ifreq of linux/ipv6.h */\n"
		"inet_pton(AF_INET6, ADDED_ADDRESS, &request.address);\n"
		"must(\"SIOCSIFADDR\", ioctl(control, SIOCSIFADDR, &request));\n",
	/* clang-format on */
};
