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

#include "results/lines.h"
#include "service/follow_batch.h"

#define CAMPAIGN "{\"type\":\"campaign\",\"name\":\"x\"}\n"
#define SUMMARY	 "{\"type\":\"summary\",\"trials\":1}\n"

static char path[32];

static int make(void **state)
{
	int fd = mkstemp(strcpy(path, "/tmp/test_batch.XXXXXX"));

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int drop(void **state)
{
	(void)state;
	return unlink(path);
}

static void put(const char *text)
{
	FILE *file = fopen(path, "ae");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* A trial's line as results have it, with a timeline of so many moments. */
static void put_trial(uint32_t number, uint32_t moments)
{
	static struct moment_told timeline[1000];
	const struct trial_line trial = {
		.reason = "a \",\"explore\":{ in a text",
		.spec = { .trial = number },
		.timeline = timeline,
		.nr_timeline = moments,
	};
	char *line = fields_to_line(&trial_fields, "trial", &trial);

	assert_non_null(line);
	put(line);
	free(line);
}

/* The message at *at of a batch, which moves on behind it; NULL at the end. */
static json_t *next_message(const struct batch *batch, size_t *at)
{
	const char *text = batch->text + *at;
	json_t *json;

	if (*at >= batch->length)
		return NULL;
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	assert_true(json_is_true(json_object_get(json, "continues")));
	*at += strlen(text) + 1;
	return json;
}

static const char *type_of(const json_t *message)
{
	const json_t *line = json_object_get(json_object_get(message, "parameters"), "line");

	return json_string_value(json_object_get(line, "type"));
}

static void test_lines_are_framed(void **state)
{
	static const char *const types[] = { "campaign", "trial", "summary" };
	struct batch_ask ask = { .is_over = true };
	struct batch *batch;
	size_t at = 0;
	json_t *message;

	(void)state;
	assert_null(batch_read("/nowhere", &ask));
	assert_null(batch_read(path, &ask));
	put(CAMPAIGN);
	put_trial(1, 3);
	put(SUMMARY);
	batch = batch_read(path, &ask);
	assert_non_null(batch);
	for (int i = 0; i < 3; i++) {
		message = next_message(batch, &at);
		assert_string_equal(type_of(message), types[i]);
		json_decref(message);
	}
	assert_null(next_message(batch, &at));
	assert_int_equal(at, batch->length);
	ask.from = batch->to;
	batch_drop(batch);
	assert_null(batch_read(path, &ask));
}

static void test_the_end_waits(void **state)
{
	const struct batch_ask ask = { .from = 0 };
	struct batch *batch;

	(void)state;
	put(CAMPAIGN SUMMARY);
	batch = batch_read(path, &ask);
	assert_non_null(batch);
	assert_int_equal(batch->to, strlen(CAMPAIGN));
	batch_drop(batch);
}

/* What is left out is the bulk, and what is left is JSON with verdict, reason and spec. */
static void test_brief(void **state)
{
	const struct batch_ask ask = { .brief = true };
	struct batch *batch;
	json_t *message, *line;
	size_t at = 0;

	(void)state;
	put_trial(7, 500);
	batch = batch_read(path, &ask);
	assert_non_null(batch);
	assert_in_range(batch->length, 100, 1500);
	message = next_message(batch, &at);
	line = json_object_get(json_object_get(message, "parameters"), "line");
	assert_non_null(json_object_get(line, "verdict"));
	assert_string_equal(json_string_value(json_object_get(line, "reason")),
			    "a \",\"explore\":{ in a text");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(line, "spec"), "trial")), 7);
	assert_null(json_object_get(line, "timeline"));
	json_decref(message);
	batch_drop(batch);
}

/* Any number of lines, in parts, each once, each part begun where the one before ended. */
static void test_parts(void **state)
{
	struct batch_ask ask = { .is_over = true };
	uint32_t seen = 0, parts = 0;
	struct batch *batch;
	json_t *message;

	(void)state;
	for (uint32_t i = 1; i <= 60; i++)
		put_trial(i, i % 10 * 20);
	while ((batch = batch_read(path, &ask))) {
		size_t at = 0;

		while ((message = next_message(batch, &at))) {
			const json_t *parameters = json_object_get(message, "parameters");
			const json_t *line = json_object_get(parameters, "line");

			assert_int_equal(json_integer_value(json_object_get(
						 json_object_get(line, "spec"), "trial")),
					 ++seen);
			ask.from = (uint64_t)json_integer_value(
				json_object_get(parameters, "next"));
			json_decref(message);
		}
		assert_int_equal(ask.from, batch->to);
		batch_drop(batch_hold(batch));
		batch_drop(batch);
		parts++;
	}
	assert_int_equal(seen, 60);
	assert_in_range(parts, 3, 59);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines_are_framed, make, drop),
		cmocka_unit_test_setup_teardown(test_the_end_waits, make, drop),
		cmocka_unit_test_setup_teardown(test_brief, make, drop),
		cmocka_unit_test_setup_teardown(test_parts, make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
