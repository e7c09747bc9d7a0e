// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "record/record.h"
#include "trial/acceptance.h"
#include "trial/evidence.h"

/* clang-format off */
const char *const ipv6_counter_names[] = {
	[IPV6_IN_HDR_ERRORS]		= "Ip6InHdrErrors",
	[IPV6_IN_NO_ROUTES]		= "Ip6InNoRoutes",
	[IPV6_IN_ADDR_ERRORS]		= "Ip6InAddrErrors",
	[IPV6_IN_UNKNOWN_PROTOS]	= "Ip6InUnknownProtos",
	[IPV6_IN_TRUNCATED]		= "Ip6InTruncatedPkts",
	[IPV6_IN_DISCARDS]		= "Ip6InDiscards",
	[IPV6_IN_ICMP_ERRORS]		= "Icmp6InErrors",
	[IPV6_IN_CHECKSUM_ERRORS]	= "Icmp6InCsumErrors",
	[IPV6_IN_UNREACHABLE]		= "Icmp6InDestUnreachs",
	[IPV6_IN_TOO_BIG]		= "Icmp6InPktTooBigs",
	[IPV6_IN_TIME_EXCEEDED]		= "Icmp6InTimeExcds",
	[IPV6_IN_PARAMETER_PROBLEM]	= "Icmp6InParmProblems",
	[IPV6_IN_ECHO]			= "Icmp6InEchos",
	[IPV6_IN_MLD_QUERY]		= "Icmp6InGroupMembQueries",
	[IPV6_IN_MLD_REPORT]		= "Icmp6InGroupMembResponses",
	[IPV6_IN_RS]			= "Icmp6InRouterSolicits",
	[IPV6_IN_RA]			= "Icmp6InRouterAdvertisements",
	[IPV6_IN_NS]			= "Icmp6InNeighborSolicits",
	[IPV6_IN_NA]			= "Icmp6InNeighborAdvertisements",
	[IPV6_IN_REDIRECT]		= "Icmp6InRedirects",
	[IPV6_IN_FRAGMENTS]		= "Ip6ReasmReqds",
	[IPV6_IN_FRAGMENT_ERRORS]	= "Ip6ReasmFails",
	[IPV6_IN_FRAGMENT_TIMEOUTS]	= "Ip6ReasmTimeout",
	[IPV6_UDP_NO_PORTS]		= "Udp6NoPorts",
	[IPV6_UDP_IGNORED_GROUP]	= "Udp6IgnoredMulti",
	[IPV6_UDP_IN_ERRORS]		= "Udp6InErrors",
	[IPV6_TCP_IN_SEGMENTS]		= "TcpInSegs",
	[IPV6_TCP_IN_ERRORS]		= "TcpInErrs",
	[IPV6_OUT_REQUESTS]		= "Ip6OutRequests",
	[IPV6_OUT_DISCARDS]		= "Ip6OutDiscards",
	[IPV6_OUT_NO_ROUTES]		= "Ip6OutNoRoutes",
	[IPV6_OUT_ICMP]			= "Icmp6OutMsgs",
	[IPV6_OUT_ECHO]			= "Icmp6OutEchos",
};

static const struct type {
	uint16_t class; /* or ICMPv6 type */
	enum ipv6_counter counter, group;
} message_types[] = {
#define MESSAGE(kind, name, one, more, class, counter, group, traits, doc) { class, counter, group },
#include "spec/messages.def"
}, answer_types[] = {
	[DAD_ANSWER_NONE]     = { 0, 0, IPV6_NONE },
	[DAD_ANSWER_NS]	      = { 135, IPV6_IN_NS, IPV6_NONE },
	[DAD_ANSWER_NA]	      = { 136, IPV6_IN_NA, IPV6_NONE },
	[DAD_ANSWER_LOOPBACK] = { 135, IPV6_IN_NS, IPV6_NONE },
};

/* What IPv6 itself answers to a send. Any other error is about what we asked. */
static const int32_t answers_of_ipv6[] = {
	EADDRNOTAVAIL, ENETUNREACH, EHOSTUNREACH, ENETDOWN, EMSGSIZE, ENOBUFS, ENOMEM, EAGAIN,
	EACCES, EPERM,
};

