// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proposals.h"

enum { RANKED = 16 };

struct path {
	const char *stack;
	uint64_t holds, puts;
};

/* Words of what is proposed, the best first, one a line. */
static void rank(const struct path *paths, size_t nr, char *text, size_t size)
{
	struct proposals *proposals = calloc(1, sizeof(*proposals));
	struct proposal ranked[RANKED];
	uint32_t nr_ranked;
	size_t used = 0;

	assert_non_null(proposals);
	for (size_t i = 0; i < nr; i++)
		proposals_add(proposals, paths[i].stack, paths[i].holds, paths[i].puts);
	nr_ranked = proposals_rank(proposals, ranked, RANKED);
	text[0] = '\0';
	for (uint32_t i = 0; i < nr_ranked; i++) {
		char words[ORDER_WORDS];

		order_write_place(&ranked[i].place, words);
		used += (size_t)snprintf(text + used, size - used, "%s\n", words);
	}
	free(proposals);
}

#define RANK(paths, text) rank(paths, sizeof(paths) / sizeof((paths)[0]), text, sizeof(text))

static void test_threads(void **state)
{
	static const struct path paths[] = {
		{ "neigh_destroy < dev_ioctl < __x64_sys_ioctl < [syscall]", 0, 1 },
		{ "dst_alloc < rawv6_sendmsg < __sys_sendto < [syscall]", 1, 0 },
		{ "fib6_nh_init < rtnetlink_rcv_msg < netlink_sendmsg < ____sys_sendmsg < "
		  "[syscall]",
		  1, 1 },
		{ "ip6_rt_copy_init < ip6_route_input < [softirq]", 1, 1 },
		{ "icmp6_dst_alloc < addrconf_dad_work < [workqueue]", 1, 0 },
		{ "dst_destroy < rcu_do_batch < [rcu]", 0, 9 },
		{ "mld_ifc_work < [workqueue]", 1, 1 },
	};
	char text[2048];

	(void)state;
	RANK(paths, text);
	assert_non_null(strstr(text, "I held at neigh_destroy\n"));
	assert_non_null(strstr(text, "I held at fib6_nh_init\n"));
	assert_non_null(strstr(text, "II held at return of dst_alloc\n"));
	assert_non_null(strstr(text, "II held at return of rawv6_sendmsg\n"));
	assert_non_null(strstr(text, "II held at ip6_rt_copy_init\n"));
	assert_non_null(strstr(text, "DAD held at return of icmp6_dst_alloc\n"));
	assert_null(strstr(text, "dst_destroy"));
	assert_null(strstr(text, "mld_ifc_work"));
	assert_null(strstr(text, "__sys_sendto")); /* generic */
	assert_null(strstr(text, "dev_ioctl"));
}

/* Closer to the counter, on both sides of it, on more threads' paths; and threads take turns. */
static void test_ranks(void **state)
{
	static const struct path paths[] = {
		{ "far < from < the_counter < is_this < [softirq]", 1, 0 },
		{ "shared < alone < [softirq]", 1, 0 },
		{ "shared < other < x < addrconf_dad_work < [workqueue]", 0, 1 },
		{ "both < [syscall]", 1, 1 },
	};
	char text[2048];

	(void)state;
	RANK(paths, text);
	assert_int_equal(strncmp(text,
				 "II held at return of shared\n"
				 "I held at both\n"
				 "DAD held at other\n",
				 strlen("II held at return of shared\nI held at both\n"
					"DAD held at other\n")),
			 0);
	assert_true(strstr(text, "DAD held at shared\n") > strstr(text, "is_this\n"));
	assert_true(strstr(text, "far\n") < strstr(text, "alone\n"));
	assert_true(strstr(text, "from\n") < strstr(text, "is_this\n"));
}

/* How often is chance; that it was passed is none. */
static void test_numbers_count_for_nothing(void **state)
{
	static const struct path once[] = {
		{ "a < b < [softirq]", 1, 0 },
		{ "c < b < [softirq]", 0, 1 },
	};
	static const struct path often[] = {
		{ "c < b < [softirq]", 0, 70 },
		{ "a < b < [softirq]", 3, 0 },
		{ "c < b < [softirq]", 0, 2 },
	};
	char one[1024], other[1024];

	(void)state;
	RANK(once, one);
	RANK(often, other);
	assert_string_equal(one, other);
	assert_true(one[0]);
}

static void test_full(void **state)
{
	struct proposals *proposals = calloc(1, sizeof(*proposals));
	struct proposal ranked[RANKED];

	(void)state;
	assert_non_null(proposals);
	for (int i = 0; i < 2 * PROPOSALS_FUNCTIONS; i++) {
		char stack[128];

		snprintf(stack, sizeof(stack), "f%d < g%d < [softirq]", i, i);
		proposals_add(proposals, stack, 1, 1);
	}
	assert_int_equal(proposals->nr, PROPOSALS_FUNCTIONS);
	assert_int_equal(proposals_rank(proposals, ranked, RANKED), RANKED);
	free(proposals);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_numbers_count_for_nothing),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("proposals", tests, NULL, NULL);
}
