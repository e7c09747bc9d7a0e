// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explore/callees.h"

#define START 0xffffffff81001000ULL
#define MANY  0xffffffff82000000ULL /* 2 * CALLEES_MAX functions */
#define CODE  1024

static struct symbols *symbols;

static const struct {
	const char *name;
	uint64_t start;
} functions[] = {
	{ "first", 0xffffffff80000000ULL },	   { "second", 0xffffffff81000100ULL },
	{ "third", 0xffffffff81000200ULL },	   { "self", START },
	{ "self.cold", 0xffffffff81009000ULL },	   { "split.part.0", 0xffffffff81009100ULL },
	{ "known.isra.0", 0xffffffff8100a000ULL }, { "known_too", 0xffffffff8100b000ULL },
	{ "generic_lock", 0xffffffff8100c000ULL }, { "module_one", 0xffffffffc0001000ULL },
};

static bool is_generic(const char *name)
{
	return !strncmp(name, "generic_", strlen("generic_"));
}

static int read_symbols(void **state)
{
	char text[4096] = "";
	size_t used = 0;
	FILE *file;
	int err;

	(void)state;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%llx t %s\n",
					 (unsigned long long)functions[i].start,
					 functions[i].name);
	for (uint32_t i = 0; i < 2 * CALLEES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%llx t many_%u\n",
					 MANY + 16 * i, i);
	file = fmemopen(text, used, "r");
	err = symbols_read(file, &symbols);
	fclose(file);
	return err;
}

static int free_symbols(void **state)
{
	(void)state;
	symbols_free(symbols);
	return 0;
}

/* A made-up function. */
struct function {
	uint8_t code[CODE];
	size_t size;
};

static void bytes(struct function *function, const char *raw, size_t size)
{
	memcpy(function->code + function->size, raw, size);
	function->size += size;
}

static void call_address(struct function *function, uint8_t opcode, uint64_t target)
{
	uint32_t distance = (uint32_t)(target - (START + function->size + 5));

	function->code[function->size++] = opcode;
	for (int i = 0; i < 4; i++)
		function->code[function->size++] = (uint8_t)(distance >> 8 * i);
}

/* `off` bytes behind where the function starts. */
static void call_at(struct function *function, uint8_t opcode, const char *name, uint32_t off)
{
	uint64_t target = 0;

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (!strcmp(functions[i].name, name))
			target = functions[i].start;
	assert_true(target);
	call_address(function, opcode, target + off);
}

static void call(struct function *function, const char *name)
{
	bytes(function, "\x48\x89\xdf", 3); /* mov %rbx,%rdi */
	call_at(function, 0xe8, name, 0);
}

/* "-1 before, +1 behind", as they are found. */
static const char *beside(const struct function *function, const char *known)
{
	static char text[1024];
	struct callees callees;
	size_t used = 0;

	callees_beside(symbols, START, function->code, function->size, known, is_generic,
		       &callees);
	text[0] = '\0';
	for (uint32_t i = 0; i < callees.nr; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%c%u %s",
					 i ? ", " : "", callees.list[i].behind ? '+' : '-',
					 callees.list[i].distance, callees.list[i].name);
	return text;
}

static void test_both_sides(void **state)
{
	struct function function = { 0 };

	(void)state;
	call(&function, "first");
	call(&function, "second");
	call(&function, "generic_lock");
	call(&function, "third");
	call(&function, "known.isra.0");
	call(&function, "generic_lock");
	call(&function, "module_one");
	bytes(&function, "\xc3", 1);
	assert_string_equal(beside(&function, "known"), "-1 third, -2 second, +1 module_one");
	assert_string_equal(beside(&function, "first"), "+1 second, +2 third");
	assert_string_equal(beside(&function, "known_too"), "");
	assert_string_equal(beside(&function, "know"), "");
}

/* A function that ends in a call jumps there; what was split off, and itself, is no callee. */
static void test_jumps(void **state)
{
	struct function function = { 0 };

	(void)state;
	call(&function, "self");
	call(&function, "known.isra.0");
	call(&function, "split.part.0");
	call_at(&function, 0xe9, "second", 0);
	assert_string_equal(beside(&function, "known"), "+1 second");

	function.size = 0;
	call(&function, "known.isra.0");
	call_at(&function, 0xe9, "self.cold", 0);
	call(&function, "second");
	assert_string_equal(beside(&function, "known"), "");
}

