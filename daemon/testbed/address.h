/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_ADDRESS_H
#define DADRACE_ADDRESS_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An address as an undo journal keeps it: with all that it was given, not with what it got. A
 * word for each address, with single spaces between:
 *
 *   ADDRESS/PREFIX,FLAGS[,NAME=VALUE]...
 *   fe80::1/64,2
 *   192.0.2.1/24,0,broadcast=192.0.2.255,label=eth0:1
 *
 * Lifetimes count down, so their ends are kept: seconds of CLOCK_MONOTONIC, as the kernel
 * counts them.
 */
enum {
	ADDRESS_TEXT = 256,
	ADDRESS_SLACK_S = 2, /* two readings of an end differ by the rounding of each */
};

#define ADDRESS_FOREVER UINT64_MAX

/* Who made it. Only the kernel knows how to make its own again, and does so with a carrier. */
enum address_origin {
	ADDRESS_GIVEN,
	ADDRESS_OWN,	 /* the kernel's, which has to be given where there is no carrier */
	ADDRESS_OF_LINK, /* the kernel's, which comes and goes with the carrier */
};

struct address {
	int family;
	struct in6_addr local; /* the first 4 bytes of an IPv4 one; the same below */
	struct in6_addr peer, broadcast;
	bool have_peer, have_broadcast;
	unsigned int prefix, flags, scope;
	enum address_origin origin;
	uint64_t valid_until, preferred_until;
	char label[IFNAMSIZ]; /* IPv4 only; empty: the device's name */
};

/* False when its label has something that a list cannot hold. */
bool address_write(const struct address *address, char text[ADDRESS_TEXT]);

/* False when it is none. */
bool address_read(const char *text, struct address *address);

/* The seconds that are left at `now_s`; UINT32_MAX is for ever, as in struct ifa_cacheinfo. */
uint32_t address_left(uint64_t until_s, uint64_t now_s);

/*
 * The next address of a list that is not over at `now_s`. `*at` begins as the list. False at
 * its end, or with `*at` at a word that is no address.
 */
bool address_next(const char **at, struct address *address, uint64_t now_s);

/* Whether `list` has an address that is the same at `now_s`, whatever its origin. */
bool address_is_listed(const char *list, const struct address *address, uint64_t now_s);

/*
 * Whether two lists are the same at `now_s`: those of their addresses that are not over and do
 * not come with the carrier. Never with a word that is no address.
 */
bool addresses_are_same(const char *a, const char *b, uint64_t now_s);

#endif
