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
static uint16_t icmpv6_checksum(const struct frame_echo *echo, const uint8_t *icmp, size_t nr)
{
	uint32_t sum = (uint32_t)nr + IPPROTO_ICMPV6;

	sum = sum_words(sum, echo->source.s6_addr, sizeof(echo->source));
	sum = sum_words(sum, echo->target.s6_addr, sizeof(echo->target));
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

	put_be16(buf + ICMPV6_CHECKSUM_AT, icmpv6_checksum(echo, buf, nr));
	return nr;
}

size_t frame_ipv6(const struct frame_echo *echo, uint8_t *buf)
{
	uint8_t *at = buf;

	at = put_be32(at, 6U << 28);
	at = put_be16(at, ICMPV6_BYTES + echo->payload_bytes);
	at = put_u8(at, IPPROTO_ICMPV6);
	at = put_u8(at, echo->hop_limit);
	at = put_bytes(at, &echo->source, sizeof(echo->source));
	at = put_bytes(at, &echo->target, sizeof(echo->target));
	return IPV6_BYTES + frame_icmpv6(echo, at);
}

size_t frame_ethernet(const struct frame_echo *echo, uint8_t *buf)
{
	uint8_t *at = buf;

	at = put_bytes(at, echo->target_mac, ETH_ALEN);
	at = put_bytes(at, echo->source_mac, ETH_ALEN);
	at = put_be16(at, ETHERTYPE_OF_IPV6);
	return ETH_HLEN + frame_ipv6(echo, at);
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
