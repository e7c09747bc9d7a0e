// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame/frame.h"

#include <assert.h>
#include <string.h>

#include "record/record.h"

enum {
	IPV6_BYTES = 40,
	ICMPV6_BYTES = 8,
	ICMPV6_CHECKSUM_AT = 2,
	UNREACHABLE = 1, /* RFC 4443 */
	PACKET_TOO_BIG = 2,
	TIME_EXCEEDED = 3,
	PARAMETER_PROBLEM = 4,
	ECHO_REQUEST = 128,
	LISTENER_QUERY = 130, /* RFC 2710 3.1 */
	LISTENER_REPORT = 131,
	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT = 134, /* RFC 4861 4 */
	SOLICITATION = 135,
	ADVERTISEMENT = 136,
	REDIRECT = 137,
	UNRECOGNIZED_NEXT_HEADER = 1, /* RFC 4443 3.4: a code */
	NEXT_HEADER_AT = 6,
	LEAST_MTU = 1280,     /* RFC 8200 5 */
	LEAST_MTU_IPV4 = 68,  /* RFC 791 3.2: less than IPv6 has */
	PORT_UNREACHABLE = 4, /* RFC 4443 3.1: a code */
	UDP_BYTES = 8,
	UDP_CHECKSUM_AT = 6,
	TCP_BYTES = 20, /* RFC 9293 3.1 */
	TCP_CHECKSUM_AT = 16,
	TCP_SYN = 2,
	CLOSED_PORT = 1,
	FRAGMENT_BYTES = 8, /* RFC 8200 4.5 */
	FRAGMENT_UNIT = 8,
	SOLICITED = 0x40,	/* RFC 4861 4.4: of the first byte after the checksum */
	OVERRIDE = 0x20,	/* RFC 4861 4.4: of the first byte after the checksum */
	OPTION_SOURCE_LINK = 1, /* RFC 4861 4.6.1 */
	OPTION_TARGET_LINK = 2,
	OPTION_PREFIX = 3,     /* RFC 4861 4.6.2 */
	OPTION_REDIRECTED = 4, /* RFC 4861 4.6.3 */
	OPTION_MTU = 5,	       /* RFC 4861 4.6.4 */
	OPTION_NONCE = 14,     /* RFC 3971 5.3.2 */
	OPTION_UNIT = 8,       /* lengths of options count in these */
	NDISC_BYTES = 24,      /* ICMPv6 header and target */
	NDISC_HOP_LIMIT = 255, /* RFC 4861 7.1: any other was forwarded, and is dropped */
	MLD_HOP_LIMIT = 1,     /* RFC 2710 3 */
	ALERT_BYTES = 8,
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
static uint16_t checksum(uint8_t protocol, const struct in6_addr *source,
			 const struct in6_addr *target, const uint8_t *bytes, size_t nr)
{
	uint32_t sum = (uint32_t)nr + protocol;

	sum = sum_words(sum, source->s6_addr, sizeof(*source));
	sum = sum_words(sum, target->s6_addr, sizeof(*target));
	sum = sum_words(sum, bytes, nr);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	if (protocol == IPPROTO_UDP && sum == 0xffff)
		return 0xffff;
	return (uint16_t)~sum;
}

static uint16_t icmpv6_checksum(const struct in6_addr *source, const struct in6_addr *target,
				const uint8_t *icmp, size_t nr)
{
	return checksum(IPPROTO_ICMPV6, source, target, icmp, nr);
}

/* Type, code, the checksum's place, and the word after it. */
static uint8_t *put_head(uint8_t *at, uint8_t type, uint8_t code, uint32_t word)
{
	at = put_u8(at, type);
	at = put_u8(at, code);
	at = put_be16(at, 0);
	return put_be32(at, word);
}

struct header {
	struct in6_addr source, target;
	uint8_t hop_limit;
	uint8_t next; /* 0: ICMPv6 */
	uint32_t label;
	bool alert; /* RFC 2711: routers shall look, which is asked of MLD's messages */
};

/* All before the ICMPv6 message, which has so many bytes. */
static uint8_t *put_ipv6(uint8_t *at, const struct header *header, size_t nr)
{
	static const uint8_t alert[ALERT_BYTES] = { IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 };

	at = put_be32(at, 6U << 28 | header->label);
	at = put_be16(at, (uint32_t)nr + (header->alert ? ALERT_BYTES : 0));
	at = put_u8(at, header->alert ? IPPROTO_HOPOPTS : header->next ?: IPPROTO_ICMPV6);
	at = put_u8(at, header->hop_limit);
	at = put_bytes(at, &header->source, sizeof(header->source));
	at = put_bytes(at, &header->target, sizeof(header->target));
	return header->alert ? put_bytes(at, alert, sizeof(alert)) : at;
}

static uint8_t *put_ethernet(uint8_t *at, const uint8_t *source, const uint8_t *target)
{
	at = put_bytes(at, target, ETH_ALEN);
	at = put_bytes(at, source, ETH_ALEN);
	return put_be16(at, ETHERTYPE_OF_IPV6);
}

/* --- messages --- */

const struct in6_addr frame_elsewhere = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0x00, 0xda, 0x00,
						       0xd1, [15] = 1 } };

