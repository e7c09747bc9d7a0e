/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_SHOWN_H
#define DADRACE_CHANGE_SHOWN_H

#include "change/change.h"

/* What the kernel shows of a device's addresses and routes. */

extern const struct in6_addr shown_link_local_prefix;

/* The first address of the device that begins with these bytes. */
bool shown_address(const struct change_about *about, const struct in6_addr *start, size_t bytes,
		   struct in6_addr *address);

/* The device's link-local address: it need not be that of its MAC. */
bool shown_link_local(const struct change_about *about, struct in6_addr *address);

/* Waits until the device has a link-local address. 0, ENODATA or another -errno. */
int shown_link_local_wait(const struct change_about *about);

/* Whether an address of the device has this flag (IFA_F_OPTIMISTIC, ...: the first eight). */
bool shown_address_flag(const struct change_about *about, unsigned int flag);

/* Whether the device is a member of this multicast group. */
bool shown_group(const struct change_about *about, const struct in6_addr *group);

/* Whether a route to these 64 bits of prefix refuses packets, of whatever device it is. */
bool shown_refuses(const struct in6_addr *prefix);

/* How many routes of the device lead to these 64 bits of prefix. */
int shown_routes(const struct change_about *about, const struct in6_addr *prefix);

/* Whether the device has this anycast address. */
bool shown_anycast(const struct change_about *about, const struct in6_addr *address);

/* 0 or -errno of a call that has returned this. */
int shown_error(int result);

#endif
