// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "past_of.h"
#include "report/coverage_table.h"

#define CAMPAIGN                                                                   \
	"{\"type\":\"campaign\",\"schema_version\":3,\"id\":\"x\",\"machine\":{}," \
	"\"campaign\":{\"name\":\"x\",\"arms\":[\"control\",\"race\"]}}\n"
#define TRIAL(number, verdict, target, sent, inside)                                  \
	"{\"type\":\"trial\",\"verdict\":\"" verdict "\",\"spec\":{\"trial\":" number \
	",\"arm\":\"race\",\"direction\":\"inbound\",\"target\":\"" target            \
	"\",\"message\":\"echo\",\"echoes\":4},\"echoes_sent\":" sent                 \
	",\"echoes_inside\":" inside "}\n"

static char *written(const char *lines, void (*write)(const struct past *, FILE *))
{
	struct past *past = past_of(lines);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	write(past, out);
	assert_int_equal(fclose(out), 0);
	past_close(past);
	return text;
}

static void assert_has_row(const char *text, const char *row)
{
	if (!strstr(text, row))
		fail_msg("no row\n%s\nin\n%s", row, text);
}

static void test_a_row_for_each_packet_that_was_sent(void **state)
{
	char *text = written(CAMPAIGN TRIAL("1", "clean", "all-nodes", "4",
					    "4") TRIAL("2", "clean", "all-nodes", "4", "2")
				     TRIAL("3", "clean", "tentative", "4",
					   "1") TRIAL("4", "leak", "tentative", "4", "4")
					     TRIAL("5", "clean", "solicited-node", "0", "0"),
			     coverage_text);

	(void)state;
	assert_has_row(
		text,
		"\ninbound       all-nodes       echo                     2       2       0  77.7%\n");
	assert_has_row(
		text,
		"\ninbound       tentative       echo                     2       2       1  97.5%\n");
	assert_null(strstr(text, "solicited-node")); /* never sent */
	free(text);
}

/* What missed the window, or what cannot be believed, was sent, and has shown nothing. */
static void test_what_proves_nothing_is_not_inside(void **state)
{
	char *text = written(CAMPAIGN TRIAL("1", "missed", "all-nodes", "4", "0")
				     TRIAL("2", "invalid", "all-nodes", "4", "4"),
			     coverage_text);

	(void)state;
	assert_has_row(
		text,
		"\ninbound       all-nodes       echo                     2       0       0  100%\n");
	free(text);
}

static void test_the_page_has_the_same_rows(void **state)
{
	char *html = written(CAMPAIGN TRIAL("1", "leak", "tentative", "4", "4"), coverage_html);
	char *none =
		written(CAMPAIGN TRIAL("1", "clean", "tentative", "0", "0"), coverage_html);

	(void)state;
	assert_has_row(
		html,
		"<tr><td>inbound</td><td>tentative</td><td>echo</td><td class=\"n\">1</td>"
		"<td class=\"n\">1</td><td class=\"n bad\">1</td><td class=\"n\">100%</td></tr>");
	assert_string_equal(none, "");
	free(html);
	free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_row_for_each_packet_that_was_sent),
		cmocka_unit_test(test_what_proves_nothing_is_not_inside),
		cmocka_unit_test(test_the_page_has_the_same_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
