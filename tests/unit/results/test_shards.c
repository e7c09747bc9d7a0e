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

#include "results/results.h"
#include "trial/plan.h"
#include "trial/shard.h"
#include "written_runs.h"

enum { TRIALS = 250 };

static enum arm arms[] = { ARM_CONTROL, ARM_HOLD, ARM_ECHO, ARM_RACE };
static uint64_t hold_us[] = { 1000 };
static enum direction directions[] = { DIRECTION_INBOUND };
static enum target targets[] = { TARGET_ALL_NODES };
static enum message_kind messages[] = { MESSAGE_ECHO };
static enum dad_answer answers[] = { DAD_ANSWER_NONE };
static enum change_kind changes[] = { CHANGE_NONE };
static enum load_kind loads[] = { LOAD_NONE };

static const struct campaign plan = {
	.name = "plan",
	.seed = 11,
	.stop.trials = TRIALS,
	.clean_below_ppm = 60000,
	.arms = arms,
	.nr_arms = ARMS,
	.window = { .hold_us = hold_us, .nr_hold_us = 1 },
	.echo = { .directions = directions,
		  .nr_directions = 1,
		  .targets = targets,
		  .nr_targets = 1,
		  .message = messages,
		  .nr_message = 1 },
	.dad = { .answer = answers, .nr_answer = 1 },
	.bringup = { .change = changes, .nr_change = 1 },
	.load = loads,
	.nr_load = 1,
};

/* What a trial shows depends on its number only: some are missed, one may leak. */
static void write_trial(FILE *out, uint32_t trial, uint32_t leak)
{
	struct trial_spec spec;

	plan_trial(&plan, trial, &spec);
	fprintf(out,
		"{\"type\":\"trial\",\"verdict\":\"%s\",\"object\":%s,\"delta\":%d,"
		"\"reason\":\"r\",\"signature\":%s,\"spec\":{\"trial\":%u,\"arm\":\"%s\"}}\n",
		trial == leak	? "leak" :
		trial % 23 == 0 ? "missed" :
				  "clean",
		trial == leak ? "\"net_device\"" : "null", trial == leak,
		trial == leak ? "\"leak/net_device\"" : "null", trial, arm_names[spec.arm]);
}

static void write_run(FILE *out, struct shard shard, uint32_t seed, uint32_t leak)
{
	const struct deal deal = { shard, ARMS };

	fprintf(out,
		"{\"type\":\"campaign\",\"schema_version\":3,\"id\":\"run-%u\",\"shard\":{"
		"\"index\":%u,\"of\":%u},\"machine\":{\"release\":\"6.1\",\"version\":\"#1\"},"
		"\"campaign\":{\"name\":\"plan\",\"seed\":%u,\"stop\":{\"trials\":%u},"
		"\"arms\":[\"control\",\"hold\",\"echo\",\"race\"],\"clean_below_ppm\":60000}"
		"}\n",
		nr_runs - 1, shard.index, shard.of, seed, TRIALS);
	for (uint32_t t = shard_next(&deal, 0); t <= TRIALS; t = shard_next(&deal, t))
		write_trial(out, t, leak);
}

static void write_end(FILE *out)
{
	fputs("{\"type\":\"summary\",\"ended_by\":\"trials\",\"control\":true,\"verdict\":"
	      "\"clean\",\"reason\":\"r\"}\n",
	      out);
}

static const struct summary *add_run(uint32_t index, uint32_t of, uint32_t seed, uint32_t leak)
{
	FILE *out = run_begin("test_shards");

	write_run(out, (struct shard){ index, of }, seed, leak);
	write_end(out);
	run_end(out);
	return past_summary(runs[nr_runs - 1]);
}

/* What decides, as text. */
static void print_sums(const struct summary *sums, char *text, size_t size)
{
	size_t used;

	used = (size_t)snprintf(text, size, "%s: %s, bound %llu, decisive %u",
				campaign_verdict_names[sums->verdict], sums->reason,
				(unsigned long long)sums->fault_rate_bound_ppm, sums->decisive);
	for (uint32_t i = 0; i < sums->nr_arms; i++) {
		const struct tally_arm *arm = &sums->arms[i];

		used += (size_t)snprintf(text + used, size - used, "; %s %u %u %u",
					 arm_names[arm->arm], arm->trials, arm->valid,
					 arm->faults);
		for (int v = 0; v < VERDICTS; v++)
			used += (size_t)snprintf(text + used, size - used, " %u",
						 arm->verdicts.by[v]);
	}
}

