// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trial/evidence.h"

/*
 * Each case: what was sent and how much of it was seen inside the window, what IPv6 counted,
 * and what follows.
 */
struct moved {
	enum ipv6_counter counter;
	int64_t by;
};

struct acceptance_case {
	const char *name;
	struct trial_spec spec;
	uint32_t echoes;       /* seen, all inside */
	int64_t answers[4];    /* of sends: bytes or -errno; ends with 0 */
	uint32_t dad_answers;  /* seen, all inside */
	struct moved moved[4]; /* ends with 0 */
	uint32_t others_like_message, others_like_answer, astray;
	uint32_t accepted, dad_accepted;
	const char *refused_by;
};

/* clang-format off */
#define GROUP(kind) { .message = (kind), .target = TARGET_ALL_NODES }
#define TENTATIVE(kind) { .message = (kind), .target = TARGET_TENTATIVE }
#define OUT(how) { .direction = (how), .target = TARGET_NOBODY }

static const struct acceptance_case cases[] = {
	{ "counted by its type", GROUP(MESSAGE_ECHO), .echoes = 4,
	  .moved = { { IPV6_IN_ECHO, 4 } }, .accepted = 4, .refused_by = "" },
	{ "not counted: the MAC is another's", GROUP(MESSAGE_ECHO), .echoes = 4, .refused_by = "" },
	{ "a bad checksum", GROUP(MESSAGE_ECHO), .echoes = 4,
	  .moved = { { IPV6_IN_CHECKSUM_ERRORS, 4 }, { IPV6_IN_ICMP_ERRORS, 4 } },
	  .refused_by = "Icmp6InCsumErrors +4, Icmp6InErrors +4" },
	{ "another type is counted, not this", GROUP(MESSAGE_PACKET_TOO_BIG), .echoes = 4,
	  .moved = { { IPV6_IN_ECHO, 4 } }, .refused_by = "" },
	{ "before there is a route", GROUP(MESSAGE_RA), .echoes = 4,
	  .moved = { { IPV6_IN_RA, 3 }, { IPV6_IN_NO_ROUTES, 1 } },
	  .accepted = 3, .refused_by = "Ip6InNoRoutes +1" },
	{ "DAD's own messages are taken off", GROUP(MESSAGE_NS), .echoes = 4,
	  .moved = { { IPV6_IN_NS, 3 } }, .others_like_message = 3, .refused_by = "" },
	{ "one of another that is refused is taken for ours", GROUP(MESSAGE_NS), .echoes = 4,
	  .moved = { { IPV6_IN_NS, 4 } }, .others_like_message = 1, .accepted = 3, .refused_by = "" },

	{ "a tentative address has no route", TENTATIVE(MESSAGE_ECHO), .echoes = 4,
	  .moved = { { IPV6_IN_ADDR_ERRORS, 4 } }, .accepted = 4, .refused_by = "" },
	{ "until DAD is over", TENTATIVE(MESSAGE_ECHO), .echoes = 4,
	  .moved = { { IPV6_IN_ADDR_ERRORS, 2 }, { IPV6_IN_ECHO, 2 } }, .accepted = 4, .refused_by = "" },
	{ "nor has an address that is not the device's", TENTATIVE(MESSAGE_ECHO), .echoes = 4,
	  .moved = { { IPV6_IN_ADDR_ERRORS, 4 } }, .astray = 4, .refused_by = "Ip6InAddrErrors +4" },
	{ "of a group that is an error", GROUP(MESSAGE_ECHO), .echoes = 4,
	  .moved = { { IPV6_IN_ADDR_ERRORS, 4 } }, .refused_by = "Ip6InAddrErrors +4" },

	{ "two fragments make one echo", TENTATIVE(MESSAGE_FRAGMENTS), .echoes = 4,
	  .moved = { { IPV6_IN_ADDR_ERRORS, 4 }, { IPV6_IN_ECHO, 1 } }, .accepted = 3,
	  .refused_by = "Ip6InAddrErrors +4" },
	{ "a fragment that waits, while the time of others is over", GROUP(MESSAGE_FRAGMENT_FIRST), .echoes = 4,
	  .moved = { { IPV6_IN_FRAGMENTS, 4 }, { IPV6_IN_FRAGMENT_ERRORS, 3 }, { IPV6_IN_FRAGMENT_TIMEOUTS, 3 } },
	  .accepted = 4, .refused_by = "" },
	{ "fragments with no memory to wait in", GROUP(MESSAGE_FRAGMENT_FIRST), .echoes = 4,
	  .moved = { { IPV6_IN_FRAGMENTS, 4 }, { IPV6_IN_FRAGMENT_ERRORS, 3 } },
	  .accepted = 1, .refused_by = "Ip6ReasmFails +3" },
	{ "a datagram to a port, and one to a group", GROUP(MESSAGE_UDP_CLOSED), .echoes = 4,
	  .moved = { { IPV6_UDP_NO_PORTS, 1 }, { IPV6_UDP_IGNORED_GROUP, 2 }, { IPV6_UDP_IN_ERRORS, 1 } },
	  .accepted = 3, .refused_by = "Udp6InErrors +1" },

	{ "sent, and counted as sent", OUT(DIRECTION_OUTBOUND), .echoes = 2, .answers = { 64, 64 },
	  .moved = { { IPV6_OUT_ECHO, 2 } }, .accepted = 2, .refused_by = "" },
	{ "sent, and not counted", OUT(DIRECTION_OUTBOUND), .echoes = 2, .answers = { 64, 64 },
	  .moved = { { IPV6_OUT_REQUESTS, 9 }, { IPV6_OUT_DISCARDS, 2 } }, .refused_by = "Ip6OutDiscards +2" },
	{ "no source address, no route: that is IPv6's answer", OUT(DIRECTION_OUTBOUND), .echoes = 2,
	  .answers = { -EADDRNOTAVAIL, -ENETUNREACH }, .moved = { { IPV6_OUT_NO_ROUTES, 1 } },
	  .accepted = 2, .refused_by = "" },
	{ "a bad argument is ours", OUT(DIRECTION_OUTBOUND), .echoes = 2, .answers = { -EINVAL, 64 },
	  .moved = { { IPV6_OUT_ECHO, 1 } }, .accepted = 1, .refused_by = "" },
	{ "with a header of its own, beside DAD and MLD", OUT(DIRECTION_OUTBOUND_RAW), .echoes = 2,
	  .answers = { 104, 104 }, .moved = { { IPV6_OUT_REQUESTS, 5 }, { IPV6_OUT_ICMP, 3 } },
	  .accepted = 2, .refused_by = "" },
	{ "what DAD and MLD send is not ours", OUT(DIRECTION_OUTBOUND_RAW), .echoes = 2,
	  .answers = { 104, 104 }, .moved = { { IPV6_OUT_REQUESTS, 3 }, { IPV6_OUT_ICMP, 3 } },
	  .refused_by = "" },

	{ "an answer", { .dad_answer = DAD_ANSWER_NA }, .dad_answers = 1,
	  .moved = { { IPV6_IN_NA, 1 } }, .dad_accepted = 1, .refused_by = "" },
	{ "an answer that is refused", { .dad_answer = DAD_ANSWER_NS }, .dad_answers = 1,
	  .moved = { { IPV6_IN_NS, 2 }, { IPV6_IN_DISCARDS, 1 } }, .others_like_answer = 2,
	  .refused_by = "Ip6InDiscards +1" },
	{ "echoes and answers of one type: either may be the refused one",
	  { .message = MESSAGE_NS, .dad_answer = DAD_ANSWER_NS }, .echoes = 4, .dad_answers = 1,
	  .moved = { { IPV6_IN_NS, 4 } }, .accepted = 3, .dad_accepted = 0, .refused_by = "" },
};
/* clang-format on */

