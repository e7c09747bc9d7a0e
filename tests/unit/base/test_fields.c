// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/fields.h"

enum colour {
	RED,
	GREEN,
};

struct part {
	uint64_t took_ns;
	const char *stack;
};

struct sample {
	bool held;
	enum colour colour;
	uint32_t count;
	uint64_t total;
	uint64_t seed;
	int64_t delta_us;
	const char *text;
	struct part part;
	struct part *parts;
	uint32_t nr_parts;
	const char **words;
	uint32_t nr_words;
	uint64_t *holds_us;
	uint32_t nr_holds_us;
};

static const char *const colour_names[] = { "red", "green" };

/* clang-format off */
static const struct field part_rows[] = {
	{ "took_ns", FIELD_U64, offsetof(struct part, took_ns), .nullable = true,
	  .doc = "How long it took" },
	{ "stack", FIELD_TEXT, offsetof(struct part, stack), .nullable = true,
	  .doc = "Where" },
	{ .name = NULL },
};
static const struct fields part_fields = { "part", "A part", part_rows, sizeof(struct part) };

static const struct field sample_rows[] = {
	{ "held", FIELD_BOOL, offsetof(struct sample, held),
	  .doc = "Whether it was held" },
	{ "colour", FIELD_ENUM, offsetof(struct sample, colour), .names = colour_names,
	  .nr_names = 2,
	  .doc = "Which colour it has" },
	{ "count", FIELD_U32, offsetof(struct sample, count), .min = 1, .max = 9,
	  .doc = "How many" },
	{ "total", FIELD_U64, offsetof(struct sample, total),
	  .doc = "How many in all" },
	{ "seed", FIELD_U64, offsetof(struct sample, seed), .hex = true,
	  .doc = "Where draws start" },
	{ "delta_us", FIELD_I64, offsetof(struct sample, delta_us), .nullable = true,
	  .doc = "How late" },
	{ "text", FIELD_TEXT, offsetof(struct sample, text),
	  .doc = "What was said" },
	{ "part", FIELD_OBJECT, offsetof(struct sample, part), .sub = &part_fields,
	  .doc = "The one part" },
	{ "parts", FIELD_OBJECT, offsetof(struct sample, parts), .sub = &part_fields,
	  .list = true, .count_offset = offsetof(struct sample, nr_parts),
	  .doc = "All parts" },
	{ "words", FIELD_TEXT, offsetof(struct sample, words), .list = true,
	  .count_offset = offsetof(struct sample, nr_words),
	  .doc = "All words" },
	{ "holds_us", FIELD_U64, offsetof(struct sample, holds_us), .nullable = true,
	  .list = true, .count_offset = offsetof(struct sample, nr_holds_us),
	  .doc = "All holds" },
	{ .name = NULL },
};
/* clang-format on */

static const struct fields sample_fields = {
	.name = "sample",
	.doc = "A sample",
	.rows = sample_rows,
	.size = sizeof(struct sample),
};

static void assert_line(const struct sample *sample, const char *expected)
{
	char *line = fields_to_line(&sample_fields, "sample", sample);

	assert_non_null(line);
	assert_string_equal(line, expected);
	free(line);
}

static void test_line(void **state)
{
	struct part parts[] = { { .took_ns = 1, .stack = "a" },
				{ .took_ns = 2, .stack = "b\n" } };
	const char *words[] = { "one", NULL, "\xc3\xa4\"\\" };
	uint64_t holds_us[] = { 5, 6 };
	struct sample sample = {
		.held = true,
		.colour = GREEN,
		.count = UINT32_MAX,
		.total = INT64_MAX,
		.seed = UINT64_MAX,
		.delta_us = -3,
		.text = "",
		.part = { .took_ns = 7, .stack = "c" },
		.parts = parts,
		.nr_parts = 2,
		.words = words,
		.nr_words = 3,
		.holds_us = holds_us,
		.nr_holds_us = 2,
	};

	(void)state;
	assert_line(
		&sample,
		"{\"type\":\"sample\",\"held\":true,\"colour\":\"green\",\"count\":4294967295,"
		"\"total\":9223372036854775807,\"seed\":\"0xffffffffffffffff\",\"delta_us\":-3,"
		"\"text\":\"\",\"part\":{\"took_ns\":7,\"stack\":\"c\"},"
		"\"parts\":[{\"took_ns\":1,\"stack\":\"a\"},{\"took_ns\":2,\"stack\":\"b\\n\"}]"
		","
		"\"words\":[\"one\",null,\"\xc3\xa4\\\"\\\\\"],\"holds_us\":[5,6]}\n");
}

