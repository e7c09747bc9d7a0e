// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
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

#include "past_of.h"
#include "report/html.h"
#include "report/report_file.h"

/* --- results in which every text is hostile --- */

#define EVIL "</pre></title><script>alert(1)</script>"
#define CAMPAIGN_LINE                                                                     \
	"{\"type\":\"campaign\",\"schema_version\":3,\"id\":\"" EVIL "\",\"machine\":{"   \
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

#define LEDGER_LINE(number, attempt, object, state)                                            \
	"{\"type\":\"ledger\",\"trial\":" number ",\"attempt\":" attempt ",\"final\":true,"    \
	"\"signature\":\"leak/" EVIL "\",\"object\":\"" object "\",\"arm\":\"hold\","          \
	"\"verdict\":\"leak\",\"leaked\":true,\"state\":\"" state "\",\"reason\":\"" EVIL      \
	"\",\"baseline\":10,\"count\":12,\"exact\":true,\"clean\":3,\"path_signature\":"       \
	"\"" EVIL "\",\"unmatched\":[{\"stack\":\"" EVIL " < [syscall]\",\"kind\":\"" EVIL     \
	"\",\"task\":\"" EVIL                                                                  \
	"\",\"unmatched\":2,\"exact\":true,\"usual\":0.0,\"holds\":[{\"at_ns\":5000,"          \
	"\"after\":\"echo-in\",\"echo\":3}]}],\"paths\":[{\"stack\":\"" EVIL " < [syscall]\"," \
	"\"kind\":\"" EVIL "\",\"holds\":2,\"puts\":0,\"balance\":2}],\"timeline\":[{"         \
	"\"at_ns\":5000,\"delta\":1,\"count\":11,\"path\":1},{\"at_ns\":900000,\"delta\":1,"   \
	"\"count\":12,\"path\":7}],\"race\":[{\"at_ns\":0,\"event\":\"start\",\"sequence\":0," \
	"\"value\":0},{\"at_ns\":4000,\"event\":\"opened\",\"sequence\":0,\"value\":0}]}\n"

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
	(void)state;
	unlink(page);
	return rmdir(folder); /* fails when anything else was left in it */
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
		"<title>Unfinished: ",
		"badge\">unfinished",
		"badge fault\">fault",
		"killed or still running after 3 trials: 1 of 3 trials shows a fault",
		"id=\"finding-1\"",
		"id=\"trial-2\"",
		"Trial 2, arm race: leak",
		"As plain text",
		"dadrace replay",
		"id=\"arms\"",
		"scope=\"row\">control",
		"scope=\"row\">race",
		"Held at",
		"Trials that prove nothing",
		"First clean trial: 1",
		"First missed trial: 3",
		"id=\"run\"",
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

/* Who holds in words, and the repeat drawn beside the trial. */
static void test_ledger(void **state)
{
	static const char *const parts[] = {
		"id=\"trial-2\"",
		"Who holds</h3>",
		"Who holds, by the ledger of repeat 1 of trial 2, compared with 3 trials",
		"+2</td>",
		"exact",
		"at 5 us, right after echo 3 reached the receive path",
		"folded for flame graphs",
		"[syscall];",
		"id=\"trial-2-repeat-1\"",
		"Trial 2, repeat 1 with the ledger, arm hold: leak",
		"class=\"count known\"",
		"class=\"mark left\"",
		"12 after: +2",
		"</html>\n",
	};
	struct past *past = past_of(CAMPAIGN_LINE LEAK_LINE("2")
					    LEDGER_LINE("2", "1", "net_device", "whole"));
	char *html = html_of(past), *at = html;

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char *found = strstr(at, parts[i]);

		if (!found) {
			fail_msg("\"%s\" is not in its place", parts[i]);
			return;
		}
		at = found;
	}
	assert_int_equal(count(html, "<script"), 0);
	assert_int_equal(count(html, "</title>"), count(html, "<title>"));
	assert_int_equal(count(html, "<svg xmlns"), 2);
	free(html);
	past_close(past);
}

