/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_H
#define DADRACE_CHANGE_H

#include <netinet/in.h>
#include <stdint.h>

#include "spec/spec.h"
#include "testbed/testbed.h"

/*
 * What thread I does between its flag sets besides waiting, by the ioctls of ifconfig and route
 * (a device is deleted by netlink, as nothing else can). What a device that goes down would
 * keep is put back at once, so that the next trial finds what this one found:
 *
 *   mtu             to 1,280 and back
 *   address-add     a global address
 *   address-delete  the link-local one, once it exists
 *   route-add       by way of the peer
 *   route-delete    the link-local prefix, once it exists
 *   disable-ipv6    off and on again
 *   link-delete     final, without a second flag set; blocks until nothing holds the device
 */
struct change_about {
	const struct testbed *testbed;
	const char *dut;
	unsigned int ifindex;
	struct in6_addr link_local; /* as its MAC makes it */
	struct in6_addr router;	    /* all zeros: on the link */
	int socket;		    /* AF_INET6, for ioctls */
	uint64_t deadline_ns;	    /* for what has to be there first */
};

/*
 * 0 or -errno. ENODATA: what has to be there first did not come. CHANGE_DID_NOTHING: the device
 * was already as it is afterwards, by what the kernel shows of it.
 */
int change_make(enum change_kind change, const struct change_about *about);

/* Whether the device has an address afterwards, whose DAD can be waited for. */
bool change_leaves_address(enum change_kind change);

/* Whether there is a device afterwards, if the change was made. */
bool change_leaves_device(enum change_kind change);

#endif