static void print_all(char *text, size_t size)
{
	struct summary sums = { 0 };
	struct tally *all;

	assert_int_equal(past_tally_new(runs[0], &all), 0);
	for (uint32_t i = 0; i < nr_runs; i++)
		tally_merge(all, past_tally(runs[i]));
	tally_summary(all, &sums);
	print_sums(&sums, text, size);
	tally_free(all);
}

/* As exports see them: every trial is there, with the shard that has it. */
static void assert_read_as_one(const struct merged *merged, const char *whole, uint32_t leak)
{
	const struct past_trial *trial;
	struct past *past;
	struct why why;
	char text[2048];

	for (uint32_t i = 0; i < nr_runs; i++)
		assert_true(merged_same_whole(runs[0], runs[i]));
	assert_int_equal(past_open_shards(runs, nr_runs, merged, &past, &why), 0);
	print_sums(past_summary(past), text, sizeof(text));
	assert_string_equal(text, whole);
	assert_int_equal(past_summary(past)->nr_findings, leak > 0);
	assert_int_equal(past_shard(past).of, 1);
	assert_true(past_summary(past)->control);
	for (uint32_t i = 1; i <= TRIALS; i++) {
		json_auto_t *line = NULL;

		trial = past_trial(past, i);
		assert_non_null(trial);
		assert_string_equal(past_folder_of(past, trial),
				    past_folder(runs[trial->part]));
		line = past_line(past, trial, &why);
		assert_int_equal(fields_count(json_object_get(line, "spec"), "trial"), i);
	}
	assert_null(past_folder_at(past, nr_runs));
	past_close(past);
}

static void assert_shards_are_the_whole(uint32_t of, uint32_t leak)
{
	char whole[2048], shared[2048];
	struct merged one, all;

	add_run(1, 1, 11, leak);
	print_all(whole, sizeof(whole));
	one = runs_merged();
	runs_remove(NULL);
	for (uint32_t index = 1; index <= of; index++)
		add_run(index, of, 11, leak);
	print_all(shared, sizeof(shared));
	all = runs_merged();
	assert_string_equal(shared, whole);
	assert_int_equal(all.verdict, one.verdict);
	assert_int_equal(all.trials, one.trials);
	assert_int_equal(all.fault_rate_bound_ppm, one.fault_rate_bound_ppm);
	assert_string_equal(all.reason, one.reason);
	assert_read_as_one(&all, whole, leak);
	runs_remove(NULL);
}

static void test_shards_are_the_tally_of_one_run(void **state)
{
	(void)state;
	for (uint32_t of = 2; of <= WRITTEN_RUNS_MOST; of++) {
		assert_shards_are_the_whole(of, 0);
		assert_shards_are_the_whole(of, 77);
	}
}

/* All of its trials decide, although their numbers have gaps. */
static void test_a_shard_decides_by_its_own_trials(void **state)
{
	const struct summary *sums = add_run(3, 4, 11, 0);

	(void)state;
	assert_int_equal(sums->trials, 62); /* 15 blocks, and half of the last */
	assert_int_equal(sums->decisive, sums->trials);
	assert_int_equal(sums->shard.index, 3);
	assert_int_equal(sums->shard.of, 4);
}

static void test_a_missing_shard_is_named(void **state)
{
	struct merged merged;

	(void)state;
	add_run(1, 4, 11, 0);
	add_run(4, 4, 11, 0);
	add_run(2, 4, 11, 0);
	merged = runs_merged();
	assert_int_equal(verdict_exit(merged.verdict), EXIT_INCONCLUSIVE);
	assert_ptr_equal(strstr(merged.reason, "shard 3 of 4 is missing: "), merged.reason);
}

static void test_a_file_of_shards_tells_what_is_missing(void **state)
{
	struct merged merged;
	struct past *past;
	struct why why;

	(void)state;
	add_run(1, 3, 11, 0);
	add_run(3, 3, 11, 0);
	merged = runs_merged();
	assert_int_equal(past_open_shards(runs, nr_runs, &merged, &past, &why), 0);
	assert_int_equal(past_summary(past)->verdict, CAMPAIGN_INCONCLUSIVE);
	assert_string_equal(past_summary(past)->reason, merged.reason);
	assert_ptr_equal(strstr(merged.reason, "shard 2 of 3 is missing: "), merged.reason);
	past_close(past);
	add_run(2, 3, 12, 0); /* of another plan */
	assert_false(merged_same_whole(runs[0], runs[nr_runs - 1]));
}

