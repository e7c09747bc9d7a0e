// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trial/last_words.h"

static void add(char words[LAST_WORDS], const char *said)
{
	last_words_add(words, said, strlen(said));
}

static void test_the_last_line(void **state)
{
	char words[LAST_WORDS] = "";

	(void)state;
	assert_string_equal(last_words_line(words), "");
	add(words, "first\nsec");
	add(words, "ond\nlast\r\n\n");
	last_words_end(words);
	assert_string_equal(words, "first\nsecond\nlast");
	assert_string_equal(last_words_line(words), "last");
}

static void test_the_end_is_kept_by_whole_lines(void **state)
{
	char words[LAST_WORDS] = "", line[101], expected[LAST_WORDS] = "";

	(void)state;
	memset(line, 'x', 99);
	line[99] = '\n';
	line[100] = '\0';
	for (int i = 0; i < 9; i++) {
		line[0] = (char)('1' + i);
		add(words, line);
		if (i > 3)
			strcat(expected, line);
	}
	assert_string_equal(words, expected);
}

static void test_a_line_without_an_end_is_cut(void **state)
{
	static char flood[100000];
	char words[LAST_WORDS] = "";

	(void)state;
	memset(flood, 'y', sizeof(flood));
	last_words_add(words, flood, sizeof(flood));
	last_words_add(words, "z", 1);
	assert_int_equal(strlen(words), LAST_WORDS - 1);
	assert_string_equal(words + LAST_WORDS - 3, "yz");
}

static void test_foreign_text_is_harmless(void **state)
{
	char words[LAST_WORDS] = "";

	(void)state;
	last_words_add(words, "\033[31mred\0\a\nlast\xc2\x9b line\n", 22);
	last_words_end(words);
	assert_string_equal(words, "\\u001b[31mred\\u0007\nlast\\u009b line");
}

static void not_found(const char *words, const char *expected)
{
	char line[160] = "";

	assert_int_equal(last_words_not_found(words, line, sizeof(line)), expected != NULL);
	if (expected)
		assert_string_equal(line, expected);
}

static void test_a_shell_that_finds_no_program(void **state)
{
	(void)state;
	not_found("sh: 1: insmod: not found", "sh: 1: insmod: not found");
	not_found("sh: insmod: not found", "sh: insmod: not found");
	not_found("up\nbash: line 1: insmod: command not found\nlast",
		  "bash: line 1: insmod: command not found");
	not_found("zsh:1: command not found: insmod\nx", "zsh:1: command not found: insmod");
	not_found("", NULL);
	not_found("Cannot find device \"eth0\"\nRTNETLINK answers: File exists", NULL);
	not_found("interface eth0 not found\nconfiguration: not found in cache", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_last_line),
		cmocka_unit_test(test_the_end_is_kept_by_whole_lines),
		cmocka_unit_test(test_a_line_without_an_end_is_cut),
		cmocka_unit_test(test_foreign_text_is_harmless),
		cmocka_unit_test(test_a_shell_that_finds_no_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