static void note(struct evidence *e, enum moment_kind kind, int64_t value, uint32_t sequence)
{
	e->moments[e->nr_moments] = (struct moment){
		.kind = kind, .at_ns = e->nr_moments + 1, .value = value, .sequence = sequence
	};
	e->nr_moments++;
}

static void play(const struct acceptance_case *c, struct evidence *e)
{
	bool out = c->spec.direction != DIRECTION_INBOUND;

	*e = (struct evidence){ .spec = c->spec,
				.acceptance = { .known = true,
						.others_like_message = c->others_like_message,
						.others_like_answer = c->others_like_answer,
						.astray = c->astray } };
	for (int i = 0; i < 4 && c->moved[i].by; i++)
		e->acceptance.moved[c->moved[i].counter] = c->moved[i].by;
	note(e, MOMENT_OPENED, 0, 0);
	for (uint32_t i = 0; i < c->echoes; i++) {
		note(e, out ? MOMENT_ECHO_OUT : MOMENT_ECHO_IN, 0, i + 1);
		if (out)
			note(e, MOMENT_ECHO_ANSWERED, c->answers[i], i + 1);
	}
	for (uint32_t i = 0; i < c->dad_answers; i++) {
		note(e, MOMENT_DAD_ANSWERED, 0, i + 1);
		note(e, MOMENT_DAD_IN, acceptance_answer_type(c->spec.dad_answer), 0);
	}
	note(e, MOMENT_CLOSED, 0, 0);
	evidence_derive(e);
}