/* What is absent, and what JSON cannot say: never a failure, never an invented value. */
static void test_line_of_holes(void **state)
{
	struct sample sample = {
		.colour = (enum colour)2,
		.total = UINT64_MAX,
		.delta_us = INT64_MIN,
		.text = "a\xff\x80z",
		.nr_parts = 3,
	};

	(void)state;
	assert_line(&sample, "{\"type\":\"sample\",\"held\":false,\"colour\":null,\"count\":0,"
			     "\"total\":1.8446744073709552e19,\"seed\":\"0x0000000000000000\","
			     "\"delta_us\":null,\"text\":\"a??z\",\"part\":{\"took_ns\":null,"
			     "\"stack\":null},"
			     "\"parts\":[],\"words\":[],\"holds_us\":null}\n");
}

static char *print(const struct sample *sample)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(fields_print(&sample_fields, sample, out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_print(void **state)
{
	struct sample sample = { .text = "x" };
	char *text = print(&sample);
	json_t *json = fields_to_json(&sample_fields, &sample);
	json_t *read = json_loads(text, 0, NULL);
	FILE *full = fopen("/dev/full", "we");

	(void)state;
	assert_int_equal(strncmp(text, "{\n  \"held\": false,\n", 19), 0);
	assert_int_equal(text[strlen(text) - 1], '\n');
	assert_true(json_equal(json, read));
	if (full) {
		assert_int_equal(fields_print(&sample_fields, &sample, full), -EIO);
		fclose(full);
	}
	json_decref(json);
	json_decref(read);
	free(text);
}

static void assert_property(const json_t *schema, const char *name, const char *expected)
{
	json_t *property = json_object_get(json_object_get(schema, "properties"), name);
	char *text = json_dumps(property, JSON_COMPACT);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void test_schema(void **state)
{
	json_t *schema = fields_schema(&sample_fields);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(schema, "title")), "sample");
	assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
	assert_int_equal(json_array_size(json_object_get(schema, "required")), 11);
	assert_property(schema, "held",
			"{\"description\":\"Whether it was held\",\"type\":\"boolean\"}");
	assert_property(schema, "colour",
			"{\"description\":\"Which colour it has\",\"type\":\"string\","
			"\"enum\":[\"red\",\"green\"]}");
	assert_property(schema, "count",
			"{\"description\":\"How many\",\"type\":\"integer\",\"minimum\":1,"
			"\"maximum\":9}");
	assert_property(
		schema, "total",
		"{\"description\":\"How many in all\",\"type\":\"integer\",\"minimum\":0}");
	assert_property(schema, "seed",
			"{\"description\":\"Where draws start\",\"type\":\"string\","
			"\"pattern\":\"^0x[0-9a-f]{16}$\"}");
	assert_property(schema, "delta_us",
			"{\"description\":\"How late\",\"type\":[\"integer\",\"null\"]}");
	assert_property(schema, "parts",
			"{\"description\":\"All "
			"parts\",\"type\":\"array\",\"items\":{\"type\":\"object\","
			"\"properties\":{\"took_ns\":{\"description\":\"How long it took\","
			"\"type\":[\"integer\",\"null\"],\"minimum\":0},\"stack\":{"
			"\"description\":\"Where\","
			"\"type\":[\"string\",\"null\"]}},\"required\":[\"took_ns\",\"stack\"],"
			"\"additionalProperties\":false}}");
	assert_property(schema, "holds_us",
			"{\"description\":\"All holds\",\"type\":[\"array\",\"null\"],"
			"\"items\":{\"type\":\"integer\",\"minimum\":0}}");
	json_decref(schema);
}

/* A line has what its schema requires, in the same order, and nothing else. */
static void test_line_schema(void **state)
{
	struct sample sample = { .text = "x" };
	json_t *schema = fields_line_schema(&sample_fields, "sample");
	json_t *required = json_object_get(schema, "required");
	char *line = fields_to_line(&sample_fields, "sample", &sample);
	json_t *read = json_loads(line, 0, NULL);
	const char *name;
	json_t *value;
	size_t i = 0;

	(void)state;
	assert_property(schema, "type", "{\"const\":\"sample\"}");
	assert_int_equal(json_object_size(read), json_array_size(required));
	json_object_foreach(read, name, value)
		assert_string_equal(name, json_string_value(json_array_get(required, i++)));
	free(line);
	json_decref(read);
	json_decref(schema);
}

static void test_list(void **state)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	assert_non_null(out);
	fields_list(&part_fields, "trial.", out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "  trial.took_ns  number ns or null\n"
				  "                 How long it took.\n"
				  "  trial.stack    text or null\n"
				  "                 Where.\n");
	free(text);
}

