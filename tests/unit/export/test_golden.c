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

#include "export/export.h"

/*
 * Each format of a recorded run, byte by byte: what consumers read changes on purpose only.
 *
 *   recorded/leak/results.ndjson ──> each format ──> golden/FORMAT
 *
 * test_golden --renew writes golden/ again; `git diff` shows what has changed.
 */
#define RECORDED "recorded/leak"

static char *exported(const struct export_format *format, size_t *size)
{
	struct past *past = NULL;
	struct why why = { "" };
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	assert_non_null(out);
	if (past_open(RECORDED, &past, &why) || format->write(past, out, &why))
		fail_msg("%s: %s", format->name, why.text);
	assert_int_equal(fclose(out), 0);
	past_close(past);
	return text;
}

static FILE *golden(const struct export_format *format, const char *mode)
{
	char path[64];

	snprintf(path, sizeof(path), "golden/%s", format->name);
	return fopen(path, mode);
}

static char *kept(const struct export_format *format, size_t *size)
{
	FILE *file = golden(format, "re");
	struct stat st;
	char *bytes;

	if (!file || fstat(fileno(file), &st))
		fail_msg("golden/%s cannot be read: run test_golden --renew", format->name);
	*size = (size_t)st.st_size;
	bytes = calloc(1, *size + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *size, file), *size);
	fclose(file);
	return bytes;
}

static uint32_t line_of(const char *text, size_t offset)
{
	uint32_t line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

static void compare(const struct export_format *format)
{
	size_t size, size_before, same = 0;
	char *now = exported(format, &size), *before = kept(format, &size_before);
	char said[512] = "";

	while (same < size && same < size_before && now[same] == before[same])
		same++;
	if (size != size_before || same < size)
		snprintf(
			said, sizeof(said),
			"golden/%s: byte %zu, line %u differs:\n%.80s\ninstead of\n%.80s\nIf that is meant: test_golden --renew",
			format->name, same, line_of(now, same), now + same, before + same);
	free(before);
	free(now);
	if (said[0])
		fail_msg("%s", said);
}

static void test_each_format_is_as_it_was(void **state)
{
	(void)state;
	for (const struct export_format *at = export_formats; at->name; at++)
		compare(at);
}

static void renew(void **state)
{
	(void)state;
	for (const struct export_format *at = export_formats; at->name; at++) {
		size_t size;
		char *text = exported(at, &size);
		FILE *file = golden(at, "we");

		assert_non_null(file);
		assert_int_equal(fwrite(text, 1, size, file), size);
		assert_int_equal(fclose(file), 0);
		free(text);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_format_is_as_it_was) };
	const struct CMUnitTest renewal[] = { cmocka_unit_test(renew) };

	if (chdir(EXPORT_FOLDER))
		return 70;
	return argc == 2 && !strcmp(argv[1], "--renew") ?
		       cmocka_run_group_tests(renewal, NULL, NULL) :
		       cmocka_run_group_tests(tests, NULL, NULL);
}