static uint8_t *put_link(uint8_t *at, uint8_t option, const uint8_t *mac)
{
	at = put_u8(at, option);
	at = put_u8(at, 1);
	return put_bytes(at, mac, ETH_ALEN);
}

static uint8_t *put_echo(uint8_t *at, const struct frame_echo *echo)
{
	const struct echo_tag tag = {
		.magic = htonl(ECHO_MAGIC),
		.lane = htonl(echo->lane),
		.trial = htonl(echo->trial),
		.sequence = htonl(echo->sequence),
	};

	assert(echo->payload_bytes >= FRAME_MIN_PAYLOAD);
	assert(echo->payload_bytes <= FRAME_MAX_PAYLOAD);
	at = put_head(at, ECHO_REQUEST, 0, echo->lane << 16 | (echo->sequence & 0xffff));
	at = put_bytes(at, &tag, sizeof(tag));
	for (uint32_t i = sizeof(tag); i < echo->payload_bytes; i++)
		at = put_u8(at, (uint8_t)i);
	return at;
}

static uint8_t *put_rs(uint8_t *at, const struct frame_echo *echo)
{
	at = put_head(at, ROUTER_SOLICITATION, 0, 0);
	return put_link(at, OPTION_SOURCE_LINK, echo->source_mac);
}

static uint8_t *put_ns_for(uint8_t *at, const struct frame_echo *echo,
			   const struct in6_addr *target)
{
	at = put_head(at, SOLICITATION, 0, 0);
	at = put_bytes(at, target, sizeof(*target));
	return put_link(at, OPTION_SOURCE_LINK, echo->source_mac);
}

static uint8_t *put_ns(uint8_t *at, const struct frame_echo *echo)
{
	return put_ns_for(at, echo, &echo->device);
}

static uint8_t *put_ns_elsewhere(uint8_t *at, const struct frame_echo *echo)
{
	return put_ns_for(at, echo, &frame_elsewhere);
}

/* To a group nothing is solicited (RFC 4861 7.1.2). */
static uint8_t *put_na(uint8_t *at, const struct frame_echo *echo)
{
	uint32_t flags = IN6_IS_ADDR_MULTICAST(&echo->target) ? OVERRIDE : SOLICITED | OVERRIDE;

	at = put_head(at, ADVERTISEMENT, 0, flags << 24);
	at = put_bytes(at, &echo->source, sizeof(echo->source));
	return put_link(at, OPTION_TARGET_LINK, echo->source_mac);
}

/* What Router Advertisements differ in; times in seconds. */
struct router {
	uint32_t lifetime, valid, preferred;
	uint8_t flags;	      /* RFC 4861 4.2 */
	uint8_t prefix_flags; /* RFC 4861 4.6.2 */
	uint32_t mtu;	      /* 0: it says none */
};

enum { ON_LINK = 0x80, ON_LINK_AUTO = 0xc0, MANAGED_OTHER = 0xc0 };

/*
 * Hop limit, reachable time and retransmission time are left unspecified, and stay as they are.
 */
static uint8_t *put_router(uint8_t *at, const struct frame_echo *echo,
			   const struct router *router)
{
	static const uint8_t prefix[16] = { 0x20, 0x01, 0x0d, 0xb8, 0x00, 0xda, 0x00, 0xd0 };

	at = put_head(at, ROUTER_ADVERTISEMENT, 0,
		      (uint32_t)router->flags << 16 | router->lifetime);
	at = put_be32(at, 0);
	at = put_be32(at, 0);
	at = put_link(at, OPTION_SOURCE_LINK, echo->source_mac);
	at = put_u8(at, OPTION_PREFIX);
	at = put_u8(at, 4);
	at = put_u8(at, 64);
	at = put_u8(at, router->prefix_flags);
	at = put_be32(at, router->valid);
	at = put_be32(at, router->preferred);
	at = put_be32(at, 0);
	at = put_bytes(at, prefix, sizeof(prefix));
	if (router->mtu)
		at = put_be32(put_be32(at, OPTION_MTU << 24 | 1U << 16), router->mtu);
	return at;
}

