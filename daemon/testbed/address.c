// SPDX-License-Identifier: GPL-2.0-or-later
#include "testbed/address.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* --- what an address has beside its bytes, prefix and flags --- */

static bool bytes_read(const struct address *address, const char *text, struct in6_addr *bytes)
{
	*bytes = (struct in6_addr){ 0 };
	return inet_pton(address->family, text, bytes) == 1;
}

static void bytes_write(const struct address *address, const struct in6_addr *bytes, char *text,
			size_t size)
{
	inet_ntop(address->family, bytes, text, (socklen_t)size);
}

static bool number_read(const char *text, uint64_t *number)
{
	char *end;

	*number = strtoull(text, &end, 10);
	return end != text && !*end;
}

static bool peer_read(struct address *address, const char *text)
{
	address->have_peer = bytes_read(address, text, &address->peer);
	return address->have_peer;
}

static void peer_write(const struct address *address, char *text, size_t size)
{
	if (address->have_peer)
		bytes_write(address, &address->peer, text, size);
}

static bool broadcast_read(struct address *address, const char *text)
{
	address->have_broadcast = bytes_read(address, text, &address->broadcast);
	return address->have_broadcast;
}

static void broadcast_write(const struct address *address, char *text, size_t size)
{
	if (address->have_broadcast)
		bytes_write(address, &address->broadcast, text, size);
}

static bool scope_read(struct address *address, const char *text)
{
	uint64_t scope;

	if (!number_read(text, &scope) || scope > UINT8_MAX)
		return false;
	address->scope = (unsigned int)scope;
	return true;
}

static void scope_write(const struct address *address, char *text, size_t size)
{
	if (address->scope)
		snprintf(text, size, "%u", address->scope);
}

static bool valid_read(struct address *address, const char *text)
{
	return number_read(text, &address->valid_until);
}

static void valid_write(const struct address *address, char *text, size_t size)
{
	if (address->valid_until != ADDRESS_FOREVER)
		snprintf(text, size, "%" PRIu64, address->valid_until);
}

static bool preferred_read(struct address *address, const char *text)
{
	return number_read(text, &address->preferred_until);
}

static void preferred_write(const struct address *address, char *text, size_t size)
{
	if (address->preferred_until != ADDRESS_FOREVER)
		snprintf(text, size, "%" PRIu64, address->preferred_until);
}

static bool label_read(struct address *address, const char *text)
{
	snprintf(address->label, sizeof(address->label), "%s", text);
	return true;
}

static void label_write(const struct address *address, char *text, size_t size)
{
	snprintf(text, size, "%s", address->label);
}

static const char *const origins[] = { "", "kernel", "link" };

static bool origin_read(struct address *address, const char *text)
{
	for (enum address_origin i = ADDRESS_OWN; i <= ADDRESS_OF_LINK; i++)
		if (!strcmp(text, origins[i])) {
			address->origin = i;
			return true;
		}
	return false;
}

static void origin_write(const struct address *address, char *text, size_t size)
{
	snprintf(text, size, "%s", origins[address->origin]);
}

