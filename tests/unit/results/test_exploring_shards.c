// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/merged_explored.h"
#include "trial/shard.h"
#include "written_runs.h"

/* Two trials, which have numbers 1 and 2 in each shard, and the features that they show. */
static void add_run(uint32_t index, uint64_t seed, const char *features, const char *place)
{
	FILE *out = run_begin("test_exploring_shards");

	fprintf(out,
		"{\"type\":\"campaign\",\"schema_version\":3,\"id\":\"s-%u\",\"shard\":{\"index\":%u,"
		"\"of\":3},\"machine\":{\"release\":\"6.1\",\"version\":\"#1\"},\"campaign\":{"
		"\"name\":\"n\",\"seed\":%llu,\"arms\":[\"race\"],\"clean_below_ppm\":999999,"
		"\"explore\":{\"mode\":\"guided\",\"places\":[\"I held at %s\"]},\"stop\":{\"trials\":2}}}\n",
		index, index, (unsigned long long)seed, place);
	for (uint32_t trial = 1; trial <= 2; trial++)
		fprintf(out,
			"{\"type\":\"trial\",\"verdict\":\"clean\",\"delta\":0,\"reason\":\"r\","
			"\"spec\":{\"trial\":%u,\"arm\":\"race\",\"steps\":1},\"order_kept\":%s,"
			"\"explore\":{\"mode\":\"guided\",\"features\":[%s]},\"steps\":[{"
			"\"thread\":\"I\",\"place\":\"%s\",\"at_return\":false}]}\n",
			trial, trial == 1 ? "true" : "false", features,
			trial == 1 ? place : "not-kept");
	fprintf(out, "{\"type\":\"summary\",\"ended_by\":\"trials\",\"control\":true,"
		     "\"verdict\":\"clean\",\"reason\":\"r\",\"explore\":{\"mode\":\"guided\","
		     "\"places\":9,\"held\":5,\"pairs\":1}}\n");
	run_end(out);
}

static void test_a_shard_has_a_seed_and_a_share(void **state)
{
	struct campaign campaign = { .seed = 7,
				     .nr_arms = 4,
				     .stop.trials = 11,
				     .explore.mode = EXPLORE_GUIDED,
				     .shard = { 2, 3 } };
	struct deal deal = shard_deal(&campaign);

	(void)state;
	shard_explorer(&campaign);
	assert_int_equal(campaign.seed, 8);
	assert_int_equal(campaign.stop.trials, 4);
	for (uint32_t trial = 1; trial <= 11; trial++) {
		assert_int_equal(shard_next(&deal, trial - 1), trial);
		assert_int_equal(shard_place(&deal, trial), trial);
	}
	assert_int_equal(deal.shard.index, 2);
}

static void test_shards_of_one_seed_belong_together(void **state)
{
	struct merged_gap gap;

	(void)state;
	add_run(1, 7, "", "ip6-down");
	add_run(2, 8, "", "ip6-down");
	assert_true(merged_missing(runs, nr_runs, 0, &gap));
	assert_string_equal(gap.text, "shard 3 of 3 is missing");
	assert_int_equal(runs_merged().verdict, CAMPAIGN_INCONCLUSIVE);
	add_run(3, 9, "", "found-by-scouts");
	assert_false(merged_missing(runs, nr_runs, 0, &gap));
	assert_int_equal(runs_merged().verdict, CAMPAIGN_CLEAN);
	assert_int_equal(runs_merged().trials, 6);
}

static void test_a_shard_of_another_seed_does_not(void **state)
{
	struct merged_gap gap;

	(void)state;
	add_run(1, 7, "", "ip6-down");
	add_run(2, 7, "", "ip6-down");
	assert_true(merged_missing(runs, nr_runs, 0, &gap));
	assert_string_equal(gap.text, "shards 2-3 of 3 are missing");
}

static void test_what_was_seen_counts_once(void **state)
{
	struct explore_sums explored;
	struct why why = { "" };

	(void)state;
	add_run(1, 7, "\"0x0000000000000001\",\"0x0000000000000002\"", "ip6-down");
	add_run(2, 8, "\"0x0000000000000002\",\"0x0000000000000003\"", "ip6-down");
	add_run(3, 9, "", "route");
	assert_true(merged_explores(runs[0]));
	assert_int_equal(merged_explored(runs, nr_runs, &explored, &why), 0);
	assert_int_equal(explored.features, 3);
	assert_int_equal(explored.places, 2);
	assert_int_equal(explored.held, 2);
	assert_non_null(strstr(
		runs_merged().reason,
		"; this is about the orders that were drawn, and no bound for the kernel: holds were kept at 2 of 2 places"));
}

static void assert_trial(const struct past *past, uint32_t number, uint32_t own, uint32_t run)
{
	const struct past_trial *trial = past_trial(past, number);
	struct why why = { "" };
	json_auto_t *line = NULL;

	assert_non_null(trial);
	assert_int_equal(trial->own, own);
	assert_string_equal(past_folder_of(past, trial), past_folder(runs[run]));
	line = past_line(past, trial, &why);
	assert_int_equal(fields_count(json_object_get(line, "spec"), "trial"), number);
}

/* Each has trials 1 and 2, in turn; none is taken for another. */
static void test_a_file_of_all_has_a_number_for_each_trial(void **state)
{
	struct past *past = NULL;
	struct why why = { "" };
	struct merged merged;

	(void)state;
	add_run(1, 7, "", "ip6-down");
	add_run(2, 8, "", "ip6-down");
	add_run(3, 9, "", "route");
	merged = runs_merged();
	assert_int_equal(past_open_shards(runs, nr_runs, &merged, &past, &why), 0);
	for (uint32_t run = 0; run < 3; run++) {
		assert_trial(past, 1 + run, 1, run);
		assert_trial(past, 4 + run, 2, run);
	}
	assert_null(past_trial(past, 7));
	assert_int_equal(past_summary(past)->decisive, 6);
	assert_string_equal(past_summary(past)->reason, merged.reason);
	past_close(past);
}

/* A bound without it reads as one for the kernel. */
static void test_results_say_that_they_are_of_orders(void **state)
{
	(void)state;
	add_run(1, 7, "", "ip6-down");
	assert_non_null(strstr(
		past_summary(runs[0])->reason,
		"; this is about the orders that were drawn, and no bound for the kernel: holds were kept at 5 of 9 places, with 1 pair of a place and a change"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_shard_has_a_seed_and_a_share),
		cmocka_unit_test_teardown(test_shards_of_one_seed_belong_together, runs_remove),
		cmocka_unit_test_teardown(test_a_shard_of_another_seed_does_not, runs_remove),
		cmocka_unit_test_teardown(test_what_was_seen_counts_once, runs_remove),
		cmocka_unit_test_teardown(test_a_file_of_all_has_a_number_for_each_trial,
					  runs_remove),
		cmocka_unit_test_teardown(test_results_say_that_they_are_of_orders,
					  runs_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