/* What says why a packet was refused. */
static const enum ipv6_counter in_reasons[] = {
	IPV6_IN_CHECKSUM_ERRORS, IPV6_IN_ICMP_ERRORS, IPV6_IN_ADDR_ERRORS, IPV6_IN_HDR_ERRORS,
	IPV6_IN_TRUNCATED, IPV6_IN_UNKNOWN_PROTOS, IPV6_IN_DISCARDS, IPV6_IN_NO_ROUTES,
	IPV6_IN_FRAGMENT_ERRORS, IPV6_UDP_IN_ERRORS, IPV6_TCP_IN_ERRORS,
}, out_reasons[] = { IPV6_OUT_NO_ROUTES, IPV6_OUT_DISCARDS };
/* clang-format on */

#define NR(list) (sizeof(list) / sizeof((list)[0]))
_Static_assert(NR(ipv6_counter_names) == IPV6_COUNTERS, "a name per counter");
_Static_assert(NR(message_types) == MESSAGES, "a row per message");
_Static_assert(NR(answer_types) == DAD_ANSWERS, "a row per answer");

uint16_t acceptance_message_type(enum message_kind message)
{
	return message_types[message].class;
}

uint8_t acceptance_answer_type(enum dad_answer answer)
{
	return answer_types[answer].class;
}

static void read_line(const char *line, uint64_t counters[IPV6_COUNTERS])
{
	size_t length = strcspn(line, " \t\n");

	for (int i = 0; i < IPV6_COUNTERS; i++)
		if (strlen(ipv6_counter_names[i]) == length &&
		    !strncmp(line, ipv6_counter_names[i], length))
			counters[i] = strtoull(line + length, NULL, 10);
}

void ipv6_counters_read(const char *text, uint64_t counters[IPV6_COUNTERS])
{
	memset(counters, 0, IPV6_COUNTERS * sizeof(*counters));
	while (*text) {
		read_line(text, counters);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

void tcp_counters_read(const char *text, uint64_t counters[IPV6_COUNTERS])
{
	static const char key[] = "\nTcp: ";
	const char *names = strstr(text, key), *numbers = names ? strstr(names + 1, key) : NULL;

	if (!numbers)
		return;
	names += strlen(key);
	numbers += strlen(key);
	while (*names && *names != '\n') {
		size_t length = strcspn(names, " \n");

		for (int i = 0; i < IPV6_COUNTERS; i++)
			if (!strncmp(ipv6_counter_names[i], "Tcp", 3) &&
			    strlen(ipv6_counter_names[i]) == length + 3 &&
			    !strncmp(ipv6_counter_names[i] + 3, names, length))
				counters[i] = strtoull(numbers, NULL, 10);
		names += length + strspn(names + length, " ");
		numbers += strcspn(numbers, " \n");
		numbers += strspn(numbers, " ");
	}
}

/* --- how many --- */

static int64_t at_least_0(int64_t number)
{
	return number > 0 ? number : 0;
}

static uint32_t at_most(int64_t number, uint32_t most)
{
	return number < most ? (uint32_t)at_least_0(number) : most;
}

/* DAD answers of a type that were seen, whoever sent them. */
static uint32_t answers_seen(const struct evidence *e, uint16_t type)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < e->nr_moments; i++)
		seen += e->moments[i].kind == MOMENT_DAD_IN && e->moments[i].value == type;
	return seen;
}

/*
 * Of those that a counter has: Ip6ReasmReqds counts a fragment before it is known whether there
 * is memory for it to wait in (ipv6_frag_rcv(), net/ipv6/reassembly.c).
 */
static int64_t thrown_away(const struct evidence *e, enum ipv6_counter counter)
{
	const int64_t *moved = e->acceptance.moved;

	return counter == IPV6_IN_FRAGMENTS ? at_least_0(moved[IPV6_IN_FRAGMENT_ERRORS] -
							 moved[IPV6_IN_FRAGMENT_TIMEOUTS]) :
					      0;
}

static int64_t counted_of(const struct evidence *e, const struct type *type)
{
	return e->acceptance.moved[type->counter] - thrown_away(e, type->counter) +
	       (type->group == IPV6_NONE ? 0 : e->acceptance.moved[type->group]);
}

