// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explore/proposals.h"

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

/*
 * Closer to the counter, on both sides of it, on more threads' paths; and threads take turns.
 */
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

/* As rank(), but of what is beside the reasons are told, too. */
static void rank_beside(struct proposals *proposals, char *text, size_t size)
{
	struct proposal ranked[RANKED];
	uint32_t nr = proposals_rank(proposals, ranked, RANKED);
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < nr; i++) {
		char words[ORDER_WORDS];
		bool beside = strstr(ranked[i].why, "called by") != NULL;

		order_write_place(&ranked[i].place, words);
		used += (size_t)snprintf(text + used, size - used, "%s%s%s\n", words,
					 beside ? ": " : "", beside ? ranked[i].why : "");
	}
}

static const struct proposals_call *call_of(const struct proposals *proposals,
					    const char *caller, const char *callee)
{
	for (uint32_t i = 0; i < proposals->nr_calls; i++)
		if (!strcmp(proposals->calls[i].caller, caller) &&
		    !strcmp(proposals->calls[i].callee, callee))
			return &proposals->calls[i];
	return NULL;
}

static void test_calls_of_paths(void **state)
{
	struct proposals *proposals = calloc(1, sizeof(*proposals));
	const struct proposals_call *call;

	(void)state;
	assert_non_null(proposals);
	proposals_add(proposals, "a < b < c < sock_x < [softirq]", 1, 0);
	proposals_add(proposals, "b < c < addrconf_dad_work < [workqueue]", 0, 1);
	proposals_add(proposals, "elsewhere < c < [rcu]", 0, 1);
	assert_int_equal(proposals->nr_calls, 3); /* sock_x is generic */
	assert_non_null(call_of(proposals, "b", "a"));
	assert_non_null(call_of(proposals, "addrconf_dad_work", "c"));
	call = call_of(proposals, "c", "b");
	assert_non_null(call);
	assert_true(call->of[ORDER_THREAD_II].holds && !call->of[ORDER_THREAD_II].puts);
	assert_int_equal(call->of[ORDER_THREAD_II].depth, 2);
	assert_true(call->of[ORDER_THREAD_DAD].puts && !call->of[ORDER_THREAD_DAD].holds);
	assert_int_equal(call->of[ORDER_THREAD_DAD].depth, 1);
	assert_false(call->of[ORDER_THREAD_I].holds || call->of[ORDER_THREAD_I].puts);
	free(proposals);
}

/*
 * Behind it is held at its entry, before it at its return; with its reason; one after two of
 * the paths.
 */
static void test_what_is_called_beside(void **state)
{
	static const struct callee callees[] = {
		{ "before", .distance = 1, .apart = 60 },
		{ "behind", .behind = true, .distance = 1 },
		{ "farther", .behind = true, .distance = 2, .apart = 40 },
		{ "alloc", .behind = true, .distance = 1 }, /* is on the path itself */
	};
	/* clang-format off */
	static const char expected[] =
		"II held at return of alloc\n"
		"II held at return of route\n"
		"II held at behind: called by route, which takes a reference, after its call of alloc\n"
		"II held at return of input\n"
		"II held at farther: called by route, which takes a reference, after its call of alloc\n"
		"II held at return of before: called by route, which takes a reference, before its call of alloc\n";
	/* clang-format on */
	struct proposals *proposals = calloc(1, sizeof(*proposals));
	const struct proposals_call *call;
	char text[4096];

	(void)state;
	assert_non_null(proposals);
	proposals_add(proposals, "alloc < route < input < [softirq]", 1, 0);
	call = call_of(proposals, "route", "alloc");
	assert_non_null(call);
	for (size_t i = 0; i < sizeof(callees) / sizeof(callees[0]); i++) {
		proposals_add_beside(proposals, call, &callees[i]);
		proposals_add_beside(proposals, call, &callees[i]);
	}
	assert_int_equal(proposals->nr_beside, 3);
	rank_beside(proposals, text, sizeof(text));
	assert_string_equal(text, expected);
	free(proposals);
}

/* A better reason replaces a worse one, and only threads that pass the call are held. */
static void test_the_nearest_reason_stays(void **state)
{
	static const struct callee far = { "beside", .behind = true, .distance = 2 };
	static const struct callee near = { "beside", .behind = true, .distance = 1 };
	struct proposals *proposals = calloc(1, sizeof(*proposals));

	(void)state;
	assert_non_null(proposals);
	proposals_add(proposals, "a < b < c < [softirq]", 1, 1);
	proposals_add_beside(proposals, call_of(proposals, "c", "b"), &far);
	proposals_add_beside(proposals, call_of(proposals, "b", "a"), &near);
	proposals_add_beside(proposals, call_of(proposals, "c", "b"), &near);
	assert_int_equal(proposals->nr_beside, 1);
	assert_int_equal(proposals->beside[0].place.thread, ORDER_THREAD_II);
	assert_non_null(strstr(proposals->beside[0].why,
			       "called by b, which takes and drops a reference"));
	free(proposals);
}

static void test_generic(void **state)
{
	static const char *const generic[] = {
		"__fentry__",	     "__x86_return_thunk", "__stack_chk_fail",
		"_raw_spin_lock_bh", "kfree_skb",	   "__rcu_read_lock",
		"netdev_put",	     "in6_dev_put",	   "refcount_warn_saturate"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(generic) / sizeof(generic[0]); i++)
		assert_true(proposals_is_generic(generic[i]));
	assert_false(proposals_is_generic("rt6_uncached_list_add"));
	assert_false(proposals_is_generic("ip6_pol_route"));
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
		cmocka_unit_test(test_calls_of_paths),
		cmocka_unit_test(test_what_is_called_beside),
		cmocka_unit_test(test_the_nearest_reason_stays),
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("proposals", tests, NULL, NULL);
}
