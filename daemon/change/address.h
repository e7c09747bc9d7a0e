/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_ADDRESS_H
#define DADRACE_CHANGE_ADDRESS_H

#include <netinet/in.h>
#include <stdint.h>

/*
 * As SIOCSIFADDR and SIOCDIFADDR of an AF_INET6 socket want it: struct in6_ifreq, linux/ipv6.h.
 */
struct address_request {
	struct in6_addr address;
	uint32_t prefix_bits;
	int ifindex;
};

#endif
