// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "export/export.h"
#include "past_of.h"
#include "report/report_file.h"

/* Every text is hostile to one of the formats. */
#define EVIL "\\\"/><script>|@all# SKIP\\nok 9 - x\\n- name: y\\u001b"
#define CAMPAIGN                                                                               \
	"{\"type\":\"campaign\",\"schema_version\":3,\"id\":\"i\",\"machine\":{\"release\":\"" \
	"6.1" EVIL "\",\"version\":\"#1\",\"architecture\":\"x86_64\",\"cpus_online\":4,"      \
	"\"host\":\"secret" EVIL "\",\"command_line\":\"secret=1" EVIL "\"},\"campaign\":{"    \
	"\"name\":\"n" EVIL                                                                    \
	"\",\"clean_below_ppm\":999999,\"arms\":[\"control\",\"race\"]}}\n"
#define CLEAN                                                                            \
	"{\"type\":\"trial\",\"verdict\":\"clean\",\"reason\":\"r\",\"signature\":null," \
	"\"spec\":{\"trial\":1,\"arm\":\"race\"}}\n"
#define LEAK                                                                               \
	"{\"type\":\"trial\",\"verdict\":\"leak\",\"object\":\"o" EVIL "\",\"delta\":2,"   \
	"\"held_ns\":6000,"                                                                \
	"\"reason\":\"r" EVIL "\",\"signature\":\"leak/o" EVIL "\",\"spec\":{\"trial\":2," \
	"\"arm\":\"race\",\"steps\":1},\"steps\":[{\"thread\":\"I\",\"place\":\"p" EVIL    \
	"\",\"held_ns\":5000}],\"timeline\":[{\"at_ns\":1000,\"event\":\"start\","         \
	"\"sequence\":0,\"value\":0},{\"at_ns\":2000,\"event\":\"step-held\","             \
	"\"sequence\":1,\"value\":0},{\"at_ns\":3000,\"event\":\"echo-sent\","             \
	"\"sequence\":1,\"value\":0},{\"at_ns\":4000,\"event\":\"held\","                  \
	"\"sequence\":0,\"value\":0},{\"at_ns\":9000,\"event\":\"look\",\"sequence\":0,"   \
	"\"value\":2}]}\n"
#define SUMMARY "{\"type\":\"summary\",\"ended_by\":\"trials\",\"control\":true}\n"

static char *written(const char *name, report_writer *writer, const char *lines)
{
	struct past *past = past_of(lines);
	struct why why = { "" };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (writer(past, out, &why))
		fail_msg("%s: %s", name, why.text);
	assert_int_equal(fclose(out), 0);
	past_close(past);
	return text;
}

static char *exported(const char *name, const char *lines)
{
	return written(name, export_by_name(name)->write, lines);
}

static char *exported_with_host(const char *name, const char *lines)
{
	return written(name, export_by_name(name)->write_with_host, lines);
}

static uint32_t count(const char *text, const char *what)
{
	uint32_t nr = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		nr++;
	return nr;
}

/* As an error names them; there is always room. */
static void test_formats_in_words(void **state)
{
	(void)state;
	assert_string_equal(export_names(false).text,
			    "html, junit, kcidb, trace, pcapng, tap, lava, tmt or md");
	assert_string_equal(export_names(true).text, "junit or kcidb");
}

