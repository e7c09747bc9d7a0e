/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_ACCEPTANCE_H
#define DADRACE_ACCEPTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/spec.h"

/*
 * Acceptance: what the kernel's IPv6 itself has counted in a trial. A packet on the device's
 * receive path proves little: IPv6 looks at its MAC, checksum, type and address only later.
 *
 *   netif_receive_skb ──> ip6_rcv ──> route ──> icmpv6_rcv ──> checksum ──> counted by its type
 *     "delivered"                                                            "accepted"
 *
 * Inbound, a packet is accepted when icmpv6_rcv() (net/ipv6/icmp.c) has counted it by its type.
 * One to the device's own tentative address is, too, when ip6_forward() has refused it as
 * Ip6InAddrErrors: no route leads to an address before its DAD is over, so that IPv6 goes no
 * further with it. All counters of a type are of all senders: messages of that type that
 * reached the device and are not ours (DAD's, the peer's) are counted by the probes and taken
 * off, and every one that IPv6 has refused is taken for ours.
 *
 * What is no ICMPv6 message is accepted when its own protocol has counted it: a datagram or
 * segment to a closed port by that port, a datagram to a group by nobody's listening, a first
 * fragment when it was not thrown away, as it is with no memory to wait in. An echo in two
 * fragments is when icmpv6_rcv() has the whole. UDP and TCP count for the namespace, never for
 * a device.
 *
 * Outbound, an echo is accepted when the send succeeded and IPv6 has counted it as sent, or
 * when the send was refused for a reason that IPv6 finds (no route, no source address, ...),
 * not for one of ours (a bad argument).
 */
enum ipv6_counter {
	IPV6_IN_HDR_ERRORS,
	IPV6_IN_NO_ROUTES,
	IPV6_IN_ADDR_ERRORS,
	IPV6_IN_UNKNOWN_PROTOS,
	IPV6_IN_TRUNCATED,
	IPV6_IN_DISCARDS,
	IPV6_IN_ICMP_ERRORS,
	IPV6_IN_CHECKSUM_ERRORS,
	IPV6_IN_UNREACHABLE, /* from here on: a message each */
	IPV6_IN_TOO_BIG,
	IPV6_IN_TIME_EXCEEDED,
	IPV6_IN_PARAMETER_PROBLEM,
	IPV6_IN_ECHO,
	IPV6_IN_MLD_QUERY,
	IPV6_IN_MLD_REPORT,
	IPV6_IN_RS,
	IPV6_IN_RA,
	IPV6_IN_NS,
	IPV6_IN_NA,
	IPV6_IN_REDIRECT,
	IPV6_IN_FRAGMENTS,
	IPV6_IN_FRAGMENT_ERRORS, /* of them: thrown away, or their time was over */
	IPV6_IN_FRAGMENT_TIMEOUTS,
	IPV6_OF_NAMESPACE, /* from here on: of the namespace only */
	IPV6_UDP_NO_PORTS = IPV6_OF_NAMESPACE,
	IPV6_UDP_IGNORED_GROUP,
	IPV6_UDP_IN_ERRORS,
	IPV6_TCP_IN_SEGMENTS,
	IPV6_TCP_IN_ERRORS,
	IPV6_OUT_REQUESTS, /* from here on: outbound */
	IPV6_OUT_DISCARDS,
	IPV6_OUT_NO_ROUTES,
	IPV6_OUT_ICMP,
	IPV6_OUT_ECHO,
	IPV6_COUNTERS,
	IPV6_NONE = IPV6_COUNTERS,
};
extern const char *const ipv6_counter_names[]; /* as in /proc/net/snmp6, Tcp's as nstat(8) */

/* Reads the text of such a file; what is not in it is 0. */
void ipv6_counters_read(const char *text, uint64_t counters[IPV6_COUNTERS]);

/* Reads those of TCP from the text of /proc/net/snmp, and leaves the others. */
void tcp_counters_read(const char *text, uint64_t counters[IPV6_COUNTERS]);

/* What a trial has for it. */
struct acceptance {
	bool known;		      /* the counters could be read, before and after */
	int64_t moved[IPV6_COUNTERS]; /* over the trial */
	uint32_t others_like_message; /* of the type of the trial's message, but not ours */
	uint32_t others_like_answer;  /* of the type of its DAD answer */
	uint32_t astray;	      /* to an address that the device never had */
};

/* The ICMPv6 type or class of a message; the type of a DAD answer, of which there is one. */
uint16_t acceptance_message_type(enum message_kind message);
uint8_t acceptance_answer_type(enum dad_answer answer);

struct evidence;

/*
 * Fills in how many echoes and DAD answers were accepted, and takes the refused ones off those
 * that are inside. After all else that evidence_derive() does.
 */
void acceptance_derive(struct evidence *evidence);

/* The counters that say why packets were refused: "Icmp6InCsumErrors +4"; "" when none does. */
void acceptance_say(const struct evidence *evidence, char *out, size_t size);

#endif
