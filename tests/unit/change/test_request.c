// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "change/request.h"

static const struct rtmsg start = { .rtm_family = 10, .rtm_dst_len = 64 };

static void begin(struct request *request)
{
	request_begin(request, RTM_NEWROUTE, NLM_F_CREATE, &start, sizeof(start));
}

static void test_begins_with_its_structure(void **state)
{
	struct request request;

	(void)state;
	begin(&request);
	assert_int_equal(request.head.nlmsg_type, RTM_NEWROUTE);
	assert_int_equal(request.head.nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE);
	assert_int_equal(request.head.nlmsg_len, NLMSG_LENGTH(sizeof(start)));
	assert_memory_equal(NLMSG_DATA(&request.head), &start, sizeof(start));
}

/* The next attribute begins at a multiple of four; no length covers the padding. */
static void test_attributes_are_aligned(void **state)
{
	struct request request;
	struct rtattr *odd, *next;

	(void)state;
	begin(&request);
	odd = request_put(&request, 1, "abcde", 5);
	next = request_put(&request, 2, "f", 1);
	assert_int_equal(odd->rta_len, RTA_LENGTH(5));
	assert_int_equal((char *)next - (char *)odd, RTA_SPACE(5));
	assert_memory_equal(RTA_DATA(odd), "abcde", 5);
	assert_memory_equal(RTA_DATA(next), "f", 1);
	assert_int_equal(request.head.nlmsg_len,
			 NLMSG_LENGTH(sizeof(start)) + RTA_SPACE(5) + RTA_LENGTH(1));
}

/* As RTA_MULTIPATH wants it: structures, each with attributes of its own, in one attribute. */
static void test_nested_ones_are_within(void **state)
{
	struct rtnexthop path = { .rtnh_ifindex = 7 };
	struct request request;
	struct rtattr *paths, *gateway, *after;
	struct rtnexthop *at;

	(void)state;
	begin(&request);
	paths = request_put(&request, RTA_MULTIPATH, NULL, 0);
	at = request_append(&request, &path, sizeof(path));
	gateway = request_put(&request, RTA_GATEWAY, "0123456789abcdef", 16);
	request_end(&request, paths);
	after = request_put(&request, RTA_PRIORITY, "1234", 4);
	assert_ptr_equal(at, RTA_DATA(paths));
	assert_int_equal(at->rtnh_ifindex, 7);
	assert_int_equal(paths->rta_len, RTA_LENGTH(sizeof(path) + RTA_LENGTH(16)));
	assert_ptr_equal((char *)gateway + RTA_SPACE(16), after);
}

/* The kernel leaves out what does not fit into the message. */
static void test_the_message_covers_what_is_nested(void **state)
{
	struct request request;
	struct rtattr *outer;

	(void)state;
	begin(&request);
	outer = request_put(&request, 1, NULL, 0);
	request_put(&request, 2, "bridge", 6);
	request_end(&request, outer);
	assert_ptr_equal((char *)outer + outer->rta_len,
			 (char *)&request + request.head.nlmsg_len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begins_with_its_structure),
		cmocka_unit_test(test_attributes_are_aligned),
		cmocka_unit_test(test_nested_ones_are_within),
		cmocka_unit_test(test_the_message_covers_what_is_nested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
