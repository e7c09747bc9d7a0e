// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trial/klog_line.h"

/* The build says where the corpus lies: KLOG_CORPUS. */

enum { CORPUS_RECORDS_MIN = 80 };

static enum klog_kind kind_named(const char *name)
{
	for (int kind = 0; kind < KLOG_KINDS; kind++)
		if (strcmp(klog_kind_names[kind], name) == 0)
			return (enum klog_kind)kind;
	fail_msg("klog.corpus: there is no kind \"%s\"", name);
	return KLOG_KINDS;
}

static void check_corpus_record(char *row, int row_nr)
{
	const char *kind = strsep(&row, "|");
	const char *device = strsep(&row, "|");
	const char *count = strsep(&row, "|");
	struct klog_line line;

	if (!row)
		fail_msg("klog.corpus:%d: not kind|device|count|record", row_nr);
	if (!klog_line_parse(row, &line))
		fail_msg("klog.corpus:%d: not taken for a record", row_nr);
	if (line.kind != kind_named(kind))
		fail_msg("klog.corpus:%d: taken for %s", row_nr, klog_kind_names[line.kind]);
	if (strcmp(line.device, device) != 0)
		fail_msg("klog.corpus:%d: device \"%s\"", row_nr, line.device);
	if (line.usage_count != strtol(count, NULL, 10))
		fail_msg("klog.corpus:%d: count %d", row_nr, line.usage_count);
}

static void test_corpus(void **state)
{
	FILE *corpus = fopen(KLOG_CORPUS, "r");
	bool have_kind[KLOG_KINDS] = { false };
	char row[2048];
	int row_nr = 0;
	int records = 0;

	(void)state;
	assert_non_null(corpus);
	while (fgets(row, sizeof(row), corpus)) {
		row_nr++;
		row[strcspn(row, "\n")] = '\0';
		if (row[0] == '#' || row[0] == '\0')
			continue;
		records++;
		check_corpus_record(row, row_nr);
		row[strcspn(row, "|")] = '\0';
		have_kind[kind_named(row)] = true;
	}
	fclose(corpus);

	assert_true(records >= CORPUS_RECORDS_MIN);
	for (int kind = 0; kind < KLOG_KINDS; kind++)
		assert_true(have_kind[kind]);
}

/* Whatever the kernel is made to quote, user space's own records never count. */
static void test_no_facility_but_the_kernels_counts(void **state)
{
	FILE *corpus = fopen(KLOG_CORPUS, "r");
	char row[2048];

	(void)state;
	assert_non_null(corpus);
	while (fgets(row, sizeof(row), corpus)) {
		const char *message = strchr(row, ';');

		if (row[0] == '#' || !message)
			continue;
		for (unsigned int facility = 1; facility < 24; facility++) {
			struct klog_line line;
			char record[2200];

			snprintf(record, sizeof(record), "%u,1,1,-%s", facility << 3 | 1,
				 message);
			assert_true(klog_line_parse(record, &line));
			assert_int_equal(line.kind, KLOG_OTHER);
			assert_int_equal(line.level, 1);
			assert_string_equal(line.device, "");
			assert_int_equal(line.usage_count, 0);
		}
	}
	fclose(corpus);
}

static void test_header_fields(void **state)
{
	struct klog_line line;

	(void)state;
	assert_true(
		klog_line_parse("6,1234,5678901,-;text\n SUBSYSTEM=net\n DEVICE=n3\n", &line));
	assert_int_equal(line.level, 6);
	assert_int_equal(line.sequence, 1234);
	assert_int_equal(line.stamp_us, 5678901);
	assert_string_equal(line.text, "text");

	assert_true(klog_line_parse("0,18446744073709551615,18446744073709551615,c,caller=C1,"
				    "later=x;a; b\n",
				    &line));
	assert_true(line.sequence == UINT64_MAX);
	assert_true(line.stamp_us == UINT64_MAX);
	assert_string_equal(line.text, "a; b");
}

static void test_what_is_no_record_leaves_the_line_alone(void **state)
{
	static const char *const wrong[] = {
		"",
		"\n",
		";",
		"text",
		"6",
		"6,",
		"6,1",
		"6,1,2",
		"6,1,2,-",
		"6,1,2,-\n;text",
		"6;text",
		",1,2,-;text",
		"6,,2,-;text",
		"6,1,,-;text",
		"-6,1,2,-;text",
		" 6,1,2,-;text",
		"6,+1,2,-;text",
		"6,1x,2,-;text",
		"4294967296,1,2,-;text",
		"6,18446744073709551616,2,-;text",
		"6,1,99999999999999999999,-;text",
		"<6>text",
		"[   12.345678] text",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct klog_line before;
		struct klog_line line;

		memset(&before, 0x5a, sizeof(before));
		memcpy(&line, &before, sizeof(line));
		assert_false(klog_line_parse(wrong[i], &line));
		assert_memory_equal(&line, &before, sizeof(line));
	}
}

static void test_dictionary_is_no_evidence(void **state)
{
	struct klog_line line;

	(void)state;
	assert_true(klog_line_parse("6,1,2,-;fine\n DEVICE=x\nBUG: KASAN: no\n", &line));
	assert_int_equal(line.kind, KLOG_OTHER);
	assert_string_equal(line.text, "fine");
}

