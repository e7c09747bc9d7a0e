/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_ENDS_H
#define DADRACE_ENDS_H

#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The two ends of a lane's link: what the frames of a trial depend on beside its spec. All
 * zeros: there is no such end, or its link-local address is not known beforehand.
 */
struct end {
	uint8_t mac[ETH_ALEN];
	struct in6_addr address;
};

struct ends {
	struct end device, peer;
};

/* An end in words; "" where it is all zeros. */
struct end_words {
	char mac[3 * ETH_ALEN];
	char address[INET6_ADDRSTRLEN];
};
void end_say(const struct end *end, struct end_words *words);

/* The reverse; what is NULL or not understood is all zeros. */
struct end end_read(const char *mac, const char *address);

bool end_has_mac(const struct end *end);

#endif