enum { ROUTER_S = 1800, VALID_S = 86400, PREFERRED_S = 14400 };

static uint8_t *put_ra(uint8_t *at, const struct frame_echo *echo)
{
	const struct router router = { ROUTER_S, VALID_S, PREFERRED_S,
				       .prefix_flags = ON_LINK_AUTO };

	return put_router(at, echo, &router);
}

static uint8_t *put_ra_withdraw(uint8_t *at, const struct frame_echo *echo)
{
	const struct router router = { .prefix_flags = ON_LINK_AUTO };

	return put_router(at, echo, &router);
}

static uint8_t *put_ra_managed(uint8_t *at, const struct frame_echo *echo)
{
	const struct router router = {
		ROUTER_S, VALID_S, PREFERRED_S, MANAGED_OTHER, ON_LINK, 0
	};

	return put_router(at, echo, &router);
}

static uint8_t *put_ra_mtu(uint8_t *at, const struct frame_echo *echo)
{
	const struct router router = { ROUTER_S, VALID_S,      PREFERRED_S,
				       0,	 ON_LINK_AUTO, LEAST_MTU };

	return put_router(at, echo, &router);
}

/* An echo request of the device, as it would have sent it; cut to whole units of options. */
static uint8_t *put_quoted(uint8_t *at, const struct frame_echo *echo,
			   const struct in6_addr *target)
{
	struct frame_echo quoted = *echo;

	quoted.message = MESSAGE_ECHO;
	quoted.source = echo->device;
	quoted.target = *target;
	if (quoted.payload_bytes > FRAME_QUOTED_PAYLOAD)
		quoted.payload_bytes = FRAME_QUOTED_PAYLOAD;
	quoted.payload_bytes -= quoted.payload_bytes % OPTION_UNIT;
	return at + frame_ipv6(&quoted, at);
}

/* Another first hop of the same link, for a destination elsewhere. */
static uint8_t *put_redirect(uint8_t *at, const struct frame_echo *echo)
{
	struct in6_addr hop = echo->source;
	uint8_t *option, *end;

	hop.s6_addr[15] ^= 0x80;
	at = put_head(at, REDIRECT, 0, 0);
	at = put_bytes(at, &hop, sizeof(hop));
	at = put_bytes(at, &frame_elsewhere, sizeof(frame_elsewhere));
	option = put_link(at, OPTION_TARGET_LINK, echo->source_mac);
	at = put_be32(option, (uint32_t)OPTION_REDIRECTED << 24);
	at = put_be32(at, 0);
	end = put_quoted(at, echo, &frame_elsewhere);
	option[1] = (uint8_t)((size_t)(end - option) / OPTION_UNIT);
	return end;
}

static uint8_t *put_unreachable(uint8_t *at, const struct frame_echo *echo)
{
	return put_quoted(put_head(at, UNREACHABLE, 0, 0), echo, &echo->source);
}

static uint8_t *put_packet_too_big(uint8_t *at, const struct frame_echo *echo)
{
	return put_quoted(put_head(at, PACKET_TOO_BIG, 0, LEAST_MTU), echo, &echo->source);
}

static uint8_t *put_packet_too_big_68(uint8_t *at, const struct frame_echo *echo)
{
	return put_quoted(put_head(at, PACKET_TOO_BIG, 0, LEAST_MTU_IPV4), echo, &echo->source);
}

/* An empty datagram of the device's socket to its peer; nobody looks at its checksum. */
static uint8_t *put_quoted_udp(uint8_t *at, const struct frame_echo *echo)
{
	at = put_be32(at, 6U << 28 | echo_label(echo->lane, echo->trial, echo->sequence));
	at = put_be16(at, UDP_BYTES);
	at = put_u8(at, IPPROTO_UDP);
	at = put_u8(at, echo->hop_limit);
	at = put_bytes(at, &echo->device, sizeof(echo->device));
	at = put_bytes(at, &echo->source, sizeof(echo->source));
	at = put_be16(at, FRAME_PORT);
	at = put_be16(at, FRAME_PORT);
	at = put_be16(at, UDP_BYTES);
	return put_be16(at, 0xffff);
}

static uint8_t *put_unreachable_udp(uint8_t *at, const struct frame_echo *echo)
{
	return put_quoted_udp(put_head(at, UNREACHABLE, PORT_UNREACHABLE, 0), echo);
}

static uint8_t *put_packet_too_big_udp(uint8_t *at, const struct frame_echo *echo)
{
	return put_quoted_udp(put_head(at, PACKET_TOO_BIG, 0, LEAST_MTU), echo);
}