static void test_what_is_accepted(void **state)
{
	static struct evidence e;
	char said[160];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct acceptance_case *c = &cases[i];

		play(c, &e);
		acceptance_say(&e, said, sizeof(said));
		if (e.echoes_accepted != c->accepted ||
		    e.dad_answers_accepted != c->dad_accepted)
			fail_msg("%s: %u echoes and %u answers", c->name, e.echoes_accepted,
				 e.dad_answers_accepted);
		assert_int_equal(e.echoes_delivered, c->echoes);
		assert_int_equal(e.echoes_inside, c->accepted);
		assert_int_equal(e.dad_answers_inside, c->dad_accepted);
		if (strcmp(said, c->refused_by))
			fail_msg("%s: \"%s\"", c->name, said);
	}
}

/* RFC 4443, 4861, 2710: one of each, and the only counter that may take it. */
static void test_each_message_has_a_counter_of_its_own(void **state)
{
	static const enum ipv6_counter counters[MESSAGES] = {
		[MESSAGE_ECHO] = IPV6_IN_ECHO,
		[MESSAGE_NS] = IPV6_IN_NS,
		[MESSAGE_NA] = IPV6_IN_NA,
		[MESSAGE_RA] = IPV6_IN_RA,
		[MESSAGE_REDIRECT] = IPV6_IN_REDIRECT,
		[MESSAGE_UNREACHABLE] = IPV6_IN_UNREACHABLE,
		[MESSAGE_PACKET_TOO_BIG] = IPV6_IN_TOO_BIG,
		[MESSAGE_TIME_EXCEEDED] = IPV6_IN_TIME_EXCEEDED,
		[MESSAGE_PARAMETER_PROBLEM] = IPV6_IN_PARAMETER_PROBLEM,
		[MESSAGE_MLD_QUERY] = IPV6_IN_MLD_QUERY,
		[MESSAGE_MLD_REPORT] = IPV6_IN_MLD_REPORT,
		[MESSAGE_RS] = IPV6_IN_RS,
		[MESSAGE_NS_ELSEWHERE] = IPV6_IN_NS,
		[MESSAGE_RA_WITHDRAW] = IPV6_IN_RA,
		[MESSAGE_RA_MANAGED] = IPV6_IN_RA,
		[MESSAGE_RA_MTU] = IPV6_IN_RA,
		[MESSAGE_UNREACHABLE_UDP] = IPV6_IN_UNREACHABLE,
		[MESSAGE_PACKET_TOO_BIG_UDP] = IPV6_IN_TOO_BIG,
		[MESSAGE_PACKET_TOO_BIG_68] = IPV6_IN_TOO_BIG,
		[MESSAGE_FRAGMENTS] = IPV6_IN_ECHO,
		[MESSAGE_FRAGMENT_FIRST] = IPV6_IN_FRAGMENTS,
		[MESSAGE_UDP_CLOSED] = IPV6_UDP_NO_PORTS,
		[MESSAGE_TCP_CLOSED] = IPV6_TCP_IN_SEGMENTS,
	};
	static struct evidence e;

	(void)state;
	for (int message = 0; message < MESSAGES; message++)
		for (int counter = 0; counter < IPV6_COUNTERS; counter++) {
			const struct acceptance_case c = {
				.spec = GROUP((enum message_kind)message),
				.echoes = 1,
				.moved = { { (enum ipv6_counter)counter, 1 } },
			};

			play(&c, &e);
			assert_int_equal(e.echoes_accepted,
					 counter == (int)counters[message] ||
						 (message == MESSAGE_UDP_CLOSED &&
						  counter == IPV6_UDP_IGNORED_GROUP));
		}
}

