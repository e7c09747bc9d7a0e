// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/kselftest.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "spec/deadlines.h"

/* NULL when it is not set, or empty. */
static const char *told(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static bool has_address(const struct ifaddrs *device, const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	const struct sockaddr *at = device->ifa_addr;

	if (!at || inet_pton(at->sa_family, text, bytes) != 1)
		return false;
	if (at->sa_family == AF_INET6)
		return !memcmp(&((const struct sockaddr_in6 *)(const void *)at)->sin6_addr,
			       bytes, sizeof(struct in6_addr));
	return !memcmp(&((const struct sockaddr_in *)(const void *)at)->sin_addr, bytes,
		       sizeof(struct in_addr));
}

/* The device of this network namespace that has the address; false: none has. */
static bool find_device(const char *address, char *name, size_t size)
{
	struct ifaddrs *all = NULL;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (const struct ifaddrs *at = all; !found && at; at = at->ifa_next) {
		found = has_address(at, address);
		if (found)
			snprintf(name, size, "%s", at->ifa_name);
	}
	freeifaddrs(all);
	return found;
}

/*
 * Thread II sends within microseconds of what thread I does, which it sees in this kernel only:
 * a peer that is elsewhere is no thread II, and what the device sends itself is left.
 */
static bool find_peer(char *peer, size_t size)
{
	static const char *const names[] = { "REMOTE_V6", "REMOTE_V4" };
	const char *type = told("REMOTE_TYPE");

	if (type && strcmp(type, "local") != 0)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (told(names[i]) && find_device(told(names[i]), peer, size))
			return true;
	return false;
}

static void list_addresses(char *text, size_t size)
{
	static const char *const names[] = { "LOCAL_V6", "REMOTE_V6", "LOCAL_V4", "REMOTE_V4" };
	const char *comma = "";

	text_add(text, size, "device.addresses=[");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!told(names[i]))
			continue;
		text_add(text, size, "%s\"%s\"", comma, told(names[i]));
		comma = ", ";
	}
	text_add(text, size, "]");
}

void kselftest_read(struct kselftest *out)
{
	const char *netif = told("NETIF");
	char peer[64];

	memset(out, 0, sizeof(*out));
	if (!netif)
		return;
	snprintf(out->sets[0], sizeof(out->sets[0]), "lanes=1");
	snprintf(out->sets[1], sizeof(out->sets[1]), "device.kind=existing");
	snprintf(out->sets[2], sizeof(out->sets[2]), "device.dut=\"%s\"", netif);
	list_addresses(out->sets[3], sizeof(out->sets[3]));
	if (find_peer(peer, sizeof(peer)))
		snprintf(out->sets[4], sizeof(out->sets[4]), "device.peer=\"%s\"", peer);
	else
		snprintf(out->sets[4], sizeof(out->sets[4]), "echo.directions=[outbound]");
}

/* --- slow machines --- */

void kselftest_slow(struct campaign *campaign)
{
	const char *slow = told("KSFT_MACHINE_SLOW");

	if (!slow || !strcmp(slow, "no") || !strcmp(slow, "0"))
		return;
	deadlines_lengthen(campaign, 10 * SLOW_USUAL);
}