/* The trial's own: in its picture. With holes: nowhere. */
static void test_own_ledger(void **state)
{
	struct past *past = past_of(CAMPAIGN_LINE LEAK_LINE("2")
					    LEDGER_LINE("2", "0", "net_device", "whole"));
	char *html = html_of(past);

	(void)state;
	assert_int_equal(count(html, "<svg xmlns"), 1);
	assert_int_equal(count(html, "class=\"count known\""), 1);
	assert_non_null(strstr(html, "Trial 2, arm race: leak"));
	free(html);
	past_close(past);
	past = past_of(CAMPAIGN_LINE LEAK_LINE("2")
			       LEDGER_LINE("2", "0", "net_device", "missed"));
	html = html_of(past);
	assert_int_equal(count(html, "class=\"count known\""), 0);
	assert_int_equal(count(html, "class=\"count guess\""), 1);
	free(html);
	past_close(past);
}

static void test_ledger_of_dsts(void **state)
{
	struct past *past =
		past_of(CAMPAIGN_LINE LEAK_LINE("2") LEDGER_LINE("2", "1", "dst", "whole"));
	char *html = html_of(past), *repeat = strstr(html, "id=\"trial-2-repeat-1\"");

	(void)state;
	assert_non_null(repeat);
	assert_non_null(strstr(repeat, ">dst</text>"));
	assert_non_null(strstr(repeat, "10 before"));
	assert_non_null(strstr(repeat, "12 after: +2"));
	free(html);
	past_close(past);
}

/* Wherever "clean" stands, its bound stands. */
static void test_clean_has_its_bound(void **state)
{
	struct past *past = past_of(
		"{\"type\":\"campaign\",\"schema_version\":3,\"id\":\"x\",\"campaign\":{"
		"\"name\":\"x\",\"clean_below_ppm\":1000000,\"arms\":[\"race\"]}}\n" CLEAN_LINE(
			"1") "{\"type\":\"summary\",\"ended_by\":\"trials\"}\n");
	char *html = html_of(past);

	(void)state;
	assert_non_null(strstr(html, "<title>x: clean (below 95.0%)"));
	assert_non_null(strstr(html, "badge clean\">clean"));
	assert_non_null(strstr(
		html, "no fault in 1 valid trial of the race arm; rate below 95.0% at 95%"));
	assert_int_equal(count(html, "nfinished"), 0);
	free(html);
	past_close(past);
}

static void test_without_trials(void **state)
{
	struct past *past = past_of(CAMPAIGN_LINE);
	char *html = html_of(past);

	(void)state;
	assert_non_null(strstr(html, "nothing: the run was killed, or is not over"));
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
	assert_int_equal(report_file(past, report_html, page, &why), 0);
	assert_int_equal(stat(page, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0644);
	assert_true(stat_of.st_size > 5000);
	assert_true(report_file(past, report_html, "/nowhere/page.html", &why) < 0);
	assert_string_equal(why.text, "/nowhere/page.html: No such file or directory");
	past_close(past);
}

static void test_only_a_file_is_replaced(void **state)
{
	struct past *past = past_of(CAMPAIGN_LINE CLEAN_LINE("1"));
	char link[120], target[120];
	struct why why = { "" };
	struct stat stat_of;

	(void)state;
	snprintf(link, sizeof(link), "%s/link", folder);
	snprintf(target, sizeof(target), "%s/target", folder);
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(close(open(target, O_CREAT | O_WRONLY, 0644)), 0);
	assert_int_equal(report_file(past, report_html, link, &why), 0);
	assert_int_equal(lstat(link, &stat_of), 0);
	assert_true(S_ISLNK(stat_of.st_mode));
	assert_int_equal(stat(target, &stat_of), 0);
	assert_true(stat_of.st_size > 5000);
	unlink(target);
	assert_int_equal(symlink("/dev/full", target),
			 0); /* never the device itself: as root */
	assert_int_equal(report_file(past, report_html, target, &why), -ENOSPC);
	assert_non_null(strstr(why.text, "No space left on device"));
	unlink(target);
	unlink(link);
	past_close(past);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_taken_as_markup),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_ledger),
		cmocka_unit_test(test_own_ledger),
		cmocka_unit_test(test_ledger_of_dsts),
		cmocka_unit_test(test_without_trials),
		cmocka_unit_test(test_clean_has_its_bound),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_only_a_file_is_replaced),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