static void test_unit(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name, *unit;
	} names[] = {
		{ "hold_us", "us" }, { "settle_ns", "ns" }, { "grace_ms", "ms" },
		{ "seconds", "s" },
		{ "payload_bytes", "bytes" }, { "count", NULL }, { "status", NULL },
		{ "us", NULL },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct field field = { .name = names[i].name, .type = FIELD_U64 };
		const char *unit = field_unit(&field);

		if (names[i].unit)
			assert_string_equal(unit, names[i].unit);
		else
			assert_null(unit);
	}
}

/* Whoever reads a value may take it for an index of the names. */
static void test_strange_names(void **state)
{
	static const struct field rows[] = {
		{ "sure", FIELD_ENUM, 0, .names = colour_names, .nr_names = 2 },
		{ "perhaps", FIELD_ENUM, sizeof(int), .names = colour_names, .nr_names = 2,
		  .nullable = true },
		{ .name = NULL },
	};
	static const struct fields fields = { "two", "Two", rows, 2 * sizeof(int) };
	static const struct {
		const char *text;
		int err;
	} texts[] = {
		{ "{\"sure\":\"green\",\"perhaps\":null}", 0 },
		{ "{\"perhaps\":\"green\"}", 0 },
		{ "{\"sure\":null}", -EINVAL },
		{ "{\"sure\":\"blue\"}", -EINVAL },
		{ "{\"perhaps\":\"blue\"}", -EINVAL },
		{ "{\"sure\":7}", -EINVAL },
	};
	int values[2];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *json = fields_parse(texts[i].text);

		assert_int_equal(fields_from_json_known(&fields, json, values), texts[i].err);
		json_decref(json);
	}
}

/* One door for all: no type takes what would be another number in it. */
static void test_strange_numbers(void **state)
{
	static const struct field rows[] = {
		{ "total", FIELD_U64, 0 },
		{ "delta", FIELD_I64, sizeof(uint64_t) },
		{ "seed", FIELD_U64, 2 * sizeof(uint64_t), .hex = true },
		{ "count", FIELD_U32, 3 * sizeof(uint64_t) },
		{ .name = NULL },
	};
	static const struct fields fields = { "four", "Four", rows, 4 * sizeof(uint64_t) };
	static const struct {
		const char *text;
		int err;
	} texts[] = {
		{ "{\"total\":9223372036854775807,\"count\":4294967295}", 0 },
		{ "{\"delta\":-1,\"seed\":\"0xffffffffffffffff\"}", 0 },
		{ "{\"total\":-1}", -EINVAL },
		{ "{\"total\":-9223372036854775808}", -EINVAL },
		{ "{\"total\":1.0}", -EINVAL },
		{ "{\"total\":\"1\"}", -EINVAL },
		{ "{\"count\":-1}", -EINVAL },
		{ "{\"count\":4294967296}", -EINVAL },
		{ "{\"seed\":-1}", -EINVAL },
		{ "{\"seed\":\"-1\"}", -EINVAL },
		{ "{\"seed\":\"0x00000000000000fg\"}", -EINVAL },
		{ "{\"seed\":\"0xf\"}", -EINVAL },
	};
	uint64_t values[4];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *json = fields_parse(texts[i].text);

		assert_int_equal(fields_from_json_known(&fields, json, values), texts[i].err);
		json_decref(json);
	}
}

static void test_count(void **state)
{
	json_t *json = fields_parse("{\"more\":7,\"less\":-7,\"real\":7.5,\"text\":\"7\"}");

	(void)state;
	assert_int_equal(fields_count(json, "more"), 7);
	assert_int_equal(fields_count(json, "less"), 0);
	assert_int_equal(fields_count(json, "real"), 0);
	assert_int_equal(fields_count(json, "text"), 0);
	assert_int_equal(fields_count(json, "none"), 0);
	assert_int_equal(fields_count(NULL, "none"), 0);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_line_of_holes),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_line_schema),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_unit),
		cmocka_unit_test(test_strange_names),
		cmocka_unit_test(test_strange_numbers),
		cmocka_unit_test(test_count),
	};

	return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
