// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/abilities.h"
#include "machine/kallsyms.h"
#include "run/callees_here.h"

/* What is called next to references, in the running kernel's own code. */
enum { SKIPPED = 77 };

static struct probes *probes;
static struct symbols *symbols;

static uint64_t start_of(const char *name)
{
	for (size_t i = 0; i < symbols_nr(symbols); i++) {
		uint64_t size;
		const struct symbol *symbol = symbols_get(symbols, i, &size);

		if (!strcmp(symbol->name, name))
			return symbol->start;
	}
	return 0;
}

static bool is_beside(const struct proposals *proposals, const char *name)
{
	for (uint32_t i = 0; i < proposals->nr_beside; i++)
		if (!strcmp(proposals->beside[i].place.place, name))
			return true;
	return false;
}

/*
 * net/ipv6/route.c: ip6_pol_route() takes a route by ip6_rt_cache_alloc(), and hands it to
 * rt6_uncached_list_add() (5.10 to 7.2).
 */
static void test_what_follows_a_route_that_was_taken(void **state)
{
	struct proposals *proposals;
	struct why why = { "" };

	(void)state;
	if (!start_of("ip6_pol_route") || !start_of("rt6_uncached_list_add"))
		skip();
	proposals = calloc(1, sizeof(*proposals));
	assert_non_null(proposals);
	proposals_add(proposals,
		      "ip6_rt_cache_alloc < ip6_pol_route < ip6_pol_route_input < [softirq]", 1,
		      0);
	proposals_add(proposals,
		      "dst_alloc < ip6_dst_alloc < ip6_pol_route < ip6_pol_route_input < "
		      "[softirq]",
		      1, 0);
	if (kernel_calls_find(probes, proposals, &why))
		fail_msg("%s", why.text);
	for (uint32_t i = 0; i < proposals->nr_beside; i++)
		print_message("%s: %s\n", proposals->beside[i].place.place,
			      proposals->beside[i].why);
	assert_true(is_beside(proposals, "rt6_uncached_list_add"));
	assert_false(is_beside(proposals, "ip6_pol_route"));
	free(proposals);
}

static void test_nothing_is_beside_what_is_not_called(void **state)
{
	struct proposals *proposals = calloc(1, sizeof(*proposals));
	struct why why = { "" };

	(void)state;
	assert_non_null(proposals);
	proposals_add(proposals, "no_such_function < ip6_pol_route < [softirq]", 1, 0);
	proposals_add(proposals, "ip6_pol_route < no_such_function < [softirq]", 1, 0);
	if (kernel_calls_find(probes, proposals, &why))
		fail_msg("%s", why.text);
	assert_int_equal(proposals->nr_beside, 0);
	free(proposals);
}

/* What cannot be read is said, and leaves the caller's memory alone. */
static void test_code_that_is_not_there(void **state)
{
	static const uint8_t untouched[64];
	uint8_t code[64] = { 0 };
	struct why why = { "" };

	(void)state;
	assert_int_equal(probes_code(probes, 0xdead000000000000ULL, code, sizeof(code), &why),
			 -EFAULT);
	assert_memory_equal(code, untouched, sizeof(code));
	assert_non_null(strstr(why.text, "0xdead000000000000"));
	assert_int_equal(probes_code(probes, symbols_get(symbols, 0, &(uint64_t){ 0 })->start,
				     code, CODE_BYTES + 1, &why),
			 -EFAULT);
	assert_memory_equal(code, untouched, sizeof(code));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_follows_a_route_that_was_taken),
		cmocka_unit_test(test_nothing_is_beside_what_is_not_called),
		cmocka_unit_test(test_code_that_is_not_there),
	};
	const struct probes_ask ask = { .counts_only = true, .code = true };
	struct why why = { "" };
	int failures;

	if (geteuid() != 0 || !abilities()->finds_calls) {
		puts("SKIP: needs root, and x86-64");
		return SKIPPED;
	}
	if (kallsyms_load(&symbols, &why) || probes_open(&ask, &probes, &why)) {
		printf("SKIP: %s\n", why.text);
		return SKIPPED;
	}
	failures = cmocka_run_group_tests_name("kernel_calls", tests, NULL, NULL);
	probes_close(probes);
	symbols_free(symbols);
	return failures;
}
