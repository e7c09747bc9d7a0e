/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FRAME_H
#define DADRACE_FRAME_H

#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/spec.h"

/*
 * The bytes of our echoes, of whatever message, and of DAD: pure, no socket.
 *
 *   Ethernet | IPv6 | ICMPv6 Echo Request (RFC 4443 4.1) | tag | padding
 *   Ethernet | IPv6 | ICMPv6 Packet Too Big (RFC 4443 3.2) | IPv6 | the device's echo request
 *   Ethernet | IPv6 | fragment (RFC 8200 4.5) | the rest of an echo request
 *   Ethernet | IPv6 | UDP or TCP (to a port that is closed)
 *   Ethernet | IPv6 | hop-by-hop: router alert | ICMPv6 Multicast Listener Query (RFC 3810 5.1)
 *
 * Each carries lane, trial and sequence in its flow label (echo_label() in
 * probes/record/record.h), so that the record of its arrival in the kernel is matched one by
 * one. An echo request, which can be outbound, has lane and sequence in identifier and sequence
 * number, too, and all three in a tag at the start of its payload (struct echo_tag there).
 */
struct frame_echo {
	enum message_kind message;
	uint8_t source_mac[ETH_ALEN];
	uint8_t target_mac[ETH_ALEN];
	struct in6_addr source;
	struct in6_addr target;
	struct in6_addr device; /* the device's own address, which messages are about */
	uint8_t hop_limit; /* of echoes and errors; the others have that of their standard */
	uint32_t lane;	   /* identifier: the low 16 bits */
	uint32_t trial;
	uint32_t sequence;	/* sequence number: the low 16 bits */
	uint32_t payload_bytes; /* of an echo: at least FRAME_MIN_PAYLOAD; the tag included */
};

enum {
	FRAME_MIN_PAYLOAD = 16,	  /* sizeof(struct echo_tag) */
	FRAME_MAX_PAYLOAD = 1452, /* 1500 - 40 (IPv6) - 8 (ICMPv6) */
	FRAME_MAX = ETH_HLEN + 40 + 8 + FRAME_MAX_PAYLOAD,
	FRAME_QUOTED_PAYLOAD = 1024, /* of what is quoted, at most: RFC 4443 2.4 (c) */
};

enum { FRAME_PORT = 0xdad }; /* both ports of the device's socket that errors quote */

/* What a Redirect is about, and the route of bringup.change route-add leads to. */
extern const struct in6_addr frame_elsewhere;

/*
 * Each writes the echo from one layer upwards and returns its length in bytes; `buf` holds at
 * least FRAME_MAX bytes. The checksum is always computed over the pseudo-header (RFC 8200 8.1),
 * and over all fragments.
 */
size_t frame_ethernet(const struct frame_echo *echo, uint8_t *buf);    /* packet socket */
size_t frame_ipv6(const struct frame_echo *echo, uint8_t *buf);	       /* IPPROTO_RAW */
size_t frame_upper_layer(const struct frame_echo *echo, uint8_t *buf); /* IPPROTO_ICMPV6 */

/*
 * The frame of at most FRAME_AHEAD bytes that is sent just ahead of the echo's, without a flow
 * label, so that the echo counts when it is whole; returns its length in bytes, or 0 if there
 * is none.
 */
enum { FRAME_AHEAD = ETH_HLEN + 40 + 8 + 8 };
size_t frame_ahead(const struct frame_echo *echo, uint8_t *buf);

/*
 * A frame from the peer to all nodes without anything in it (next header 59, RFC 8200 4.7) and
 * without a flow label: IPv6 takes it in and throws it away. `buf` holds FRAME_NOISE bytes.
 */
enum { FRAME_NOISE = ETH_HLEN + 40 };
void frame_noise(const uint8_t source_mac[ETH_ALEN], const struct in6_addr *source,
		 uint8_t *buf);

/*
 * The messages of Duplicate Address Detection (RFC 4862 5.4), as whole Ethernet frames:
 * Neighbour Solicitations from ::, which are probes for an address, and the answers that make
 * it a duplicate.
 */
enum { FRAME_NONCE = 6, FRAME_DAD_MAX = 128 };

struct frame_dad {
	uint8_t source_mac[ETH_ALEN];
	struct in6_addr target; /* the address that is asked for */
	bool have_nonce;	/* RFC 7527 4.1; of solicitations */
	uint8_t nonce[FRAME_NONCE];
};

/*
 * Each returns its length in bytes; `buf` holds at least FRAME_DAD_MAX.
 *
 * The solicitation goes from :: to the target's solicited-node group (RFC 4862 5.4.2). The
 * advertisement is what the target's owner answers to one: from the target to all nodes, with
 * the override flag and its link-layer address (RFC 4861 7.2.4).
 */
size_t frame_dad_ns(const struct frame_dad *dad, uint8_t *buf);
size_t frame_dad_na(const struct frame_dad *dad, uint8_t *buf);

/* Reads a solicitation of DAD; false when the frame is none. `dad` is then untouched. */
bool frame_dad_read(const uint8_t *frame, size_t length, struct frame_dad *dad);

/* The Ethernet address of an IPv6 multicast group (RFC 2464 7). */
void frame_multicast_mac(const struct in6_addr *group, uint8_t mac[ETH_ALEN]);

/* The solicited-node multicast address of an address (RFC 4291 2.7.1). */
struct in6_addr frame_solicited_node(const struct in6_addr *address);

/*
 * The link-local address made from an Ethernet address (modified EUI-64, RFC 4291 appendix A).
 */
struct in6_addr frame_link_local(const uint8_t mac[ETH_ALEN]);

#endif
