// SPDX-License-Identifier: GPL-2.0-or-later
/* The schema of the results, and the list of their fields: both are made from the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fields.h"
#include "command/result_schema.h"
#include "read_text.h"

static const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	assert_non_null(text);
	return text;
}

static void test_schema(void **state)
{
	static const char *const types[] = { "campaign", "trial",   "control", "ledger",
					     "finding",	 "summary", "entry",   "record",
					     "watch",	 "step",    "minimal" };
	enum { TYPES = sizeof(types) / sizeof(types[0]) };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_t *schema, *any;

	(void)state;
	assert_int_equal(results_schema(out), 0);
	fclose(out);
	schema = json_loads(text, 0, NULL);
	assert_non_null(schema);
	any = json_object_get(schema, "oneOf");
	assert_int_equal(json_array_size(any), TYPES);
	for (int i = 0; i < TYPES; i++) {
		char place[64];
		json_t *of, *type;

		snprintf(place, sizeof(place), "#/$defs/%s", types[i]);
		assert_string_equal(text_of(json_array_get(any, (size_t)i), "$ref"), place);
		of = json_object_get(json_object_get(schema, "$defs"), types[i]);
		type = json_object_get(json_object_get(of, "properties"), "type");
		assert_string_equal(text_of(type, "const"), types[i]);
		assert_null(json_object_get(of, "$schema"));
	}
	json_decref(schema);
	free(text);
}

/* config/schema/result.schema.json is `dadrace schema`; if this fails, write it anew. */
static void test_schema_file_is_up_to_date(void **state)
{
#ifdef SCHEMA_FILE
	char *made = NULL, *kept = read_text(SCHEMA_FILE);
	size_t size;
	FILE *out = open_memstream(&made, &size);

	(void)state;
	assert_int_equal(results_schema(out), 0);
	fclose(out);
	if (strcmp(made, kept) != 0)
		fail_msg("%s is not what `dadrace schema` prints", SCHEMA_FILE);
	free(made);
	free(kept);
#else
	(void)state;
	print_message("SKIP: built without SCHEMA_FILE\n");
	skip();
#endif
}

static void assert_told(const json_t *schema)
{
	json_t *properties = json_object_get(schema, "properties"), *value;
	const char *name;

	json_object_foreach(properties, name, value)
	{
		json_t *items = json_object_get(value, "items");

		if (strcmp(name, "type") != 0 && !json_object_get(value, "description"))
			fail_msg("%s has no sentence", name);
		assert_told(items ? items : value);
	}
}

static void test_every_field_has_a_sentence(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_t *schema, *type;
	const char *name;

	(void)state;
	assert_int_equal(results_schema(out), 0);
	fclose(out);
	schema = json_loads(text, 0, NULL);
	json_object_foreach(json_object_get(schema, "$defs"), name, type) assert_told(type);
	json_decref(schema);
	free(text);
}

static void test_list_fields(void **state)
{
	char *text = NULL, *line, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	results_list_fields(out);
	fclose(out);
	assert_non_null(strstr(text, "trial: One trial"));
	assert_non_null(strstr(text, "timeline[].at_ns"));
	assert_non_null(strstr(text, "arms[].verdicts.kernel-bug"));
	for (rest = text; (line = strsep(&rest, "\n"));)
		if (strlen(line) > 96)
			fail_msg("too wide: %s", line);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_schema_file_is_up_to_date),
		cmocka_unit_test(test_every_field_has_a_sentence),
		cmocka_unit_test(test_list_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
