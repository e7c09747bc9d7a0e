// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
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
	[IPV6_OUT_REQUESTS]		= "Ip6OutRequests",
	[IPV6_OUT_DISCARDS]		= "Ip6OutDiscards",
	[IPV6_OUT_NO_ROUTES]		= "Ip6OutNoRoutes",
	[IPV6_OUT_ICMP]			= "Icmp6OutMsgs",
	[IPV6_OUT_ECHO]			= "Icmp6OutEchos",
};

/*
 * By their standards, once more: not the table that makes the packets, which is what is judged.
 */
static const struct type {
	uint8_t number;
	enum ipv6_counter counter;
} message_types[] = {
	[MESSAGE_ECHO]		    = { 128, IPV6_IN_ECHO },
	[MESSAGE_NS]		    = { 135, IPV6_IN_NS },
	[MESSAGE_NA]		    = { 136, IPV6_IN_NA },
	[MESSAGE_RA]		    = { 134, IPV6_IN_RA },
	[MESSAGE_REDIRECT]	    = { 137, IPV6_IN_REDIRECT },
	[MESSAGE_UNREACHABLE]	    = { 1, IPV6_IN_UNREACHABLE },
	[MESSAGE_PACKET_TOO_BIG]    = { 2, IPV6_IN_TOO_BIG },
	[MESSAGE_TIME_EXCEEDED]	    = { 3, IPV6_IN_TIME_EXCEEDED },
	[MESSAGE_PARAMETER_PROBLEM] = { 4, IPV6_IN_PARAMETER_PROBLEM },
	[MESSAGE_MLD_QUERY]	    = { 130, IPV6_IN_MLD_QUERY },
	[MESSAGE_MLD_REPORT]	    = { 131, IPV6_IN_MLD_REPORT },
	[MESSAGE_RS]		    = { 133, IPV6_IN_RS },
	[MESSAGE_NS_ELSEWHERE]	    = { 135, IPV6_IN_NS },
	[MESSAGE_RA_WITHDRAW]	    = { 134, IPV6_IN_RA },
	[MESSAGE_RA_MANAGED]	    = { 134, IPV6_IN_RA },
	[MESSAGE_RA_MTU]	    = { 134, IPV6_IN_RA },
	[MESSAGE_UNREACHABLE_UDP]   = { 1, IPV6_IN_UNREACHABLE },
	[MESSAGE_PACKET_TOO_BIG_UDP] = { 2, IPV6_IN_TOO_BIG },
	[MESSAGE_PACKET_TOO_BIG_68] = { 2, IPV6_IN_TOO_BIG },
}, answer_types[] = {
	[DAD_ANSWER_NONE]     = { 0 },
	[DAD_ANSWER_NS]	      = { 135, IPV6_IN_NS },
	[DAD_ANSWER_NA]	      = { 136, IPV6_IN_NA },
	[DAD_ANSWER_LOOPBACK] = { 135, IPV6_IN_NS },
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
}, out_reasons[] = { IPV6_OUT_NO_ROUTES, IPV6_OUT_DISCARDS };
/* clang-format on */

#define NR(list) (sizeof(list) / sizeof((list)[0]))
_Static_assert(NR(ipv6_counter_names) == IPV6_COUNTERS, "a name per counter");
_Static_assert(NR(message_types) == MESSAGES, "a row per message");
_Static_assert(NR(answer_types) == DAD_ANSWERS, "a row per answer");

uint8_t acceptance_message_type(enum message_kind message)
{
	return message_types[message].number;
}

uint8_t acceptance_answer_type(enum dad_answer answer)
{
	return answer_types[answer].number;
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
static uint32_t answers_seen(const struct evidence *e, uint8_t type)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < e->nr_moments; i++)
		seen += e->moments[i].kind == MOMENT_DAD_IN && e->moments[i].value == type;
	return seen;
}

/* Refused: of all that was seen of a type and is ours, what IPv6 has not counted. */
static int64_t refused(const struct evidence *e, const struct type *type, uint32_t others,
		       int64_t counted_elsewhere)
{
	int64_t counted = at_least_0(e->acceptance.moved[type->counter] - others);
	uint32_t ours = answers_seen(e, type->number);

	if (e->spec.direction == DIRECTION_INBOUND &&
	    message_types[e->spec.message].number == type->number)
		ours += e->echoes_delivered;
	return at_least_0((int64_t)ours - counted - counted_elsewhere);
}

static uint32_t inbound_accepted(const struct evidence *e)
{
	const struct acceptance *a = &e->acceptance;
	int64_t to_tentative = 0;

	if (e->spec.target == TARGET_TENTATIVE)
		to_tentative = at_most(at_least_0(a->moved[IPV6_IN_ADDR_ERRORS]) - a->astray,
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