static uint8_t *put_time_exceeded(uint8_t *at, const struct frame_echo *echo)
{
	return put_quoted(put_head(at, TIME_EXCEEDED, 0, 0), echo, &echo->source);
}

static uint8_t *put_parameter_problem(uint8_t *at, const struct frame_echo *echo)
{
	at = put_head(at, PARAMETER_PROBLEM, UNRECOGNIZED_NEXT_HEADER, NEXT_HEADER_AT);
	return put_quoted(at, echo, &echo->source);
}

/* Answers shall come soon, while the window is open. */
static uint8_t *put_mld_query(uint8_t *at, const struct frame_echo *echo)
{
	enum { ANSWER_MS = 10, ROBUSTNESS = 2, INTERVAL_S = 125 };

	(void)echo;
	at = put_head(at, LISTENER_QUERY, 0, ANSWER_MS << 16);
	at = put_bytes(at, &in6addr_any, sizeof(in6addr_any));
	return put_be32(at, ROBUSTNESS << 24 | INTERVAL_S << 16);
}

static uint8_t *put_mld_report(uint8_t *at, const struct frame_echo *echo)
{
	const struct in6_addr group = frame_solicited_node(&echo->device);

	at = put_head(at, LISTENER_REPORT, 0, 0);
	return put_bytes(at, &group, sizeof(group));
}

static uint8_t *put_ports(uint8_t *at)
{
	return put_be16(put_be16(at, FRAME_PORT), CLOSED_PORT);
}

static uint8_t *put_udp_closed(uint8_t *at, const struct frame_echo *echo)
{
	(void)echo;
	at = put_be16(put_ports(at), UDP_BYTES);
	return put_be16(at, 0);
}

static uint8_t *put_tcp_closed(uint8_t *at, const struct frame_echo *echo)
{
	at = put_be32(put_ports(at), echo->sequence);
	at = put_be32(at, 0);
	at = put_be16(at, TCP_BYTES / 4 << 12 | TCP_SYN);
	at = put_be16(at, 0xffff);
	return put_be32(at, 0);
}

/* clang-format off */
static const struct {
	uint8_t *(*put)(uint8_t *at, const struct frame_echo *echo);
	uint8_t hop_limit; /* 0: the echo's */
	bool alert;
	enum { WHOLE, FIRST_PART, LAST_PART } part; /* what of it is sent: the first unit, or the others */
	uint8_t protocol; /* 0: ICMPv6 */
	uint8_t checksum_at; /* 0: ICMPv6's */
} messages[] = {
	[MESSAGE_ECHO]		    = { put_echo },
	[MESSAGE_NS]		    = { put_ns, NDISC_HOP_LIMIT },
	[MESSAGE_NA]		    = { put_na, NDISC_HOP_LIMIT },
	[MESSAGE_RA]		    = { put_ra, NDISC_HOP_LIMIT },
	[MESSAGE_REDIRECT]	    = { put_redirect, NDISC_HOP_LIMIT },
	[MESSAGE_UNREACHABLE]	    = { put_unreachable },
	[MESSAGE_PACKET_TOO_BIG]    = { put_packet_too_big },
	[MESSAGE_TIME_EXCEEDED]	    = { put_time_exceeded },
	[MESSAGE_PARAMETER_PROBLEM] = { put_parameter_problem },
	[MESSAGE_MLD_QUERY]	    = { put_mld_query, MLD_HOP_LIMIT, true },
	[MESSAGE_MLD_REPORT]	    = { put_mld_report, MLD_HOP_LIMIT, true },
	[MESSAGE_RS]		    = { put_rs, NDISC_HOP_LIMIT },
	[MESSAGE_NS_ELSEWHERE]	    = { put_ns_elsewhere, NDISC_HOP_LIMIT },
	[MESSAGE_RA_WITHDRAW]	    = { put_ra_withdraw, NDISC_HOP_LIMIT },
	[MESSAGE_RA_MANAGED]	    = { put_ra_managed, NDISC_HOP_LIMIT },
	[MESSAGE_RA_MTU]	    = { put_ra_mtu, NDISC_HOP_LIMIT },
	[MESSAGE_UNREACHABLE_UDP]   = { put_unreachable_udp },
	[MESSAGE_PACKET_TOO_BIG_UDP] = { put_packet_too_big_udp },
	[MESSAGE_PACKET_TOO_BIG_68] = { put_packet_too_big_68 },
	[MESSAGE_FRAGMENTS]	    = { put_echo, .part = LAST_PART },
	[MESSAGE_FRAGMENT_FIRST]    = { put_echo, .part = FIRST_PART },
	[MESSAGE_UDP_CLOSED]	    = { put_udp_closed, .protocol = IPPROTO_UDP, .checksum_at = UDP_CHECKSUM_AT },
	[MESSAGE_TCP_CLOSED]	    = { put_tcp_closed, .protocol = IPPROTO_TCP, .checksum_at = TCP_CHECKSUM_AT },
};
/* clang-format on */
static_assert(sizeof(messages) / sizeof(messages[0]) == MESSAGES, "a row per message");

