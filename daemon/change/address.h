/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_ADDRESS_H
#define DADRACE_CHANGE_ADDRESS_H

#include "change/change.h"
#include "change/request.h"

/*
 * As SIOCSIFADDR and SIOCDIFADDR of an AF_INET6 socket want it: struct in6_ifreq, linux/ipv6.h.
 */
struct address_request {
	struct in6_addr address;
	uint32_t prefix_bits;
	int ifindex;
};

/* The global address that is added: 0 or -errno; whether the device has it. */
struct in6_addr address_of(const struct change_about *about);
int address_set(const struct change_about *about, uint32_t prefix_bits);
/* The same by netlink, with 64 bits of prefix: RTM_NEWADDR with flags, or RTM_DELADDR. */
int address_ask(const struct change_about *about, uint16_t type, uint32_t flags);
/*
 * RTM_NEWADDR with these flags, after the row's sysctl has been switched, which is switched
 * back if the address is refused. 0 or -errno.
 */
int address_add_switched(struct change_about *about, uint32_t flags);
bool address_is_there(const struct change_about *about);

#endif
