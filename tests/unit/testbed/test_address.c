// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "testbed/address.h"

static const char *const words[] = {
	"fe80::1/64,2",
	"192.0.2.1/24,0",
	"192.0.2.1/24,1,broadcast=192.0.2.255",
	"192.0.2.1/32,0,peer=192.0.2.9,scope=253,label=eth0:1",
	"2001:db8::1/64,200,peer=2001:db8::9,valid=90,preferred=0",
	"fe80::1/64,0,origin=kernel",
	"fe80::1/64,0,origin=link",
};

static void test_words_are_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct address address;
		char text[ADDRESS_TEXT];

		assert_true(address_read(words[i], &address));
		assert_true(address_write(&address, text));
		assert_string_equal(text, words[i]);
	}
}

static void test_others_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"fe80::1",
		"fe80::1/64",
		"fe80::1/129,0",
		"fe80::/64,g",
		"192.0.2.1/24,0,192.0.2.255",
		"192.0.2.1/24,0,broadcast=fe80::1",
		"192.0.2.1/24,0,peer=",
		"192.0.2.1/24,0,scope=256",
		"192.0.2.1/24,0,valid=1s",
		"192.0.2.1/24,0,colour=red",
		"fe80::1/64,0,origin=",
		"fe80::1/64,0,origin=dhcp",
	};
	struct address address;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(address_read(bad[i], &address));
		assert_false(addresses_are_same(bad[i], "192.0.2.1/24,0", 0));
	}
}

static void test_a_list_holds_no_label_with_spaces(void **state)
{
	struct address address;
	char text[ADDRESS_TEXT];

	(void)state;
	assert_true(address_read("192.0.2.1/24,0", &address));
	strcpy(address.label, "eth0 a");
	assert_false(address_write(&address, text));
	strcpy(address.label, "eth0,a");
	assert_false(address_write(&address, text));
}

static void test_lists_have_no_order(void **state)
{
	static const char both[] = "fe80::1/64,2 192.0.2.1/24,0,label=a:1";

	(void)state;
	assert_true(addresses_are_same("", "", 0));
	assert_true(addresses_are_same(both, "192.0.2.1/24,0,label=a:1 fe80::1/64,2", 0));
	assert_false(addresses_are_same(both, "fe80::1/64,2", 0));
	assert_false(addresses_are_same("fe80::1/64,2", both, 0));
	assert_false(addresses_are_same(both, "fe80::1/64,2 192.0.2.1/24,0,label=a:2", 0));
	assert_false(addresses_are_same(both, "fe80::1/64,2 192.0.2.1/24,0", 0));
	assert_false(addresses_are_same(both, "fe80::1/64,0 192.0.2.1/24,0,label=a:1", 0));
}

/* With a carrier the kernel makes its address again, without one nobody does. */
static void test_what_comes_with_the_carrier_is_not_missed(void **state)
{
	static const char of_link[] = "192.0.2.1/24,0 fe80::1/64,0,origin=link";
	static const char own[] = "192.0.2.1/24,0 fe80::1/64,0,origin=kernel";

	(void)state;
	assert_true(addresses_are_same("192.0.2.1/24,0", of_link, 0));
	assert_true(addresses_are_same(of_link, "192.0.2.1/24,0", 0));
	assert_false(addresses_are_same("192.0.2.1/24,0", own, 0));
	assert_false(addresses_are_same(own, "192.0.2.1/24,0", 0));
	assert_true(addresses_are_same(of_link, own, 0));
}

/* What is left counts down, and is rounded each time that it is read. */
static void test_lifetimes_are_about_the_same(void **state)
{
	static const char ends[] = "2001:db8::1/64,0,valid=100,preferred=50";

	(void)state;
	assert_true(addresses_are_same(ends, "2001:db8::1/64,0,valid=101,preferred=49", 10));
	assert_false(addresses_are_same(ends, "2001:db8::1/64,0,valid=110,preferred=50", 10));
	assert_false(addresses_are_same(ends, "2001:db8::1/64,0,valid=100", 10));
	assert_false(addresses_are_same(ends, "2001:db8::1/64,0", 10));
	assert_true(addresses_are_same(ends, "2001:db8::1/64,0,valid=100,preferred=0", 60));
}

/* An address whose time has come is gone without us. */
static void test_what_is_over_is_not_missed(void **state)
{
	static const char list[] = "2001:db8::1/64,0,valid=100 fe80::1/64,2";
	struct address address;
	const char *at = list;

	(void)state;
	assert_true(addresses_are_same(list, "fe80::1/64,2", 100));
	assert_false(addresses_are_same(list, "fe80::1/64,2", 90));
	assert_true(address_next(&at, &address, 100));
	assert_int_equal(address.flags, 2);
	assert_int_equal(address_left(address.valid_until, 100), UINT32_MAX);
	assert_false(address_next(&at, &address, 100));
	assert_string_equal(at, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_are_read_back),
		cmocka_unit_test(test_others_are_refused),
		cmocka_unit_test(test_a_list_holds_no_label_with_spaces),
		cmocka_unit_test(test_lists_have_no_order),
		cmocka_unit_test(test_what_comes_with_the_carrier_is_not_missed),
		cmocka_unit_test(test_lifetimes_are_about_the_same),
		cmocka_unit_test(test_what_is_over_is_not_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
