// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <string.h>

#include "frame/ends.h"

bool end_has_mac(const struct end *end)
{
	static const uint8_t none[ETH_ALEN];

	return memcmp(end->mac, none, sizeof(none)) != 0;
}

void end_say(const struct end *end, struct end_words *words)
{
	const uint8_t *mac = end->mac;

	*words = (struct end_words){ "" };
	if (end_has_mac(end))
		snprintf(words->mac, sizeof(words->mac), "%02x:%02x:%02x:%02x:%02x:%02x",
			 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (!IN6_IS_ADDR_UNSPECIFIED(&end->address))
		inet_ntop(AF_INET6, &end->address, words->address, sizeof(words->address));
}

struct end end_read(const char *mac, const char *address)
{
	struct end end = { 0 };
	struct ether_addr read;

	if (mac && ether_aton_r(mac, &read))
		memcpy(end.mac, &read, sizeof(end.mac));
	if (address && inet_pton(AF_INET6, address, &end.address) != 1)
		end.address = in6addr_any;
	return end;
}