static void test_formats_by_ending(void **state)
{
	static const char *const files[][2] = {
		{ "a/junit.xml", "junit" },
		{ "kcidb.json", "kcidb" },
		{ "a.kcidb.json", "kcidb" },
		{ "x.trace.json", "trace" },
		{ "x.pcapng", "pcapng" },
		{ "x.tap", "tap" },
		{ "results.yaml", "tmt" },
		{ "x.md", "md" },
		{ "x.lava", "lava" },
		{ "x.html", "html" },
		{ "-", "html" },
		{ "page", "html" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_string_equal(export_by_ending(files[i][0])->name, files[i][1]);
	assert_null(export_by_name("pdf"));
}

static void test_nothing_private_and_no_control_character(void **state)
{
	(void)state;
	for (const struct export_format *at = export_formats; at->name; at++) {
		char *text = exported(at->name, CAMPAIGN CLEAN LEAK SUMMARY);

		assert_int_equal(count(text, "secret"), 0);
		assert_int_equal(count(text, "\x1b"), 0);
		free(text);
	}
}

static void test_junit_machine(void **state)
{
	char *text = exported("junit", CAMPAIGN CLEAN SUMMARY);

	(void)state;
	assert_non_null(strstr(text, "<property name=\"architecture\" value=\"x86_64\"/>"));
	assert_non_null(strstr(text, "<property name=\"cpus\" value=\"4\"/>"));
	assert_int_equal(count(text, "<property "), 3);
	free(text);
	text = exported_with_host("junit", CAMPAIGN CLEAN SUMMARY);
	assert_int_equal(count(text, "<property "), 5);
	assert_non_null(strstr(text, "<property name=\"host\" value=\"secret"));
	assert_non_null(strstr(text, "<property name=\"command_line\" value=\"secret=1"));
	assert_int_equal(count(text, "<script"), 0);
	free(text);
}

static void test_junit(void **state)
{
	char *text = exported("junit", CAMPAIGN CLEAN LEAK SUMMARY);

	(void)state;
	assert_non_null(
		strstr(text, "\" tests=\"2\" failures=\"2\" errors=\"0\" skipped=\"0\">\n"));
	assert_int_equal(count(text, "<testcase "), 2);
	assert_int_equal(count(text, "<script"), 0);
	assert_int_equal(count(text, "<failure message=\""), 2);
	free(text);
	text = exported("junit", CAMPAIGN CLEAN);
	assert_int_equal(count(text, "<error message=\"killed or still running"), 1);
	free(text);
}

static void test_a_case_is_a_line(void **state)
{
	char *tap = exported("tap", CAMPAIGN CLEAN LEAK SUMMARY);
	char *lava = exported("lava", CAMPAIGN CLEAN LEAK SUMMARY);
	char *tmt = exported("tmt", CAMPAIGN CLEAN LEAK SUMMARY);

	(void)state;
	assert_int_equal(strncmp(tap, "TAP version 13\n1..2\nnot ok 1 n_", 31), 0);
	assert_int_equal(count(tap, "\nok "), 0);
	assert_int_equal(count(tap, "\nnot ok "), 2);
	assert_int_equal(count(lava, "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID="), 2);
	assert_int_equal(count(lava, " RESULT=fail>\n"), 2);
	assert_int_equal(count(tmt, "- name: \"/"), 2);
	assert_int_equal(count(tmt, "\n"), 8);
	free(tap);
	free(lava);
	free(tmt);
}

static void test_markdown_calls_nobody(void **state)
{
	char *text = exported("md", CAMPAIGN CLEAN LEAK SUMMARY);

	(void)state;
	assert_int_equal(strncmp(text, "### dadrace: fault\n", 19), 0);
	assert_int_equal(count(text, "@"), 0);
	assert_non_null(strstr(text, "| race | 2 | 2 | 1 |\n"));
	free(text);
}

/* What means something is escaped, and nothing else: also the source is read. */
static void test_markdown_is_as_plain_as_it_can_be(void **state)
{
	static const char *const names[][2] = {
		{ "smoke-1.2", "smoke-1.2" },
		{ "net_device (p = 1)", "net_device (p = 1)" },
		{ "1. x", "1\\. x" },
		{ "2) x", "2\\) x" },
		{ "- x", "\\- x" },
		{ "+ x", "\\+ x" },
		{ "__init__", "\\_\\_init\\_\\_" },
		{ "[a](b)", "\\[a\\](b)" },
		{ "http://a.b", "http\\://a\\.b" },
		{ "*a*: #1", "\\*a\\*: \\#1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char lines[1024], head[256], *text;

		snprintf(
			lines, sizeof(lines),
			"{\"type\":\"campaign\",\"schema_version\":3,\"id\":\"i\",\"machine\":{\"release\":"
			"\"6.18.44\"},\"campaign\":{\"name\":\"%s\",\"arms\":[\"race\"]}}\n" CLEAN
				SUMMARY,
			names[i][0]);
		snprintf(head, sizeof(head), "\n\n%s on Linux 6.18.44: ", names[i][1]);
		text = exported("md", lines);
		assert_non_null(strstr(text, head));
		free(text);
	}
}

static const char *word(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	assert_non_null(text);
	return text;
}

static void test_kcidb_machine(void **state)
{
	char *text = exported("kcidb", CAMPAIGN CLEAN SUMMARY);
	json_auto_t *json = json_loads(text, 0, NULL);

	(void)state;
	assert_string_equal(
		word(json_array_get(json_object_get(json, "builds"), 0), "architecture"),
		"x86_64");
	assert_int_equal(count(text, "\"cpus\": 4"), 1);
	free(text);
	text = exported_with_host("kcidb", CAMPAIGN CLEAN SUMMARY);
	assert_int_equal(count(text, "\"host\": \"secret"), 1);
	assert_int_equal(count(text, "\"command_line\": \"secret=1"), 1);
	free(text);
}

#define DOTS                                                                            \
	"{\"type\":\"campaign\",\"schema_version\":3,\"machine\":{\"release\":\"6.1\"," \
	"\"architecture\":\"PA-RISC\"},\"campaign\":{\"name\":\".a..b.\",\"arms\":["    \
	"\"race\"]}}\n"

static void test_kcidb_has_no_empty_part_and_no_strange_architecture(void **state)
{
	char *text = exported("kcidb", DOTS CLEAN SUMMARY);

	(void)state;
	assert_non_null(strstr(text, "\"path\": \"dadrace._a._b_\""));
	assert_int_equal(count(text, "\"architecture\""), 1); /* the environment's */
	free(text);
}

/* As schema 5.3 demands: what is required is there, every reference has its object. */
static void test_kcidb(void **state)
{
	char *text = exported("kcidb", CAMPAIGN CLEAN LEAK SUMMARY);
	json_auto_t *json = json_loads(text, 0, NULL);
	const json_t *checkout = json_array_get(json_object_get(json, "checkouts"), 0);
	const json_t *build = json_array_get(json_object_get(json, "builds"), 0);
	const json_t *tests = json_object_get(json, "tests"), *test;
	size_t i;

	(void)state;
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(json, "version"), "minor")),
		3);
	assert_string_equal(word(build, "checkout_id"), word(checkout, "id"));
	assert_int_equal(json_array_size(tests), 2);
	json_array_foreach(tests, i, test)
	{
		const char *path = word(test, "path");

		assert_string_equal(word(test, "build_id"), word(build, "id"));
		assert_string_equal(word(test, "origin"), "dadrace");
		assert_string_equal(word(test, "status"), "FAIL");
		assert_int_equal(strspn(path,
					"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789_.-"),
				 strlen(path));
	}
	free(text);
}