/*
 * Opcodes in something else do not hide what follows, and only the very start of a function is
 * called.
 */
static void test_other_bytes(void **state)
{
	struct function function = { 0 };

	(void)state;
	call(&function, "known.isra.0");
	bytes(&function, "\xb8\xe8\x03\x00\x00", 5); /* mov $1000,%eax */
	call_at(&function, 0xe8, "first", 4);
	call_at(&function, 0xe8, "third", 0);
	bytes(&function, "\xe8\x01\x02", 3); /* cut off */
	assert_string_equal(beside(&function, "known"), "+1 third");
	function.size = 3;
	assert_string_equal(beside(&function, "known"), "");
	function.size = 0;
	assert_string_equal(beside(&function, "known"), "");
}

/* Between two of the known calls each has its own side; the nearest counts. */
static void test_several_known_calls(void **state)
{
	struct function function = { 0 };

	(void)state;
	call(&function, "known.isra.0");
	call(&function, "first");
	call(&function, "second");
	call(&function, "known.isra.0");
	call(&function, "second");
	assert_string_equal(beside(&function, "known"),
			    "+1 first, +1 second, -1 second, -2 first");
}

/*
 * What is behind a jump in the function, or a return, does not come next; nor does what is
 * behind a call by a jump.
 */
static void test_where_the_code_goes_elsewhere(void **state)
{
	struct function function = { 0 };

	(void)state;
	call(&function, "first");
	call_address(&function, 0xe9, START + 2); /* inside the function */
	call(&function, "known.isra.0");
	bytes(&function, "\xc3\xcc", 2);
	call(&function, "second");
	assert_string_equal(beside(&function, "known"), "");
	assert_string_equal(beside(&function, "first"), "");

	function.size = 0;
	call_at(&function, 0xe9, "first", 0);
	call(&function, "known.isra.0");
	call_at(&function, 0xe9, "second", 0);
	call(&function, "third");
	assert_string_equal(beside(&function, "known"), "+1 second");
	assert_string_equal(beside(&function, "second"), ""); /* it is not on its stack */

	function.size = 0;
	call(&function, "known.isra.0");
	bytes(&function, "\x48\x89\xc3", 3);	     /* mov %rax,%rbx */
	call_address(&function, 0xe9, START + CODE); /* another one's, by chance */
	call(&function, "first");
	assert_string_equal(beside(&function, "known"), "+1 first");
}

/* So near that it is the same branch: the last byte of the reach, and one more. */
static void test_too_far_away(void **state)
{
	struct function function = { 0 };

	(void)state;
	call(&function, "known.isra.0");
	function.size += 128 - 8;
	call(&function, "first");
	assert_string_equal(beside(&function, "known"), "+1 first");
	assert_string_equal(beside(&function, "first"), "-1 known");
	memset(&function, 0, sizeof(function));
	call(&function, "known.isra.0");
	function.size += 128 - 7;
	call(&function, "first");
	assert_string_equal(beside(&function, "known"), "");
	assert_string_equal(beside(&function, "first"), "");
}

static void test_more_than_there_is_room_for(void **state)
{
	struct function function = { 0 };
	struct callees callees;

	(void)state;
	for (uint32_t i = 0; i < 2 * CALLEES_MAX; i++) {
		call(&function, "known.isra.0");
		call_address(&function, 0xe8, MANY + 16 * i);
	}
	callees_beside(symbols, START, function.code, function.size, "known", is_generic,
		       &callees);
	assert_int_equal(callees.nr, CALLEES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_sides),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_other_bytes),
		cmocka_unit_test(test_several_known_calls),
		cmocka_unit_test(test_where_the_code_goes_elsewhere),
		cmocka_unit_test(test_too_far_away),
		cmocka_unit_test(test_more_than_there_is_room_for),
	};

	return cmocka_run_group_tests_name("callees", tests, read_symbols, free_symbols);
}
