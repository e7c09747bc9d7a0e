// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/symbols.h"

static int parse(const char *text, struct symbols **out)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	int err = symbols_read(file, out);

	fclose(file);
	return err;
}

static void test_functions_only_and_sorted(void **state)
{
	struct symbols *symbols;
	const struct symbol *found;
	uint64_t offset;

	(void)state;
	assert_int_equal(parse("ffffffff81002000 t second.isra.0\n"
			       "ffffffff81001000 T first\n"
			       "ffffffff81001800 D data\n"
			       "ffffffffc0001000 t veth_open\t[veth]\n",
			       &symbols),
			 0);
	found = symbols_find(symbols, 0xffffffff81001fffULL, &offset);
	assert_string_equal(found->name, "first");
	assert_null(found->module);
	assert_int_equal(offset, 0xfff);
	assert_string_equal(symbols_find(symbols, 0xffffffff81002000ULL, &offset)->name,
			    "second.isra.0");
	found = symbols_find(symbols, 0xffffffffc0001010ULL, &offset);
	assert_string_equal(found->name, "veth_open");
	assert_string_equal(found->module, "veth");
	assert_int_equal(offset, 0x10);
	symbols_free(symbols);
}

static void test_all_in_their_order(void **state)
{
	struct symbols *symbols;
	uint64_t size;

	(void)state;
	assert_int_equal(parse("ffffffff81002000 t second.isra.0\n"
			       "ffffffff81001000 T first\n"
			       "ffffffff81001000 T alias\n"
			       "ffffffffc0001000 t far\t[veth]\n",
			       &symbols),
			 0);
	assert_int_equal(symbols_nr(symbols), 4);
	assert_int_equal(symbols_get(symbols, 0, &size)->start, 0xffffffff81001000ULL);
	assert_int_equal(size, 0x1000);
	assert_int_equal(symbols_get(symbols, 1, &size)->start, 0xffffffff81001000ULL);
	assert_int_equal(size, 0x1000);
	assert_string_equal(symbols_get(symbols, 2, &size)->name, "second.isra.0");
	assert_int_equal(size, 512 * 1024); /* nothing says where it ends */
	assert_string_equal(symbols_get(symbols, 3, &size)->name, "far");
	assert_int_equal(size, 512 * 1024);
	symbols_free(symbols);
}

static void test_plain_names(void **state)
{
	char plain[8];

	(void)state;
	symbols_plain_name("f.constprop.0.cold", plain, sizeof(plain));
	assert_string_equal(plain, "f");
	symbols_plain_name("function", plain, sizeof(plain));
	assert_string_equal(plain, "functio");
}

static void test_what_lies_in_no_function(void **state)
{
	struct symbols *symbols;
	uint64_t offset;

	(void)state;
	assert_int_equal(parse("ffffffff81001000 T only\n", &symbols), 0);
	assert_null(symbols_find(symbols, 0xffffffff81000fffULL, &offset));
	assert_null(symbols_find(symbols, 0xffffffffc0000000ULL, &offset));
	symbols_free(symbols);
}

static void test_hidden_addresses_are_an_error(void **state)
{
	struct symbols *symbols;

	(void)state;
	assert_int_equal(
		parse("0000000000000000 T first\n0000000000000000 t second\n", &symbols),
		-EPERM);
	assert_int_equal(parse("not a list\n", &symbols), -ENOENT);
}

static int check(const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int err = symbols_check(file);

	fclose(file);
	return err;
}

static void test_the_first_address_shows_that_they_can_be_read(void **state)
{
	(void)state;
	assert_int_equal(check("0000000000000000 A fixed_percpu_data\n"
			       "0000000000000000 T at_zero\n"
			       "ffffffff81001000 T first\n"),
			 0);
	assert_int_equal(check("ffffffff81001000 D data\n0000000000000000 T hidden\n"), -EPERM);
	assert_int_equal(check("ffffffff81001000 D data\n"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions_only_and_sorted),
		cmocka_unit_test(test_all_in_their_order),
		cmocka_unit_test(test_plain_names),
		cmocka_unit_test(test_what_lies_in_no_function),
		cmocka_unit_test(test_hidden_addresses_are_an_error),
		cmocka_unit_test(test_the_first_address_shows_that_they_can_be_read),
	};

	return cmocka_run_group_tests_name("symbols", tests, NULL, NULL);
}
