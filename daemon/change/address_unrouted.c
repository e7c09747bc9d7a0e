// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/if_addr.h>

#include "change/address.h"
#include "change/request.h"

/* As network managers add addresses, which make the routes themselves. */
static int address_unrouted(struct change_about *about)
{
	const struct ifaddrmsg start = { .ifa_family = AF_INET6,
					 .ifa_prefixlen = 64,
					 .ifa_index = about->ifindex };
	const struct in6_addr address = address_of(about);
	const uint32_t flags = IFA_F_NOPREFIXROUTE;
	struct request request;

	request_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &start, sizeof(start));
	request_put(&request, IFA_LOCAL, &address, sizeof(address));
	request_put(&request, IFA_FLAGS, &flags, sizeof(flags));
	return request_send(&request);
}

const struct change change_address_unrouted = {
	.make = address_unrouted,
	.in_force = address_is_there,
	.written = "run(\"ip -6 address add \" ADDED_ADDRESS \"/64 dev dut noprefixroute\");\n",
};
