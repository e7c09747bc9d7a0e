// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service/varlink.h"

static void test_calls(void **state)
{
	static const char text[] = "{\"method\": \"a.b.C\", \"more\": true, \"parameters\": "
				   "{\"id\": \"x\", \"after\": 7, \"none\": null}}";
	const char *id = NULL, *none = "kept", *absent = "kept", *wrong = NULL;
	struct varlink_call call;
	int64_t after = 0;

	(void)state;
	assert_int_equal(varlink_call_read(text, strlen(text), &call), 0);
	assert_string_equal(call.method, "a.b.C");
	assert_true(call.more);
	assert_false(call.oneway);
	assert_true(varlink_text(&call, "id", &id, &wrong));
	assert_string_equal(id, "x");
	assert_true(varlink_text(&call, "none", &none, &wrong));
	assert_true(varlink_text(&call, "absent", &absent, &wrong));
	assert_string_equal(none, "kept");
	assert_string_equal(absent, "kept");
	assert_true(varlink_number(&call, "after", 0, 7, &after, &wrong));
	assert_int_equal(after, 7);
	assert_null(wrong);
	assert_false(varlink_number(&call, "after", 0, 6, &after, &wrong));
	assert_string_equal(wrong, "after");
	assert_false(varlink_number(&call, "id", 0, 6, &after, &wrong));
	assert_string_equal(wrong, "id");
	assert_false(varlink_text(&call, "after", &id, &wrong));
	varlink_call_drop(&call);
}

static void test_zero_in_text(void **state)
{
	static const char text[] =
		"{\"method\": \"m\", \"parameters\": {\"id\": \"a\\u0000b\"}}";
	const char *id = NULL, *wrong = NULL;
	struct varlink_call call;

	(void)state;
	/* jansson refuses it; a later one may not. */
	if (varlink_call_read(text, strlen(text), &call))
		return;
	assert_false(varlink_text(&call, "id", &id, &wrong));
	varlink_call_drop(&call);
}

static void test_no_calls(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"7",
		"\"method\"",
		"{}",
		"{\"method\": 7}",
		"{\"method\": null}",
		"{\"method\": \"a\", \"parameters\": []}",
		"{\"method\": \"a\", \"parameters\": \"x\"}",
		"{\"method\": \"a\", \"method\": \"b\"}",
		"{\"method\": \"a\"} {\"method\": \"b\"}",
		"{\"method\": \"\xff\"}",
	};
	struct varlink_call call;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (varlink_call_read(texts[i], strlen(texts[i]), &call) != -EINVAL)
			fail_msg("taken: %s", texts[i]);
}

static void test_long_name(void **state)
{
	struct varlink_call call;
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), "{\"method\": \"%0*d\"}", VARLINK_METHOD_MAX + 1, 0);
	assert_int_equal(varlink_call_read(text, strlen(text), &call), -EINVAL);
	snprintf(text, sizeof(text), "{\"method\": \"%0*d\"}", VARLINK_METHOD_MAX, 0);
	assert_int_equal(varlink_call_read(text, strlen(text), &call), 0);
	varlink_call_drop(&call);
}

/* Nesting is what a parser's stack is made of. */
static void test_deep(void **state)
{
	enum { DEPTH = 100000 };
	char *text = malloc(DEPTH + 1);
	struct varlink_call call;

	(void)state;
	memset(text, '[', DEPTH);
	assert_int_equal(varlink_call_read(text, DEPTH, &call), -EINVAL);
	free(text);
}

static void test_texts(void **state)
{
	static const struct {
		const char *parameters;
		int nr; /* -1: refused */
	} cases[] = {
		{ "{}", 0 },
		{ "{\"set\": null}", 0 },
		{ "{\"set\": []}", 0 },
		{ "{\"set\": [\"a=1\", \"b=2\"]}", 2 },
		{ "{\"set\": [\"a\", \"b\", \"c\"]}", -1 },
		{ "{\"set\": [\"a\", 7]}", -1 },
		{ "{\"set\": [null]}", -1 },
		{ "{\"set\": [\"a\\u0000b\"]}", -1 },
		{ "{\"set\": \"a\"}", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *json = json_loads(cases[i].parameters, JSON_ALLOW_NUL, NULL);
		const struct varlink_call call = { .parameters = json };
		const char *values[2], *wrong = "";
		size_t nr = 0;
		bool is_read = varlink_texts(&call, "set", values, 2, &nr, &wrong);

		if ((is_read ? (int)nr : -1) != cases[i].nr)
			fail_msg("%s: %d, %zu", cases[i].parameters, is_read, nr);
		if (!is_read)
			assert_string_equal(wrong, "set");
		if (nr == 2)
			assert_string_equal(values[1], "b=2");
		json_decref(json);
	}
}

static void test_messages(void **state)
{
	size_t length = 0;
	char *text = varlink_reply(json_pack("{si}", "n", 1), false, &length);

	(void)state;
	assert_string_equal(text, "{\"parameters\":{\"n\":1}}");
	assert_int_equal(length, strlen(text) + 1);
	free(text);
	text = varlink_reply(json_object(), true, &length);
	assert_string_equal(text, "{\"parameters\":{},\"continues\":true}");
	free(text);
	text = varlink_error("a.B", json_pack("{ss}", "id", "x"), &length);
	assert_string_equal(text, "{\"error\":\"a.B\",\"parameters\":{\"id\":\"x\"}}");
	free(text);
	text = varlink_call_text("a.C", json_object(), true, &length);
	assert_string_equal(text, "{\"method\":\"a.C\",\"parameters\":{},\"more\":true}");
	free(text);
	assert_null(varlink_reply(NULL, false, &length));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),	 cmocka_unit_test(test_zero_in_text),
		cmocka_unit_test(test_no_calls), cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_deep),	 cmocka_unit_test(test_messages),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
