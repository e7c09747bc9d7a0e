// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Results that another has written or edited: a sentence, in bounded memory and time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/reader.h"
#include "results/results.h"

static char folder[] = "/tmp/dadrace-strange-XXXXXX";
static char path[sizeof(folder) + sizeof("/results.ndjson")];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/results.ndjson", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return unlink(path) || rmdir(folder);
}

static FILE *begin(void)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fprintf(file,
		"{\"type\":\"campaign\",\"schema_version\":%d,\"id\":\"x\",\"campaign\":{\"name\":\"n\\u001b[2J\",\"arms\":[\"race\"]}}\n",
		RESULTS_SCHEMA_VERSION);
	return file;
}

static void refused(FILE *file, const char *sentence)
{
	struct past *past = NULL;
	struct why why = { "" };

	assert_int_equal(fclose(file), 0);
	assert_true(past_open(folder, &past, &why) < 0);
	assert_null(past);
	assert_non_null(strstr(why.text, sentence));
}

static void put_leak(FILE *file, uint32_t trial)
{
	fprintf(file,
		"{\"type\":\"trial\",\"verdict\":\"leak\",\"signature\":\"leak/%u\",\"spec\":{\"trial\":%u,\"arm\":\"race\"}}\n",
		trial, trial);
}

static void test_a_line_without_an_end(void **state)
{
	FILE *file = begin();

	(void)state;
	for (int i = 0; i < 5 << 20; i++)
		putc('0', file);
	refused(file, "line 2 is longer than 4 MiB");
}

static void test_a_nest(void **state)
{
	FILE *file = begin();

	(void)state;
	for (int i = 0; i < 1 << 20; i++)
		putc('[', file);
	fputs("\n{}\n", file);
	refused(file, "line 2 is not JSON");
}

static void test_more_findings_than_anybody_reads(void **state)
{
	FILE *file = begin();

	(void)state;
	for (uint32_t i = 1; i <= 1100; i++)
		put_leak(file, i);
	refused(file, "line 1026 is one of more than 1024 findings");
}

static void test_numbers_beyond_all_bounds(void **state)
{
	static const char *const numbers[] = { "9223372036854775807", "-1", "4294967296",
					       "1e308", "99999999999999999999" };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct past *past = NULL;
		struct why why = { "" };
		FILE *file = begin();

		fprintf(file,
			"{\"type\":\"trial\",\"verdict\":\"clean\",\"spec\":{\"trial\":%s,\"arm\":\"race\"}}\n{}\n",
			numbers[i]);
		assert_int_equal(fclose(file), 0);
		if (past_open(folder, &past, &why))
			assert_non_null(strstr(why.text, "line 2"));
		past_close(past);
	}
}

static void test_texts_are_shown(void **state)
{
	struct past *past = NULL;
	struct why why;

	(void)state;
	assert_int_equal(fclose(begin()), 0);
	assert_int_equal(past_open(folder, &past, &why), 0);
	assert_string_equal(past_name(past), "n\\u001b[2J");
	past_close(past);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_without_an_end),
		cmocka_unit_test(test_a_nest),
		cmocka_unit_test(test_more_findings_than_anybody_reads),
		cmocka_unit_test(test_numbers_beyond_all_bounds),
		cmocka_unit_test(test_texts_are_shown),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