/* What writes nothing has its usual value. */
static const struct {
	const char *name;
	bool (*read)(struct address *address, const char *text);
	void (*write)(const struct address *address, char *text, size_t size);
} parts[] = {
	{ "peer", peer_read, peer_write },    { "broadcast", broadcast_read, broadcast_write },
	{ "scope", scope_read, scope_write }, { "origin", origin_read, origin_write },
	{ "valid", valid_read, valid_write }, { "preferred", preferred_read, preferred_write },
	{ "label", label_read, label_write },
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

/* --- one address --- */

static bool is_plain(const char *label)
{
	for (const char *c = label; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == ',')
			return false;
	return true;
}

bool address_write(const struct address *address, char text[ADDRESS_TEXT])
{
	char value[INET6_ADDRSTRLEN] = "";

	bytes_write(address, &address->local, value, sizeof(value));
	snprintf(text, ADDRESS_TEXT, "%s/%u,%x", value, address->prefix, address->flags);
	for (size_t i = 0; i < PARTS; i++) {
		value[0] = '\0';
		parts[i].write(address, value, sizeof(value));
		if (value[0])
			text_add(text, ADDRESS_TEXT, ",%s=%s", parts[i].name, value);
	}
	return is_plain(address->label);
}

static bool part_read(struct address *address, char *part)
{
	char *value = strchr(part, '=');

	if (!value)
		return false;
	*value++ = '\0';
	for (size_t i = 0; i < PARTS; i++)
		if (!strcmp(part, parts[i].name))
			return parts[i].read(address, value);
	return false;
}

bool address_read(const char *text, struct address *address)
{
	char copy[ADDRESS_TEXT], bytes[INET6_ADDRSTRLEN], *rest, *part;
	int end = 0;

	*address = (struct address){ .valid_until = ADDRESS_FOREVER,
				     .preferred_until = ADDRESS_FOREVER };
	if (strlen(text) >= sizeof(copy) ||
	    sscanf(text, "%45[^/]/%u,%x%n", bytes, &address->prefix, &address->flags, &end) !=
		    3 ||
	    (text[end] && text[end] != ','))
		return false;
	address->family = strchr(bytes, ':') ? AF_INET6 : AF_INET;
	if (!bytes_read(address, bytes, &address->local) || address->prefix > 128)
		return false;
	snprintf(copy, sizeof(copy), "%s", text + end);
	for (part = strtok_r(copy, ",", &rest); part; part = strtok_r(NULL, ",", &rest))
		if (!part_read(address, part))
			return false;
	return true;
}

/* --- at a time --- */

uint32_t address_left(uint64_t until_s, uint64_t now_s)
{
	if (until_s == ADDRESS_FOREVER)
		return UINT32_MAX;
	if (until_s <= now_s)
		return 0;
	return until_s - now_s < UINT32_MAX ? (uint32_t)(until_s - now_s) : UINT32_MAX - 1;
}

static bool is_same_end(uint64_t a, uint64_t b, uint64_t now_s)
{
	uint32_t left[2] = { address_left(a, now_s), address_left(b, now_s) };

	if (left[0] == UINT32_MAX || left[1] == UINT32_MAX)
		return left[0] == left[1];
	return (left[0] > left[1] ? left[0] - left[1] : left[1] - left[0]) <= ADDRESS_SLACK_S;
}

static bool is_same(const struct address *a, const struct address *b, uint64_t now_s)
{
	return a->family == b->family && a->prefix == b->prefix && a->flags == b->flags &&
	       a->scope == b->scope && a->have_peer == b->have_peer &&
	       a->have_broadcast == b->have_broadcast &&
	       IN6_ARE_ADDR_EQUAL(&a->local, &b->local) &&
	       IN6_ARE_ADDR_EQUAL(&a->peer, &b->peer) &&
	       IN6_ARE_ADDR_EQUAL(&a->broadcast, &b->broadcast) &&
	       !strcmp(a->label, b->label) &&
	       is_same_end(a->valid_until, b->valid_until, now_s) &&
	       is_same_end(a->preferred_until, b->preferred_until, now_s);
}

/* --- lists --- */

bool address_next(const char **at, struct address *address, uint64_t now_s)
{
	char word[ADDRESS_TEXT];

	while (**at) {
		size_t length = strcspn(*at, " ");

		snprintf(word, sizeof(word), "%.*s", (int)length, *at);
		if (length >= sizeof(word) || !address_read(word, address))
			return false;
		*at += length + ((*at)[length] == ' ');
		if (address_left(address->valid_until, now_s))
			return true;
	}
	return false;
}

bool address_is_listed(const char *list, const struct address *address, uint64_t now_s)
{
	struct address other;

	while (address_next(&list, &other, now_s))
		if (is_same(address, &other, now_s))
			return true;
	return false;
}

static bool has_all(const char *list, const char *of, uint64_t now_s)
{
	struct address address;

	while (address_next(&of, &address, now_s))
		if (address.origin != ADDRESS_OF_LINK &&
		    !address_is_listed(list, &address, now_s))
			return false;
	return !*of;
}

bool addresses_are_same(const char *a, const char *b, uint64_t now_s)
{
	return has_all(a, b, now_s) && has_all(b, a, now_s);
}