size_t frame_upper_layer(const struct frame_echo *echo, uint8_t *buf)
{
	size_t nr = (size_t)(messages[echo->message].put(buf, echo) - buf);

	put_be16(buf + (messages[echo->message].checksum_at ?: ICMPV6_CHECKSUM_AT),
		 checksum(messages[echo->message].protocol ?: IPPROTO_ICMPV6, &echo->source,
			  &echo->target, buf, nr));
	return nr;
}

/* An echo's first unit, or what follows it. */
static size_t put_part(const struct frame_echo *echo, struct header header, bool first,
		       uint8_t *buf)
{
	uint8_t whole[FRAME_MAX], *at;
	size_t nr = frame_upper_layer(echo, whole);
	size_t from = first ? 0 : FRAGMENT_UNIT, to = first ? FRAGMENT_UNIT : nr;

	header.next = IPPROTO_FRAGMENT;
	at = put_ipv6(buf, &header, FRAGMENT_BYTES + to - from);
	at = put_be16(at, IPPROTO_ICMPV6 << 8);
	at = put_be16(at, (uint32_t)from | first);
	at = put_be32(at, echo->trial << ECHO_SEQUENCE_BITS | echo->sequence);
	return (size_t)(put_bytes(at, whole + from, to - from) - buf);
}

size_t frame_ipv6(const struct frame_echo *echo, uint8_t *buf)
{
	const struct header header = {
		.source = echo->source,
		.target = echo->target,
		.hop_limit = messages[echo->message].hop_limit ?: echo->hop_limit,
		.next = messages[echo->message].protocol,
		.label = echo_label(echo->lane, echo->trial, echo->sequence),
		.alert = messages[echo->message].alert,
	};
	size_t head = IPV6_BYTES + (header.alert ? ALERT_BYTES : 0);
	size_t nr;

	if (messages[echo->message].part)
		return put_part(echo, header, messages[echo->message].part == FIRST_PART, buf);
	nr = frame_upper_layer(echo, buf + head);
	put_ipv6(buf, &header, nr);
	return head + nr;
}

size_t frame_ethernet(const struct frame_echo *echo, uint8_t *buf)
{
	uint8_t *at = put_ethernet(buf, echo->source_mac, echo->target_mac);

	return ETH_HLEN + frame_ipv6(echo, at);
}

size_t frame_ahead(const struct frame_echo *echo, uint8_t *buf)
{
	const struct header header = { .source = echo->source,
				       .target = echo->target,
				       .hop_limit = echo->hop_limit };

	if (!message_has(echo->message, MESSAGE_IN_TWO))
		return 0;
	return ETH_HLEN + put_part(echo, header, true,
				   put_ethernet(buf, echo->source_mac, echo->target_mac));
}

void frame_noise(const uint8_t source_mac[ETH_ALEN], const struct in6_addr *source,
		 uint8_t *buf)
{
	const struct header header = { .source = *source,
				       .target = { .s6_addr = { 0xff, 0x02, [15] = 1 } },
				       .hop_limit = 1 };
	uint8_t mac[ETH_ALEN], *at;

	frame_multicast_mac(&header.target, mac);
	at = put_ethernet(buf, source_mac, mac);
	put_ipv6(at, &header, 0);
	at[NEXT_HEADER_AT] = IPPROTO_NONE;
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
	const struct header header = { .source = message->source,
				       .target = message->group,
				       .hop_limit = NDISC_HOP_LIMIT };
	size_t nr = NDISC_BYTES + (message->option ? OPTION_UNIT : 0);
	uint8_t mac[ETH_ALEN];
	uint8_t *icmp, *at;

	frame_multicast_mac(&message->group, mac);
	at = put_ethernet(buf, dad->source_mac, mac);
	icmp = put_ipv6(at, &header, nr);
	at = put_head(icmp, message->type, 0, (uint32_t)message->flags << 24);
	at = put_bytes(at, &dad->target, sizeof(dad->target));
	if (message->option)
		put_link(at, message->option, message->value);
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
