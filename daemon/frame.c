// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame.h"

#include <assert.h>
#include <string.h>

#include "record.h"

enum {
	IPV6_BYTES = 40,
	ICMPV6_BYTES = 8,
	ICMPV6_CHECKSUM_AT = 2,
	ECHO_REQUEST = 128, /* RFC 4443 4.1 */
	SOLICITATION = 135, /* RFC 4861 4.3 */
	ADVERTISEMENT = 136,
	OVERRIDE = 0x20,	/* RFC 4861 4.4: of the first byte after the checksum */
	OPTION_TARGET_LINK = 2, /* RFC 4861 4.6.1 */
	OPTION_NONCE = 14,	/* RFC 3971 5.3.2 */
	OPTION_UNIT = 8,	/* lengths of options count in these */
	NDISC_BYTES = 24,	/* ICMPv6 header and target */
	NDISC_HOP_LIMIT = 255,	/* RFC 4861 7.1: any other was forwarded, and is dropped */
	ETHERTYPE_OF_IPV6 = 0x86dd,
};

static_assert(sizeof(struct echo_tag) == FRAME_MIN_PAYLOAD, "the shortest payload is a tag");

static uint8_t *put_u8(uint8_t *at, uint8_t value)
{
	*at = value;
	return at + 1;
}

static uint8_t *put_be16(uint8_t *at, uint32_t value)
{
	return put_u8(put_u8(at, (uint8_t)(value >> 8)), (uint8_t)value);
}

static uint8_t *put_be32(uint8_t *at, uint32_t value)
{
	return put_be16(put_be16(at, value >> 16), value);
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t nr)
{
	memcpy(at, bytes, nr);
	return at + nr;
}

