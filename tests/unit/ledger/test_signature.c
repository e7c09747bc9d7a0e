// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/signature.h"

/* clang-format off */
static const struct {
	const char *what;
	enum holder_kind holder;
	const char *stack, *signature;
} rows[] = {
	{ "the path ends where the packet comes in", HOLDER_ROUTE,
	  "ip6_rt_cache_alloc < __ip6_rt_update_pmtu < ip6_update_pmtu < icmpv6_err < icmpv6_rcv < ip6_protocol_deliver_rcu < ip6_input < process_backlog < [softirq]",
	  "leak/net_device/route/ip6_rt_cache_alloc<__ip6_rt_update_pmtu<ip6_update_pmtu<icmpv6_err<icmpv6_rcv" },
	{ "a counter's path, which has what makes the dst", HOLDER_ROUTE,
	  "dst_alloc < ip6_dst_alloc < ip6_rt_cache_alloc < __ip6_rt_update_pmtu < ip6_update_pmtu < icmpv6_err < icmpv6_rcv < ip6_protocol_deliver_rcu < ip6_input_finish < napi_complete_done < [softirq]",
	  "leak/net_device/route/ip6_rt_cache_alloc<__ip6_rt_update_pmtu<ip6_update_pmtu<icmpv6_err<icmpv6_rcv" },
	{ "words become one", HOLDER_PACKET_SOCKET, "packet_do_bind < packet_bind < __sys_bind < [syscall]",
	  "leak/net_device/packet_socket/packet_do_bind<packet_bind" },
	{ "a function that no row has", HOLDER_OTHER, "lose_device < source_return < [syscall]",
	  "leak/net_device/other/lose_device<source_return" },
	{ "nothing is left out when there is nothing else", HOLDER_ROUTE, "dst_alloc < [workqueue]",
	  "leak/net_device/route/dst_alloc" },
	{ "a way in that holds itself", HOLDER_OTHER, "sock_alloc < __sys_socket < [syscall]",
	  "leak/net_device/other/sock_alloc" },
	{ "no function is known", HOLDER_OTHER, "[unknown]", "leak/net_device/other/[unknown]" },
};
/* clang-format on */

static void test_signatures(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct digest_suspect holder = { .holder = rows[i].holder };
		char signature[SIGNATURE];

		print_message("%s\n", rows[i].what);
		snprintf(holder.stack, sizeof(holder.stack), "%s", rows[i].stack);
		signature_write("leak/net_device", &holder, signature, sizeof(signature));
		assert_string_equal(signature, rows[i].signature);
	}
}

/* A path as long as a digest keeps it. */
static void test_a_long_path_fits(void **state)
{
	struct digest_suspect holder = { 0 };
	char signature[SIGNATURE];
	size_t used = 0;

	(void)state;
	while (used + sizeof("function < [rcu]") < sizeof(holder.stack))
		used += (size_t)snprintf(holder.stack + used, sizeof(holder.stack) - used,
					 "function < ");
	snprintf(holder.stack + used, sizeof(holder.stack) - used, "[rcu]");
	signature_write("leak/inet6_dev", &holder, signature, sizeof(signature));
	assert_true(strlen(signature) < sizeof(signature) - 1);
	assert_string_equal(signature + strlen(signature) - strlen("<function"), "<function");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_a_long_path_fits),
	};

	return cmocka_run_group_tests_name("signature", tests, NULL, NULL);
}
