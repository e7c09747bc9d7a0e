// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "command/ctl_show.h"

static const uint64_t now = 1796000000000; /* 2026-11-30 00:53:20 UTC */

static char *shown(json_t *campaign)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(campaign);
	setenv("TZ", "UTC", 1);
	ctl_show_campaign(campaign, now, out);
	fclose(out);
	json_decref(campaign);
	return text;
}

static json_t *campaign_of(const char *members)
{
	json_t *campaign =
		json_pack("{ss ss ss ss sI si si si}", "id", "a-1", "name", "a", "state",
			  "ended", "submitted_by", "the spool", "submitted_unix_ms",
			  (json_int_t)now - 90000000, "priority", 0, "runs", 1, "trials", 4);
	json_t *more = json_loads(members, 0, NULL);

	assert_int_equal(json_object_update_new(campaign, more), 0);
	return campaign;
}

static void test_ended(void **state)
{
	char *text = shown(campaign_of(
		"{\"started_unix_ms\": 1795999610000, \"ended_unix_ms\": 1795999955000, "
		"\"exit_code\": 0, \"verdict\": \"clean\", \"reason\": \"no fault\"}"));

	(void)state;
	assert_string_equal(text, "a-1: ended, clean\n"
				  "no fault\n"
				  "\n"
				  "Submitted by   the spool\n"
				  "Submitted      2026-11-28 23:53:20 UTC, 1 d 1 h ago\n"
				  "Started        2026-11-30 00:46:50 UTC, 6 min 30 s ago\n"
				  "Ended          2026-11-30 00:52:35 UTC, 45 s ago\n"
				  "Duration       5 min 45 s\n"
				  "Priority       0\n"
				  "Starts         1\n"
				  "Trials         4\n"
				  "Exit code      0\n");
	free(text);
}

static void test_who(void **state)
{
	char *text = shown(campaign_of("{\"submitted_by\": \"user 0, process 14\"}"));

	(void)state;
	assert_non_null(strstr(text, "Submitted by   root, user 0, process 14\n"));
	free(text);
	text = shown(campaign_of("{\"submitted_by\": \"user 4294967294, process 14\"}"));
	assert_non_null(strstr(text, "Submitted by   user 4294967294, process 14\n"));
	free(text);
}

static void test_to_come(void **state)
{
	char *text = shown(campaign_of(
		"{\"state\": \"queued\", \"not_before_unix_ms\": 1796003600000, \"every_s\": 86400, "
		"\"number\": 2, \"unfinished\": \"interrupted after 4 trials\", "
		"\"reason\": \"it continues\"}"));

	(void)state;
	assert_non_null(strstr(text, "a-1: queued\n"
				     "Unfinished, interrupted after 4 trials: it continues\n"));
	assert_non_null(strstr(text, "Not before     2026-11-30 01:53:20 UTC, in 1 h\n"));
	assert_non_null(strstr(text, "Repeated       every 1 d; this is number 2\n"));
	assert_null(strstr(text, "Duration"));
	assert_null(strstr(text, "Exit code"));
	free(text);
}

static void test_running(void **state)
{
	char *text = shown(campaign_of(
		"{\"state\": \"running\", \"started_unix_ms\": 1795999998500, \"exit_code\": null}"));

	(void)state;
	assert_non_null(strstr(text, "Duration       1 s so far\n"));
	assert_null(strstr(text, "Exit code"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_to_come),
		cmocka_unit_test(test_running),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