/* No carry is lost: 2^16 words of 16 bits fit into the sum, and a frame has fewer than 800. */
static uint32_t sum_words(uint32_t sum, const uint8_t *bytes, size_t nr)
{
	for (size_t i = 0; i + 1 < nr; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	/* RFC 1071 4.1: an odd last byte counts as if a zero followed. */
	if (nr % 2)
		sum += (uint32_t)bytes[nr - 1] << 8;
	return sum;
}

/*
 * Unlike UDP's (RFC 8200 8.1), an ICMPv6 checksum that comes out as zero stays zero: RFC 4443
 * 2.3 gives that value no other meaning.
 */
static uint16_t icmpv6_checksum(const struct in6_addr *source, const struct in6_addr *target,
				const uint8_t *icmp, size_t nr)
{
	uint32_t sum = (uint32_t)nr + IPPROTO_ICMPV6;

	sum = sum_words(sum, source->s6_addr, sizeof(*source));
	sum = sum_words(sum, target->s6_addr, sizeof(*target));
	sum = sum_words(sum, icmp, nr);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

size_t frame_icmpv6(const struct frame_echo *echo, uint8_t *buf)
{
	const struct echo_tag tag = {
		.magic = htonl(ECHO_MAGIC),
		.lane = htonl(echo->lane),
		.trial = htonl(echo->trial),
		.sequence = htonl(echo->sequence),
	};
	uint8_t *at = buf;
	size_t nr = ICMPV6_BYTES + echo->payload_bytes;

	assert(echo->payload_bytes >= FRAME_MIN_PAYLOAD);
	assert(echo->payload_bytes <= FRAME_MAX_PAYLOAD);

	at = put_u8(at, ECHO_REQUEST);
	at = put_u8(at, 0);
	at = put_be16(at, 0);
	at = put_be16(at, echo->lane);
	at = put_be16(at, echo->sequence);

	at = put_bytes(at, &tag, sizeof(tag));
	for (uint32_t i = sizeof(tag); i < echo->payload_bytes; i++)
		at = put_u8(at, (uint8_t)i);

	put_be16(buf + ICMPV6_CHECKSUM_AT,
		 icmpv6_checksum(&echo->source, &echo->target, buf, nr));
	return nr;
}

/* The header of an ICMPv6 packet with so many bytes after it. */
static uint8_t *put_ipv6(uint8_t *at, const struct in6_addr *source,
			 const struct in6_addr *target, uint8_t hop_limit, size_t nr)
{
	at = put_be32(at, 6U << 28);
	at = put_be16(at, (uint32_t)nr);
	at = put_u8(at, IPPROTO_ICMPV6);
	at = put_u8(at, hop_limit);
	at = put_bytes(at, source, sizeof(*source));
	return put_bytes(at, target, sizeof(*target));
}

static uint8_t *put_ethernet(uint8_t *at, const uint8_t *source, const uint8_t *target)
{
	at = put_bytes(at, target, ETH_ALEN);
	at = put_bytes(at, source, ETH_ALEN);
	return put_be16(at, ETHERTYPE_OF_IPV6);
}

size_t frame_ipv6(const struct frame_echo *echo, uint8_t *buf)
{
	uint8_t *at = put_ipv6(buf, &echo->source, &echo->target, echo->hop_limit,
			       ICMPV6_BYTES + echo->payload_bytes);

	return IPV6_BYTES + frame_icmpv6(echo, at);
}

size_t frame_ethernet(const struct frame_echo *echo, uint8_t *buf)
{
	uint8_t *at = put_ethernet(buf, echo->source_mac, echo->target_mac);

	return ETH_HLEN + frame_ipv6(echo, at);
}

/* --- DAD --- */

struct neighbour_message {
	uint8_t type;
	uint8_t flags;
	struct in6_addr source;
	struct in6_addr group;
	uint8_t option; /* its type; 0: none */
	uint8_t value[OPTION_UNIT - 2];
};

/* The whole frame. */
static size_t put_message(const struct frame_dad *dad, const struct neighbour_message *message,
			  uint8_t *buf)
{
	size_t nr = NDISC_BYTES + (message->option ? OPTION_UNIT : 0);
	uint8_t mac[ETH_ALEN];
	uint8_t *icmp, *at;

	frame_multicast_mac(&message->group, mac);
	at = put_ethernet(buf, dad->source_mac, mac);
	icmp = at = put_ipv6(at, &message->source, &message->group, NDISC_HOP_LIMIT, nr);
	at = put_u8(at, message->type);
	at = put_u8(at, 0);
	at = put_be16(at, 0);
	at = put_be32(at, (uint32_t)message->flags << 24);
	at = put_bytes(at, &dad->target, sizeof(dad->target));
	if (message->option) {
		at = put_u8(at, message->option);
		at = put_u8(at, 1);
		put_bytes(at, message->value, sizeof(message->value));
	}
	put_be16(icmp + ICMPV6_CHECKSUM_AT,
		 icmpv6_checksum(&message->source, &message->group, icmp, nr));
	return ETH_HLEN + IPV6_BYTES + nr;
}

size_t frame_dad_ns(const struct frame_dad *dad, uint8_t *buf)
{
	struct neighbour_message message = {
		.type = SOLICITATION,
		.group = frame_solicited_node(&dad->target),
		.option = dad->have_nonce ? OPTION_NONCE : 0,
	};

	memcpy(message.value, dad->nonce, sizeof(message.value));
	return put_message(dad, &message, buf);
}

size_t frame_dad_na(const struct frame_dad *dad, uint8_t *buf)
{
	struct neighbour_message message = {
		.type = ADVERTISEMENT,
		.flags = OVERRIDE,
		.source = dad->target,
		.group = { .s6_addr = { 0xff, 0x02, [15] = 1 } },
		.option = OPTION_TARGET_LINK,
	};

	memcpy(message.value, dad->source_mac, sizeof(message.value));
	return put_message(dad, &message, buf);
}

/* The value of an option of the wanted type and of one unit; NULL when there is none. */
static const uint8_t *find_option(const uint8_t *at, size_t left, uint8_t wanted)
{
	while (left >= OPTION_UNIT && at[1] && (size_t)at[1] * OPTION_UNIT <= left) {
		size_t size = (size_t)at[1] * OPTION_UNIT;

		if (at[0] == wanted && size == OPTION_UNIT)
			return at + 2;
		at += size;
		left -= size;
	}
	return NULL;
}

bool frame_dad_read(const uint8_t *frame, size_t length, struct frame_dad *dad)
{
	const uint8_t *ipv6 = frame + ETH_HLEN, *icmp = ipv6 + IPV6_BYTES;
	struct in6_addr source;
	const uint8_t *nonce;
	size_t nr;

	if (length < ETH_HLEN + IPV6_BYTES + NDISC_BYTES)
		return false;
	nr = (size_t)ipv6[4] << 8 | ipv6[5];
	memcpy(&source, ipv6 + 8, sizeof(source));
	if ((frame[12] << 8 | frame[13]) != ETHERTYPE_OF_IPV6 || ipv6[0] >> 4 != 6 ||
	    ipv6[6] != IPPROTO_ICMPV6 || ipv6[7] != NDISC_HOP_LIMIT || nr < NDISC_BYTES ||
	    nr > length - ETH_HLEN - IPV6_BYTES || icmp[0] != SOLICITATION || icmp[1] != 0 ||
	    !IN6_IS_ADDR_UNSPECIFIED(&source))
		return false;
	*dad = (struct frame_dad){ 0 };
	memcpy(dad->source_mac, frame + ETH_ALEN, ETH_ALEN);
	memcpy(&dad->target, icmp + ICMPV6_BYTES, sizeof(dad->target));
	nonce = find_option(icmp + NDISC_BYTES, nr - NDISC_BYTES, OPTION_NONCE);
	dad->have_nonce = nonce != NULL;
	if (nonce)
		memcpy(dad->nonce, nonce, sizeof(dad->nonce));
	return true;
}

void frame_multicast_mac(const struct in6_addr *group, uint8_t mac[ETH_ALEN])
{
	mac[0] = 0x33;
	mac[1] = 0x33;
	memcpy(mac + 2, group->s6_addr + 12, 4);
}

struct in6_addr frame_solicited_node(const struct in6_addr *address)
{
	struct in6_addr group = { .s6_addr = { 0xff, 0x02, [11] = 0x01, [12] = 0xff } };

	memcpy(group.s6_addr + 13, address->s6_addr + 13, 3);
	return group;
}

struct in6_addr frame_link_local(const uint8_t mac[ETH_ALEN])
{
	struct in6_addr address = { .s6_addr = { 0xfe, 0x80, [11] = 0xff, [12] = 0xfe } };

	memcpy(address.s6_addr + 8, mac, 3);
	memcpy(address.s6_addr + 13, mac + 3, 3);
	/* The universal/local bit is stored inverted, so that hand-made ones are short. */
	address.s6_addr[8] ^= 0x02;
	return address;
}
