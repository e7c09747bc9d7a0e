// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/escape.h"
#include "base/fields.h"
#include "base/shown.h"
#include "base/why.h"

/* clang-format off */
static const struct {
	const char *from, *shown;
} cases[] = {
	{ "", "" },
	{ "dut1: \xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7", "dut1: \xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7" },
	{ "\033]0;X\a\033[31m<b>", "\\u001b]0;X\\u0007\\u001b[31m<b>" },
	{ "a\nb\tc\rd\x7f", "a\\u000ab\\u0009c\\u000dd\\u007f" },
	{ "\xc2\x9b" "31m", "\\u009b31m" },			/* CSI of C1 */
	{ "\xe2\x80\xae" "exe.txt", "\\u202eexe.txt" },	/* right-to-left override */
	{ "\xe2\x81\xa6" "a\xd8\x9c", "\\u2066a\\u061c" },
	{ "a\xe2\x80\xa8" "b", "a\\u2028b" },
	{ "\x9b" "31m", "\\x9b31m" },			/* the same on a terminal of 8 bits */
	{ "\xc0\x9b", "\\xc0\\x9b" },			/* overlong */
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },		/* half of a pair */
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },	/* beyond Unicode */
	{ "a\xe2\x82", "a\\xe2\\x82" },			/* torn */
};
/* clang-format on */

enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static void test_what_is_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		char buffer[128];
		char *text = shown_text(cases[i].from, "");

		assert_string_equal(text, cases[i].shown);
		assert_true(shown_copy(cases[i].from, "", buffer, sizeof(buffer)));
		assert_string_equal(buffer, cases[i].shown);
		strcpy(buffer, cases[i].from);
		shown_in_place(buffer, sizeof(buffer));
		assert_string_equal(buffer, cases[i].shown);
		shown_in_place(buffer, sizeof(buffer)); /* once more changes nothing */
		assert_string_equal(buffer, cases[i].shown);
		free(text);
	}
}

static void test_no_character_is_cut_in_two(void **state)
{
	char small[8];

	(void)state;
	assert_false(shown_copy("abcd\xe2\x82\xac\xe2\x82\xac", "", small, sizeof(small)));
	assert_string_equal(small, "abcd\xe2\x82\xac");
	assert_false(shown_copy("ab\033\033", "", small, sizeof(small)));
	assert_string_equal(small, "ab");
	assert_false(shown_copy("a\nb\n\033", "\n", small, sizeof(small)));
	assert_string_equal(small, "a\nb\n");
}

static void test_a_word_is_short(void **state)
{
	char text[200];

	(void)state;
	memset(text, '\a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(strlen(show(text).text) < sizeof(struct shown));
	assert_non_null(strstr(show(text).text, "\\u0007..."));
	assert_string_equal(show("eth0").text, "eth0");
}

static void test_a_sentence_is_one_line(void **state)
{
	struct why why;

	(void)state;
	why_set(&why, 0, "%s: no such file", "x\nforged: all is well\033[2J");
	assert_string_equal(why.text, "x\\u000aforged: all is well\\u001b[2J: no such file");
}

static void test_texts_of_json(void **state)
{
	json_auto_t *json = json_loads(
		"{\"a\": \"x\\u001b\", \"b\": [\"\\n\", 1, {\"c\\u007f\": \"\\u202e\"}]}", 0,
		NULL);
	char *text;

	(void)state;
	assert_int_equal(fields_show(json, ""), 0);
	text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(
		text,
		"{\"a\":\"x\\\\u001b\",\"b\":[\"\\\\u000a\",1,{\"c\\\\u007f\":\"\\\\u202e\"}]}");
	free(text);
}

static void test_markup_shows_the_same(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	markup_text(out, "<b>\033\xe2\x80\xae\n\xef\xbf\xbf\xff");
	fclose(out);
	assert_string_equal(text, "&lt;b&gt;\\u001b\\u202e\n?\\xff");
	free(text);
}

/* --- the streams --- */

static int ends[2], kept;

/* In place of standard output is a pipe. */
static int open_streams(void **state)
{
	static FILE *own;

	(void)state;
	own = stdout;
	fflush(own);
	kept = dup(STDOUT_FILENO);
	if (kept < 0 || pipe(ends) || dup2(ends[1], STDOUT_FILENO) < 0)
		return -1;
	*state = own;
	return shown_streams();
}

static int close_streams(void **state)
{
	fflush(stdout);
	stdout = *state;
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void arrives(const char *expected)
{
	char text[256] = "";
	ssize_t nr;

	fflush(stdout);
	nr = read(ends[0], text, sizeof(text) - 1);
	assert_true(nr >= 0);
	assert_string_equal(text, expected);
}

static void test_streams_show(void **state)
{
	(void)state;
	printf("%s\t%s\n", "\033]0;X\a", "fine \xc3\xa4");
	arrives("\\u001b]0;X\\u0007\tfine \xc3\xa4\n");
}

static void test_a_character_may_come_in_parts(void **state)
{
	(void)state;
	fputs("a\xe2\x82", stdout);
	arrives("a");
	fputs("\xac!\xe2", stdout);
	arrives("\xe2\x82\xac!");
	fputs("\x80\xae", stdout);
	arrives("\\u202e");
}

static void test_what_is_our_own_passes(void **state)
{
	(void)state;
	fputs("a", stdout);
	shown_control(stdout, "\033[1m");
	fputs("\033[0m", stdout);
	arrives("a\033[1m\\u001b[0m");
	assert_int_equal(shown_fd(stdout), STDOUT_FILENO);
	assert_int_equal(shown_fd(stderr), STDERR_FILENO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_shown),
		cmocka_unit_test(test_no_character_is_cut_in_two),
		cmocka_unit_test(test_a_word_is_short),
		cmocka_unit_test(test_a_sentence_is_one_line),
		cmocka_unit_test(test_texts_of_json),
		cmocka_unit_test(test_markup_shows_the_same),
		cmocka_unit_test_setup_teardown(test_streams_show, open_streams, close_streams),
		cmocka_unit_test_setup_teardown(test_a_character_may_come_in_parts,
						open_streams, close_streams),
		cmocka_unit_test_setup_teardown(test_what_is_our_own_passes, open_streams,
						close_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