static void test_trace(void **state)
{
	char *text = exported("trace", CAMPAIGN CLEAN LEAK SUMMARY);
	json_auto_t *json = json_loads(text, 0, NULL);
	const json_t *events = json_object_get(json, "traceEvents"), *event;
	uint32_t holds = 0, packets = 0, counts = 0;
	size_t i;

	(void)state;
	json_array_foreach(events, i, event)
	{
		const char *phase = json_string_value(json_object_get(event, "ph"));
		json_int_t track = json_integer_value(json_object_get(event, "tid"));

		holds += *phase == 'X' && track == 1 &&
			 json_number_value(json_object_get(event, "dur")) > 4.9;
		packets += *phase == 'i' && track == 2;
		counts += *phase == 'C';
	}
	assert_int_equal(json_array_size(events), 4 + 5 + 2 + 1);
	assert_int_equal(holds, 2);
	assert_int_equal(packets, 1);
	assert_int_equal(counts, 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats_by_ending),
		cmocka_unit_test(test_formats_in_words),
		cmocka_unit_test(test_nothing_private_and_no_control_character),
		cmocka_unit_test(test_junit_machine),
		cmocka_unit_test(test_junit),
		cmocka_unit_test(test_a_case_is_a_line),
		cmocka_unit_test(test_markdown_calls_nobody),
		cmocka_unit_test(test_markdown_is_as_plain_as_it_can_be),
		cmocka_unit_test(test_kcidb_machine),
		cmocka_unit_test(test_kcidb_has_no_empty_part_and_no_strange_architecture),
		cmocka_unit_test(test_kcidb),
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
