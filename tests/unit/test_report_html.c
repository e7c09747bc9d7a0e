// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "report_html.h"

/* --- results in which every text is hostile --- */

#define EVIL "</pre></title><script>alert(1)</script>"
#define CAMPAIGN_LINE                                                                     \
	"{\"type\":\"campaign\",\"schema_version\":1,\"id\":\"" EVIL "\",\"machine\":{"   \
	"\"release\":\"" EVIL "\",\"version\":\"" EVIL "\",\"planted\":\"" EVIL "\","     \
	"\"cpus_online\":3},\"campaign\":{\"name\":\"" EVIL "\",\"kernel\":\"" EVIL "\"," \
	"\"arms\":[\"control\",\"race\"],\"bringup\":{\"command\":[\"" EVIL "\"]}}}\n"
#define CLEAN_LINE(number)                                                             \
	"{\"type\":\"trial\",\"verdict\":\"clean\",\"reason\":\"" EVIL "\",\"spec\":{" \
	"\"trial\":" number ",\"arm\":\"race\"}}\n"
#define MISSED_LINE(number)                                                             \
	"{\"type\":\"trial\",\"verdict\":\"missed\",\"reason\":\"" EVIL "\",\"spec\":{" \
	"\"trial\":" number ",\"arm\":\"race\"}}\n"
#define LEAK_LINE(number)                                                                     \
	"{\"type\":\"trial\",\"verdict\":\"leak\",\"object\":\"" EVIL "\",\"delta\":1,"       \
	"\"reason\":\"" EVIL "\",\"signature\":\"leak/" EVIL "\",\"spec\":{\"trial\":" number \
	",\"arm\":\"race\",\"steps\":1},\"device\":\"" EVIL "\",\"hang_stack\":\"" EVIL       \
	"\",\"hang_wchan\":\"" EVIL "\",\"klog\":{\"kind\":\"warn\",\"text\":\"" EVIL "\"},"  \
	"\"baseline\":{\"found\":true},\"after\":{\"found\":true},\"steps\":[{\"thread\":"    \
	"\"DAD\",\"place\":\"" EVIL "\",\"function\":\"" EVIL "\",\"until\":\"done\","        \
	"\"other\":\"II\",\"outcome\":\"kept\"}],\"timeline\":[{\"at_ns\":1,\"event\":"       \
	"\"step-held\",\"sequence\":1,\"value\":0}]}\n"

static char folder[64], page[96];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_report_html.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(page, sizeof(page), "%s/page.html", folder);
	return 0;
}

static int remove_folder(void **state)
{
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/results.ndjson", folder);
	unlink(path);
	unlink(page);
	return rmdir(folder); /* fails when anything else was left in it */
}

static struct past *past_of(const char *lines)
{
	struct past *past = NULL;
	struct why why = { "" };
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/results.ndjson", folder);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(lines, file);
	assert_int_equal(fclose(file), 0);
	if (past_open(folder, &past, &why))
		fail_msg("%s", why.text);
	return past;
}

static char *html_of(const struct past *past)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct why why = { "" };

	assert_non_null(out);
	if (report_html(past, out, &why))
		fail_msg("%s", why.text);
	assert_int_equal(fclose(out), 0);
	return text;
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int nr = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		nr++;
	return nr;
}

static void test_nothing_is_taken_as_markup(void **state)
{
	struct past *past =
		past_of(CAMPAIGN_LINE CLEAN_LINE("1") LEAK_LINE("2") MISSED_LINE("3"));
	char *html = html_of(past);

	(void)state;
	assert_int_equal(count(html, "<script"), 0);
	assert_int_equal(count(html, "</title>"), count(html, "<title>"));
	assert_int_equal(count(html, "</pre>"), count(html, "<pre>"));
	/* all of them are there, and can be read */
	assert_in_range(count(html, "&lt;script&gt;alert(1)"), 20, 100);
	free(html);
	past_close(past);
}

static void test_parts(void **state)
{
	static const char *const parts[] = {
		"default-src 'none'",
		"badge fault\">fault",
		"id=\"run\"",
		"id=\"arms\"",
		"scope=\"row\">control",
		"scope=\"row\">race",
		"Held at",
		"What proved nothing",
		"id=\"finding-1\"",
		"id=\"trial-2\"",
		"Trial 2, arm race: leak",
		"As plain text",
		"dadrace replay",
		"The first clean one: trial 1",
		"The first that missed: trial 3",
		"</html>\n",
	};
	struct past *past =
		past_of(CAMPAIGN_LINE CLEAN_LINE("1") LEAK_LINE("2") MISSED_LINE("3"));
	char *html = html_of(past);
	const char *at = html;

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *found = strstr(at, parts[i]);

		if (!found) {
			fail_msg("\"%s\" is not in its place", parts[i]);
			return;
		}
		at = found;
	}
	assert_int_equal(count(html, "<svg xmlns"), 3);
	/* no address but the name space of SVG */
	assert_int_equal(count(html, "://"),
			 count(html, "xmlns=\"http://www.w3.org/2000/svg\""));
	assert_int_equal(count(html, "url("), 0);
	free(html);
	past_close(past);
}

static void test_without_trials(void **state)
{
	struct past *past = past_of(CAMPAIGN_LINE);
	char *html = html_of(past);

	(void)state;
	assert_non_null(strstr(html, "nothing: it was killed, or is still running"));
	assert_non_null(strstr(html, "nothing valid"));
	assert_int_equal(count(html, "<svg xmlns"), 0);
	free(html);
	past_close(past);
}

static void test_file(void **state)
{
	struct past *past = past_of(CAMPAIGN_LINE CLEAN_LINE("1"));
	struct why why = { "" };
	struct stat stat_of;

	(void)state;
	umask(022);
	assert_int_equal(report_html_file(past, page, &why), 0);
	assert_int_equal(stat(page, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0644);
	assert_true(stat_of.st_size > 5000);
	assert_true(report_html_file(past, "/nowhere/page.html", &why) < 0);
	assert_string_equal(why.text, "report: /nowhere/page.html: No such file or directory");
	past_close(past);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_taken_as_markup),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_without_trials),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