static void test_escapes(void **state)
{
	static const struct {
		const char *escaped;
		const char *text;
	} rows[] = {
		{ "a\\x0ab", "a b" },
		{ "\\x0a\\x0aa\\x0a", "a" },
		{ "\\x09tab\\x1b[31m\\x7f\\x00.", "tab\\u001b[31m\\u007f ." },
		{ "back\\x5cslash", "back\\slash" },
		{ "csi \\xc2\\x9b31m \\xc2\\xa0", "csi \\u009b31m \xc2\xa0" },
		{ "\\x5cx0a", "\\x0a" },
		{ "caff\\xc3\\xa8", "caff\xc3\xa8" },
		/* No escapes of the kernel's, so left as they are. */
		{ "\\", "\\" },
		{ "\\x", "\\x" },
		{ "\\x0", "\\x0" },
		{ "\\x0g", "\\x0g" },
		{ "\\n", "\\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct klog_line line;
		char record[128];

		snprintf(record, sizeof(record), "6,1,2,-;%s\n", rows[i].escaped);
		assert_true(klog_line_parse(record, &line));
		assert_string_equal(line.text, rows[i].text);
	}
}

static void test_the_line_that_matters_need_not_be_the_first(void **state)
{
	struct klog_line line;

	(void)state;
	assert_true(
		klog_line_parse("0,1,2,-;eth0: down\\x0aunregister_netdevice: waiting for eth0 "
				"to become free. Usage count = 3\\x0amore\n",
				&line));
	assert_int_equal(line.kind, KLOG_WAITING);
	assert_string_equal(line.device, "eth0");
	assert_int_equal(line.usage_count, 3);
	assert_string_equal(line.text, "eth0: down unregister_netdevice: waiting for eth0 to "
				       "become free. Usage count = 3 more");
}

static void test_prefixes_are_no_text(void **state)
{
	struct klog_line line;

	(void)state;
	assert_true(klog_line_parse("4,1,2,-;[  T123] [    C0] WARNING: suspicious RCU usage",
				    &line));
	assert_int_equal(line.kind, KLOG_LOCKDEP);
	assert_int_equal(line.stamp_us, 2);
	assert_string_equal(line.text, "WARNING: suspicious RCU usage");

	assert_true(klog_line_parse("6,1,2,-;[Txx] [ 1.2x] [drm] [", &line));
	assert_string_equal(line.text, "[Txx] [ 1.2x] [drm] [");
}

static void test_long_names_and_texts_are_cut(void **state)
{
	char name[80];
	char record[4096];
	struct klog_line line;

	(void)state;
	for (size_t nr = 62; nr < 66; nr++) {
		memset(name, 'n', nr);
		name[nr] = '\0';
		snprintf(record, sizeof(record),
			 "0,1,2,-;unregister_netdevice: waiting for %s to become free. Usage "
			 "count = 1",
			 name);
		assert_true(klog_line_parse(record, &line));
		assert_int_equal(line.kind,
				 nr < sizeof(line.device) ? KLOG_WAITING : KLOG_OTHER);
		assert_string_equal(line.device, nr < sizeof(line.device) ? name : "");
	}

	memset(record, 'x', sizeof(record));
	memcpy(record, "6,1,2,-;", 8);
	record[sizeof(record) - 1] = '\0';
	assert_true(klog_line_parse(record, &line));
	assert_int_equal(strlen(line.text), sizeof(line.text) - 1);
}

static void test_console_lines(void **state)
{
	struct klog_line line;

	(void)state;
	klog_line_classify(
		"[   12.345678] unregister_netdevice: waiting for v0 to become free. "
		"Usage count = 2\r\n",
		&line);
	assert_int_equal(line.kind, KLOG_WAITING);
	assert_string_equal(line.device, "v0");
	assert_int_equal(line.usage_count, 2);
	assert_int_equal(line.stamp_us, 12345678);
	assert_string_equal(
		line.text,
		"unregister_netdevice: waiting for v0 to become free. Usage count = 2");

	klog_line_classify("[    0.34][  T123] kernel BUG at net/core/dev.c:123!", &line);
	assert_int_equal(line.kind, KLOG_BUG);
	assert_int_equal(line.stamp_us, 340000);
	assert_string_equal(line.text, "kernel BUG at net/core/dev.c:123!");

	klog_line_classify("refcount_t: underflow; use-after-free.", &line);
	assert_int_equal(line.kind, KLOG_REFCOUNT);
	assert_int_equal(line.stamp_us, 0);

	klog_line_classify("systemd[1]: BUG: KASAN: not mine", &line);
	assert_int_equal(line.kind, KLOG_OTHER);

	klog_line_classify("", &line);
	assert_int_equal(line.kind, KLOG_OTHER);
	assert_string_equal(line.text, "");
}

/* What is behind the cut is not the beginning of a line. */
static void test_a_long_line_stays_one_line(void **state)
{
	static const char bug[] = "kernel BUG at net/core/dev.c:123!";
	char text[8192];

	(void)state;
	for (size_t at = 1000; at < 1050; at++) {
		struct klog_line line;

		memset(text, 'x', at);
		memcpy(text + at, bug, sizeof(bug));
		klog_line_classify(text, &line);
		assert_int_equal(line.kind, KLOG_OTHER);

		text[at - 1] = '\n';
		klog_line_classify(text, &line);
		assert_int_equal(line.kind, KLOG_BUG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_no_facility_but_the_kernels_counts),
		cmocka_unit_test(test_header_fields),
		cmocka_unit_test(test_what_is_no_record_leaves_the_line_alone),
		cmocka_unit_test(test_dictionary_is_no_evidence),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_the_line_that_matters_need_not_be_the_first),
		cmocka_unit_test(test_prefixes_are_no_text),
		cmocka_unit_test(test_long_names_and_texts_are_cut),
		cmocka_unit_test(test_console_lines),
		cmocka_unit_test(test_a_long_line_stays_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