/* Whichever of them it is. */
static void test_a_file_of_shards_tells_of_the_one_that_was_killed(void **state)
{
	for (uint32_t killed = 1; killed <= 2; killed++) {
		struct merged merged;
		struct past *past;
		struct why why;
		char text[64];

		for (uint32_t i = 1; i <= 2; i++) {
			FILE *out = run_begin("test_shards");

			write_run(out, (struct shard){ i, 2 }, 11, 0);
			if (i != killed)
				write_end(out);
			run_end(out);
		}
		merged = runs_merged();
		assert_int_equal(past_open_shards(runs, nr_runs, &merged, &past, &why), 0);
		snprintf(text, sizeof(text), "shard %u of 2 killed or still running after 1",
			 killed);
		assert_non_null(past_unfinished(past));
		assert_int_equal(strncmp(past_unfinished(past), text, strlen(text)), 0);
		assert_null(past_summary(past)->ended_by);
		past_close(past);
		runs_remove(state);
	}
}

static void test_missing_shards_are_ranges(void **state)
{
	struct merged merged;

	(void)state;
	add_run(2, 9, 11, 0);
	add_run(6, 9, 11, 0);
	merged = runs_merged();
	assert_ptr_equal(strstr(merged.reason, "shards 1, 3-5, 7-9 of 9 are missing: "),
			 merged.reason);
}

static void test_a_fault_stands_without_the_missing_shard(void **state)
{
	struct merged merged;

	(void)state;
	add_run(1, 3, 11, 1);
	add_run(2, 3, 11, 0);
	merged = runs_merged();
	assert_int_equal(verdict_exit(merged.verdict), EXIT_FAULT);
	assert_non_null(strstr(merged.reason, "shard 3 of 3 is missing"));
}

static void test_a_shard_counts_once(void **state)
{
	struct why why = { "" };
	struct merged merged;

	(void)state;
	add_run(1, 2, 11, 0);
	add_run(2, 2, 11, 0);
	add_run(2, 2, 11, 0);
	assert_int_equal(merged_make(runs, nr_runs, &merged, &why), -EINVAL);
	assert_non_null(strstr(why.text, ": shard 2 of 2, as /tmp/test_shards."));
}

/* Each night has a seed of its own, and shards of its own. */
static void test_two_nights_are_two_sets_of_shards(void **state)
{
	struct merged merged;

	(void)state;
	add_run(1, 2, 11, 0);
	add_run(2, 2, 12, 0);
	add_run(2, 2, 11, 0);
	merged = runs_merged();
	assert_ptr_equal(strstr(merged.reason, "shard 1 of 2 is missing: "), merged.reason);
	add_run(1, 2, 12, 0);
	merged = runs_merged();
	assert_int_equal(verdict_exit(merged.verdict), EXIT_CLEAN);
}

static void test_another_shard_does_not_resume(void **state)
{
	struct campaign campaign = plan;
	static const struct machine machine = { .release = "6.1" };
	struct results *results = NULL;
	struct why why = { "" };
	const char *folder;

	(void)state;
	folder = run_folder("test_shards");
	campaign.shard = (struct shard){ 2, 4 };
	assert_int_equal(results_open(folder, &campaign, NULL, &results, &why), 0);
	assert_int_equal(results_begin(results, &campaign, &machine, NULL, 0, &why), 0);
	results_close(results);
	assert_int_equal(results_open_again(folder, &campaign, NULL, &results, &why), 0);
	assert_int_equal(results_begin(results, &campaign, &machine, NULL, 0, &why), 0);
	campaign.shard.index = 3;
	assert_int_equal(results_begin(results, &campaign, &machine, NULL, 0, &why), -EINVAL);
	assert_non_null(strstr(why.text, "another --shard"));
	results_close(results);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shards_are_the_tally_of_one_run),
		cmocka_unit_test_teardown(test_a_shard_decides_by_its_own_trials, runs_remove),
		cmocka_unit_test_teardown(test_a_missing_shard_is_named, runs_remove),
		cmocka_unit_test_teardown(test_a_file_of_shards_tells_what_is_missing,
					  runs_remove),
		cmocka_unit_test_teardown(
			test_a_file_of_shards_tells_of_the_one_that_was_killed, runs_remove),
		cmocka_unit_test_teardown(test_missing_shards_are_ranges, runs_remove),
		cmocka_unit_test_teardown(test_a_fault_stands_without_the_missing_shard,
					  runs_remove),
		cmocka_unit_test_teardown(test_a_shard_counts_once, runs_remove),
		cmocka_unit_test_teardown(test_two_nights_are_two_sets_of_shards, runs_remove),
		cmocka_unit_test_teardown(test_another_shard_does_not_resume, runs_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