/* What was seen stays inside: that the counters are not known is what makes it invalid. */
static void test_counters_that_were_not_read_say_nothing(void **state)
{
	static struct evidence e;

	(void)state;
	e = (struct evidence){ 0 };
	note(&e, MOMENT_OPENED, 0, 0);
	note(&e, MOMENT_ECHO_IN, 0, 1);
	note(&e, MOMENT_CLOSED, 0, 0);
	evidence_derive(&e);
	assert_int_equal(e.echoes_inside, 1);
	assert_int_equal(e.echoes_accepted, 0);
}

static void test_a_refused_echo_may_have_been_the_one_inside(void **state)
{
	static struct evidence e;

	(void)state;
	e = (struct evidence){ .acceptance = { .known = true, .moved[IPV6_IN_ECHO] = 2 } };
	note(&e, MOMENT_OPENED, 0, 0);
	note(&e, MOMENT_ECHO_IN, 0, 1);
	note(&e, MOMENT_CLOSED, 0, 0);
	note(&e, MOMENT_ECHO_IN, 0, 2);
	note(&e, MOMENT_ECHO_IN, 0, 3);
	evidence_derive(&e);
	assert_int_equal(e.echoes_delivered, 3);
	assert_int_equal(e.echoes_accepted, 2);
	assert_int_equal(e.echoes_inside, 0);
}

static void test_the_counters_of_the_kernel(void **state)
{
	uint64_t counters[IPV6_COUNTERS];

	(void)state;
	ipv6_counters_read("ifIndex                         \t1011\n"
			   "Ip6InAddrErrors                 \t7\n"
			   "Icmp6InCsumErrors               \t2\n"
			   "Icmp6InEchos                    \t18446744073709551615\n"
			   "Icmp6InEchoReplies              \t5\n"
			   "Icmp6InType128                  \t6",
			   counters);
	assert_int_equal(counters[IPV6_IN_ADDR_ERRORS], 7);
	assert_int_equal(counters[IPV6_IN_CHECKSUM_ERRORS], 2);
	assert_true(counters[IPV6_IN_ECHO] == UINT64_MAX);
	assert_int_equal(counters[IPV6_OUT_ECHO], 0);
}

static void test_the_counters_of_tcp(void **state)
{
	uint64_t counters[IPV6_COUNTERS] = { [IPV6_IN_ECHO] = 3 };

	(void)state;
	tcp_counters_read("Ip: Forwarding\nIp: 1\nTcp: RtoMin MaxConn InSegs OutSegs InErrs\n"
			  "Tcp: 200 -1 7 8 9\nUdp: InErrors\nUdp: 4\n",
			  counters);
	assert_int_equal(counters[IPV6_TCP_IN_SEGMENTS], 7);
	assert_int_equal(counters[IPV6_TCP_IN_ERRORS], 9);
	assert_int_equal(counters[IPV6_UDP_IN_ERRORS], 0);
	assert_int_equal(counters[IPV6_IN_ECHO], 3);
	tcp_counters_read("Ip: 1\nTcp: InSegs\n", counters);
	assert_int_equal(counters[IPV6_TCP_IN_SEGMENTS], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_accepted),
		cmocka_unit_test(test_each_message_has_a_counter_of_its_own),
		cmocka_unit_test(test_counters_that_were_not_read_say_nothing),
		cmocka_unit_test(test_a_refused_echo_may_have_been_the_one_inside),
		cmocka_unit_test(test_the_counters_of_the_kernel),
		cmocka_unit_test(test_the_counters_of_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
