// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/address.h"

#include <string.h>
#include <sys/ioctl.h>

#include "change/shown.h"
#include "change/sysctl.h"
#include "frame/frame.h"

/*
 * It ends as the link-local one does, and so is of the same solicited-node group. A group of
 * its own would keep a reference to the inet6_dev while its leaving was not reported, which a
 * device that is down does not do (mld_add_delrec(), net/ipv6/mcast.c).
 */
struct in6_addr address_of(const struct change_about *about)
{
	struct in6_addr address = about->link_local;

	memcpy(&address, &frame_elsewhere, 8);
	/* Of another prefix than route-add's, and than that of a Router Advertisement. */
	address.s6_addr[7] = 0xd2;
	return address;
}

int address_set(const struct change_about *about, uint32_t prefix_bits)
{
	struct address_request request = { .prefix_bits = prefix_bits,
					   .ifindex = (int)about->ifindex,
					   .address = address_of(about) };

	return shown_error(ioctl(about->socket, SIOCSIFADDR, &request));
}

int address_ask(const struct change_about *about, uint16_t type, uint32_t flags)
{
	const struct ifaddrmsg start = { .ifa_family = AF_INET6,
					 .ifa_prefixlen = 64,
					 .ifa_index = about->ifindex };
	const struct in6_addr address = address_of(about);
	struct request request;

	request_begin(&request, type, type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0,
		      &start, sizeof(start));
	request_put(&request, IFA_LOCAL, &address, sizeof(address));
	request_put(&request, IFA_FLAGS, &flags, sizeof(flags));
	return request_send(&request);
}

int address_add_switched(struct change_about *about, uint32_t flags)
{
	int err = sysctl_switch(about);

	if (err)
		return err;
	err = address_ask(about, RTM_NEWADDR, flags);
	if (err)
		sysctl_switch_back(about);
	return err;
}

bool address_is_there(const struct change_about *about)
{
	struct in6_addr added = address_of(about), address;

	return shown_address(about, &added, sizeof(added), &address);
}
