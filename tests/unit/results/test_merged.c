// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "written_runs.h"

/* Trials 1 to LAST of the race arm; `leak` is the one that leaks. */
struct written {
	const char *id, *release;
	uint32_t hold_us;
	uint32_t last;
	uint32_t leak;
	const char *end; /* ended_by; NULL: killed */
};

static void write_lines(FILE *out, const struct written *w)
{
	fprintf(out,
		"{\"type\":\"campaign\",\"schema_version\":3,\"id\":\"%s\",\"machine\":{"
		"\"release\":\"%s\",\"version\":\"#1\"},\"campaign\":{\"name\":\"n-%s\","
		"\"arms\":[\"race\"],\"clean_below_ppm\":100000,\"hold\":{\"us\":%u}}}\n",
		w->id, w->release, w->id, w->hold_us);
	for (uint32_t trial = 1; trial <= w->last; trial++)
		fprintf(out,
			"{\"type\":\"trial\",\"verdict\":\"%s\",\"object\":%s,\"delta\":%d,"
			"\"reason\":\"r\",\"signature\":%s,\"spec\":{\"trial\":%u,\"arm\":"
			"\"race\"}}\n",
			trial == w->leak ? "leak" : "clean",
			trial == w->leak ? "\"net_device\"" : "null", trial == w->leak,
			trial == w->leak ? "\"leak/net_device\"" : "null", trial);
	if (w->end)
		fprintf(out,
			"{\"type\":\"summary\",\"ended_by\":\"%s\",\"control\":true,"
			"\"verdict\":\"clean\",\"reason\":\"r\"}\n",
			w->end);
}

static void add_run(const struct written *w)
{
	FILE *out = run_begin("test_merged");

	write_lines(out, w);
	run_end(out);
}

/* A run has all trials, four others a quarter each. */
static void test_shards_are_one_run(void **state)
{
	static const struct written whole = { "all", "6.1", 5, 60, 0, "trials" };
	static const char *const ids[] = { "a", "b", "c", "d" };
	struct summary one;
	struct merged merged;

	(void)state;
	add_run(&whole);
	one = *past_summary(runs[0]);
	assert_int_equal(one.verdict, CAMPAIGN_CLEAN);
	one.reason = strdup(one.reason);
	runs_remove(state);
	for (uint32_t i = 0; i < 4; i++) {
		struct written part = { ids[i], "6.1", 5, 15, 0, "trials" };

		add_run(&part);
		assert_int_equal(past_summary(runs[i])->verdict, CAMPAIGN_INCONCLUSIVE);
	}
	merged = runs_merged();
	assert_int_equal(merged.verdict, one.verdict);
	assert_int_equal(verdict_exit(merged.verdict), 0);
	assert_int_equal(merged.valid, one.valid);
	assert_int_equal(merged.fault_rate_bound_ppm, one.fault_rate_bound_ppm);
	assert_string_equal(merged.reason, one.reason);
	free((char *)one.reason);
}

static void test_a_fault_anywhere_is_one(void **state)
{
	(void)state;
	add_run(&(struct written){ "a", "6.1", 5, 60, 0, "trials" });
	add_run(&(struct written){ "b", "6.1", 5, 5, 3, NULL });
	struct merged merged = runs_merged();

	assert_int_equal(verdict_exit(merged.verdict), EXIT_FAULT);
}

static void test_two_empty_ones_are_not_green(void **state)
{
	(void)state;
	add_run(&(struct written){ "a", "6.1", 5, 60, 0, "trials" });
	add_run(&(struct written){ "b", "6.1", 5, 0, 0, "trials" });
	add_run(&(struct written){ "c", "6.1", 5, 0, 0, NULL });
	struct merged merged = runs_merged();

	assert_int_equal(verdict_exit(merged.verdict), EXIT_INCONCLUSIVE);
	assert_non_null(strstr(merged.reason, "2 of 3 runs"));
}

static void test_kernels_are_not_added_up(void **state)
{
	(void)state;
	add_run(&(struct written){ "a", "6.1", 5, 15, 0, "trials" });
	add_run(&(struct written){ "b", "6.12", 5, 60, 0, "trials" });
	struct merged merged = runs_merged();

	assert_false(merged.added_up);
	assert_false(merged_same_kernel(runs[0], runs[1]));
	assert_true(merged_same_plan(runs[0], runs[1]));
	assert_int_equal(verdict_exit(merged.verdict), EXIT_INCONCLUSIVE);
	assert_int_equal(merged.fault_rate_bound_ppm,
			 past_summary(runs[0])->fault_rate_bound_ppm);
}

static void test_plans_are_not_added_up(void **state)
{
	(void)state;
	add_run(&(struct written){ "a", "6.1", 5, 60, 0, "trials" });
	add_run(&(struct written){ "b", "6.1", 6, 60, 0, "trials" });
	struct merged merged = runs_merged();

	assert_false(merged.added_up);
	assert_false(merged_same_plan(runs[0], runs[1]));
	assert_int_equal(verdict_exit(merged.verdict), EXIT_CLEAN);
}

static void test_a_run_counts_once(void **state)
{
	struct merged merged;
	struct why why = { "" };

	(void)state;
	add_run(&(struct written){ "a", "6.1", 5, 60, 0, "trials" });
	add_run(&(struct written){ "a", "6.1", 5, 60, 0, "trials" });
	assert_int_not_equal(merged_make(runs, nr_runs, &merged, &why), 0);
	assert_non_null(strstr(why.text, "the same run as"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_shards_are_one_run, runs_remove),
		cmocka_unit_test_teardown(test_a_fault_anywhere_is_one, runs_remove),
		cmocka_unit_test_teardown(test_two_empty_ones_are_not_green, runs_remove),
		cmocka_unit_test_teardown(test_kernels_are_not_added_up, runs_remove),
		cmocka_unit_test_teardown(test_plans_are_not_added_up, runs_remove),
		cmocka_unit_test_teardown(test_a_run_counts_once, runs_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
