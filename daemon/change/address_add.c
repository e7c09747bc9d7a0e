// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <sys/ioctl.h>

#include "change/address.h"
#include "change/shown.h"
#include "frame/frame.h"

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

static int address_add(struct change_about *about)
{
	struct address_request request = { .prefix_bits = 64,
					   .ifindex = (int)about->ifindex,
					   .address = added_address(about) };

	return shown_error(ioctl(about->socket, SIOCSIFADDR, &request));
}

static bool is_added(const struct change_about *about)
{
	struct in6_addr added = added_address(about), address;

	return shown_address(about, &added, sizeof(added), &address);
}

const struct change change_address_add = {
	.make = address_add,
	.in_force = is_added,
	/* clang-format off */
	.written =
		"struct { struct in6_addr address; uint32_t bits; int index; } request = { .bits = 64, .index = DUT_INDEX };\n"
		"\n"
		"/* as struct in6_ifreq of linux/ipv6.h */\n"
		"inet_pton(AF_INET6, \"2001:db8:da:d2:da:d0ff:fe00:100\", &request.address);\n"
		"must(\"SIOCSIFADDR\", ioctl(control, SIOCSIFADDR, &request));\n",
	/* clang-format on */
};