/* Refused: of all that was seen of a type and is ours, what IPv6 has not counted. */
static int64_t refused(const struct evidence *e, const struct type *type, uint32_t others,
		       int64_t counted_elsewhere)
{
	int64_t counted = at_least_0(counted_of(e, type) - others);
	uint32_t ours = answers_seen(e, type->class);

	if (e->spec.direction == DIRECTION_INBOUND &&
	    message_types[e->spec.message].class == type->class)
		ours += e->echoes_delivered;
	return at_least_0((int64_t)ours - counted - counted_elsewhere);
}

static uint32_t inbound_accepted(const struct evidence *e)
{
	const struct acceptance *a = &e->acceptance;
	int64_t packets = message_has(e->spec.message, MESSAGE_IN_TWO) ? 2 : 1;
	int64_t to_tentative = 0;

	if (e->spec.target == TARGET_TENTATIVE)
		to_tentative =
			at_most(at_least_0(a->moved[IPV6_IN_ADDR_ERRORS]) / packets - a->astray,
				e->echoes_delivered);
	return at_most(e->echoes_delivered - refused(e, &message_types[e->spec.message],
						     a->others_like_message, to_tentative),
		       e->echoes_delivered);
}

static bool is_answer_of_ipv6(int64_t error)
{
	for (size_t i = 0; i < NR(answers_of_ipv6); i++)
		if (error == -answers_of_ipv6[i])
			return true;
	return false;
}

/*
 * A raw socket with a header of its own passes by ICMPv6's counters; what ICMPv6 sends besides
 * (DAD, MLD) does not.
 */
static int64_t sent_by_ipv6(const struct evidence *e)
{
	const int64_t *moved = e->acceptance.moved;

	return e->spec.direction == DIRECTION_OUTBOUND ?
		       moved[IPV6_OUT_ECHO] :
		       moved[IPV6_OUT_REQUESTS] - moved[IPV6_OUT_ICMP];
}

static uint32_t outbound_accepted(const struct evidence *e)
{
	uint32_t sent = 0, answered = 0;

	for (uint32_t i = 0; i < e->nr_moments; i++) {
		const struct moment *m = &e->moments[i];

		if (m->kind != MOMENT_ECHO_ANSWERED)
			continue;
		sent += m->value >= 0;
		answered += is_answer_of_ipv6(m->value);
	}
	return at_most(answered + (int64_t)at_most(sent_by_ipv6(e), sent), e->echoes_delivered);
}

/* Which ones were refused is not known: none of them is inside. */
static uint32_t left_inside(uint32_t inside, uint32_t delivered, uint32_t accepted)
{
	return at_most((int64_t)inside - (delivered - accepted), inside);
}

void acceptance_derive(struct evidence *e)
{
	const struct acceptance *a = &e->acceptance;

	if (!a->known)
		return;
	e->echoes_accepted = e->spec.direction == DIRECTION_INBOUND ? inbound_accepted(e) :
								      outbound_accepted(e);
	e->dad_answers_accepted =
		at_most(e->dad_answers_delivered - refused(e, &answer_types[e->spec.dad_answer],
							   a->others_like_answer, 0),
			e->dad_answers_delivered);
	e->echoes_inside =
		left_inside(e->echoes_inside, e->echoes_delivered, e->echoes_accepted);
	e->dad_answers_inside = left_inside(e->dad_answers_inside, e->dad_answers_delivered,
					    e->dad_answers_accepted);
	e->tentative_inside &= e->echoes_inside || e->dad_answers_inside;
}

/* --- why --- */

static void say_moved(const struct evidence *e, const enum ipv6_counter *counters, size_t nr,
		      char *out, size_t size)
{
	for (size_t i = 0; i < nr; i++)
		if (e->acceptance.moved[counters[i]] > 0)
			text_add(out, size, "%s%s +%" PRId64, *out ? ", " : "",
				 ipv6_counter_names[counters[i]],
				 e->acceptance.moved[counters[i]]);
}

void acceptance_say(const struct evidence *e, char *out, size_t size)
{
	out[0] = '\0';
	if (!e->acceptance.known || (e->echoes_accepted == e->echoes_delivered &&
				     e->dad_answers_accepted == e->dad_answers_delivered))
		return;
	say_moved(e, in_reasons, NR(in_reasons), out, size);
	if (e->spec.direction != DIRECTION_INBOUND)
		say_moved(e, out_reasons, NR(out_reasons), out, size);
}
