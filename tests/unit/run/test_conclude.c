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

#include "base/fields.h"
#include "parse/campaign.h"
#include "run/conclude.h"

/*
 * Each test runs a campaign of its own in an empty folder: trials are made up, the results are
 * real. What is judged is the summary that is left, and the exit code.
 */

static const char *const sets[] = { "name=c", "arms=[race]", "stop.findings=2", "lanes=1" };
static char folder[] = "/tmp/test_conclude.XXXXXX";

static struct campaign *campaign;
static struct results *results;
static struct progress *progress;
static struct conclusion *c;

static void open_campaign(bool again)
{
	struct why why = { "" };

	if (campaign_load(NULL, sets, sizeof(sets) / sizeof(sets[0]), &campaign, &why) ||
	    (again ? results_open_again : results_open)("out", campaign, NULL, &results, &why))
		fail_msg("%s", why.text);
	assert_int_equal(progress_new(PROGRESS_QUIET, stdout, campaign, &progress), 0);
	assert_int_equal(conclude_new(campaign, results, progress, &c), 0);
}

static void close_campaign(void)
{
	conclude_free(c);
	progress_free(progress);
	results_close(results);
	campaign_free(campaign);
}

static int enter(void **state)
{
	(void)state;
	snprintf(strchr(folder, '.'), sizeof(".XXXXXX"), ".XXXXXX");
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	open_campaign(false);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	close_campaign();
	unlink("out/results.ndjson");
	unlink("out/summary.json");
	return rmdir("out") || chdir("/") || rmdir(folder);
}

static void begin_without_control(void)
{
	assert_true(conclude_plan(c));
	assert_true(conclude_begin(c, NULL, 0));
	conclude_start(c);
}

/* A trial in which one reference was held on purpose: what it was judged. */
static void control(enum verdict verdict, const char *object, int64_t delta)
{
	static const struct evidence e = { .lane = 1, .device = "dut1" };
	struct judgement judgement = { .verdict = verdict,
				       .reason = "made up",
				       .delta = delta };

	snprintf(judgement.object, sizeof(judgement.object), "%s", object);
	assert_true(conclude_control(c, &e, &judgement, NULL));
}

static void begin(void)
{
	begin_without_control();
	control(VERDICT_LEAK, "net_device", 1);
}

static void trial(uint32_t number, enum verdict verdict, const char *signature)
{
	static struct evidence e;
	struct judgement judgement = { .verdict = verdict, .reason = "made up" };

	e = (struct evidence){ .spec = { .trial = number, .arm = ARM_RACE } };
	e.started_ns = 1000000000;
	e.ended_ns = 3000000000;
	if (verdict == VERDICT_LEAK)
		snprintf(judgement.object, sizeof(judgement.object), "net_device");
	snprintf(judgement.signature, sizeof(judgement.signature), "%s", signature);
	assert_true(conclude_trial(c, &e, &judgement, NULL));
}

static void fail_with(enum exits code, const char *sentence)
{
	struct why why;

	why_exit(&why, code, 0, "%s", sentence);
	conclude_fail(c, &why);
}

static void assert_text(const json_t *summary, const char *name, const char *wanted)
{
	assert_string_equal(json_string_value(json_object_get(summary, name)), wanted);
}

static void assert_end(enum exits code, const char *verdict, const char *by, const char *reason)
{
	enum exits ended = conclude_end(c);
	json_auto_t *summary = json_load_file("out/summary.json", 0, NULL);

	assert_non_null(summary);
	assert_text(summary, "verdict", verdict);
	assert_text(summary, "ended_by", by);
	if (reason)
		assert_text(summary, "reason", reason);
	assert_int_equal(json_integer_value(json_object_get(summary, "exit_code")), code);
	assert_int_equal(ended, code);
}

/* --- what could not be started --- */

static void test_cannot(void **state)
{
	struct why why = { "" };
	char *line;

	(void)state;
	fail_with(EXIT_CANNOT, "no kprobes here");
	fail_with(EXIT_CONFIG, "the first failure is the one that counts");
	assert_end(EXIT_CANNOT, "skipped", "error", "no kprobes here");
	line = results_first_line("out");
	assert_memory_equal(line, "{\"type\":\"summary\"", 17);
	free(line);

	/* Nothing that is worth keeping: the next run may have the folder. */
	close_campaign();
	open_campaign(false);
	begin();
	trial(1, VERDICT_CLEAN, "");
	close_campaign();
	assert_int_equal(campaign_load(NULL, sets, 4, &campaign, &why), 0);
	assert_int_not_equal(results_open("out", campaign, NULL, &results, &why), 0);
	campaign_free(campaign);
	open_campaign(true);
}

static void test_busy(void **state)
{
	(void)state;
	fail_with(EXIT_BUSY, "another run");
	assert_end(EXIT_BUSY, "inconclusive", "error", "another run");
}

static void test_interrupted_before_it_began(void **state)
{
	(void)state;
	fail_with(EXIT_INCONCLUSIVE, "interrupted");
	assert_end(EXIT_INCONCLUSIVE, "inconclusive", "signal", "interrupted");
}

/* --- where it ran --- */

static void assert_machine(const char *name, json_type type)
{
	json_auto_t *summary = json_load_file("out/summary.json", 0, NULL);
	const json_t *machine = json_object_get(summary, "machine");

	assert_int_equal(json_typeof(json_object_get(machine, name)), type);
}

static void test_summary_names_the_machine(void **state)
{
	(void)state;
	conclude_end(c);
	assert_machine("architecture", JSON_NULL);
	begin();
	conclude_end(c);
	assert_machine("release", JSON_STRING);
	assert_machine("architecture", JSON_STRING);
	assert_machine("cpus_online", JSON_INTEGER);
}

/* --- what failed on its way --- */

static void test_clean_until_it_failed(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 1; i <= 60; i++)
		trial(i, VERDICT_CLEAN, "");
	fail_with(0, "the lane is gone");
	assert_end(EXIT_INTERNAL, "inconclusive", "error", "the lane is gone");
}

static void test_fault_stays_one(void **state)
{
	(void)state;
	begin();
	trial(1, VERDICT_LEAK, "leak/net_device");
	fail_with(EXIT_CANNOT, "no more lanes");
	assert_end(
		EXIT_FAULT, "fault", "error",
		"1 of 1 trials shows a fault; the campaign could not continue: no more lanes");
}

static void test_residue(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 1; i <= 60; i++)
		trial(i, VERDICT_CLEAN, "");
	c->stuck = 1;
	conclude_stop(c, "trials");
	assert_end(EXIT_RESIDUE, "clean", "trials", NULL);
}

/* --- controls --- */

/* clang-format off */
#define BLIND \
	"lane 1: the positive control failed: a trial in which 1 reference to net_device of dut1 was held on purpose was judged clean (made up) instead of leak net_device +1"
/* clang-format on */

static void test_control_is_in_no_sum(void **state)
{
	json_auto_t *summary = NULL;

	(void)state;
	begin();
	trial(1, VERDICT_CLEAN, "");
	conclude_stop(c, "trials");
	assert_int_equal(conclude_end(c), EXIT_INCONCLUSIVE); /* one trial is too few */
	summary = json_load_file("out/summary.json", 0, NULL);
	assert_true(json_is_true(json_object_get(summary, "control")));
	assert_int_equal(json_integer_value(json_object_get(summary, "trials")), 1);
	assert_int_equal(json_array_size(json_object_get(summary, "findings")), 0);
}

static void test_without_control_nothing_is_clean(void **state)
{
	(void)state;
	begin_without_control();
	for (uint32_t i = 1; i <= 60; i++)
		trial(i, VERDICT_CLEAN, "");
	conclude_stop(c, "trials");
	/* clang-format off */
	assert_end(EXIT_INCONCLUSIVE, "inconclusive", "trials",
		   "without a positive control: no fault in 60 valid trials of the race arm; rate below 4.9% at 95%");
	/* clang-format on */
}

static void test_a_control_of_another_object_is_none(void **state)
{
	(void)state;
	begin_without_control();
	control(VERDICT_LEAK, "inet6_dev", 1);
	assert_false(c->control_works);
	control(VERDICT_LEAK, "net_device", 1);
	assert_true(c->control_works);
	conclude_end(c);
}

/* A folder stands where the summary belongs. */
static void test_results_that_cannot_be_written_are_not_clean(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 1; i <= 60; i++)
		trial(i, VERDICT_CLEAN, "");
	conclude_stop(c, "trials");
	assert_int_equal(mkdir("out/summary.json", 0755), 0);
	assert_int_equal(conclude_end(c), EXIT_INTERNAL);
	assert_int_equal(rmdir("out/summary.json"), 0);
}

static void test_controls_that_fail(void **state)
{
	(void)state;
	begin_without_control();
	control(VERDICT_CLEAN, "", 0);
	control(VERDICT_LEAK, "net_device", 2);
	assert_false(conclude_ended(c));
	control(VERDICT_CLEAN, "", 0);
	assert_true(conclude_ended(c));
	assert_end(EXIT_INCONCLUSIVE, "inconclusive", "control", BLIND);
}

static void test_one_control_that_works_is_enough(void **state)
{
	(void)state;
	begin_without_control();
	control(VERDICT_LEAK, "inet6_dev", 1); /* not the one that was held */
	control(VERDICT_INVALID, "", 0);
	control(VERDICT_LEAK, "net_device", 1);
	for (uint32_t i = 1; i <= 60; i++)
		trial(i, VERDICT_CLEAN, "");
	conclude_stop(c, "trials");
	assert_end(EXIT_CLEAN, "clean", "trials", NULL);
}

static void test_fault_stays_one_when_controls_fail(void **state)
{
	(void)state;
	begin_without_control();
	trial(1, VERDICT_LEAK, "leak/net_device");
	for (int i = 0; i < 3; i++)
		control(VERDICT_CLEAN, "", 0);
	assert_end(EXIT_FAULT, "fault", "control",
		   "1 of 1 trials shows a fault; the campaign could not continue: " BLIND);
}

static void test_kept_control(void **state)
{
	(void)state;
	begin();
	fail_with(0, "killed");
	assert_int_equal(conclude_end(c), EXIT_INTERNAL);
	close_campaign();
	open_campaign(true);
	assert_true(conclude_resume(c, true));
	assert_true(c->control_works);
}

/* --- what ends by itself --- */

static void test_findings(void **state)
{
	(void)state;
	begin();
	trial(1, VERDICT_LEAK, "leak/net_device");
	trial(2, VERDICT_LEAK, "leak/net_device");
	assert_false(conclude_ended(c));
	trial(3, VERDICT_HANG, "hang/down");
	assert_true(conclude_ended(c));
	conclude_stop(c, "seconds");
	assert_end(EXIT_FAULT, "fault", "findings", NULL);
}

/* A finding counts when all trials before it have ended. */
static void test_findings_in_order_of_start(void **state)
{
	(void)state;
	begin();
	trial(2, VERDICT_LEAK, "leak/net_device");
	trial(3, VERDICT_HANG, "hang/down");
	assert_false(conclude_ended(c));
	trial(1, VERDICT_CLEAN, "");
	assert_true(conclude_ended(c));
	assert_end(EXIT_FAULT, "fault", "findings", "2 of 3 trials show a fault");
}

static void test_too_few(void **state)
{
	(void)state;
	begin();
	trial(1, VERDICT_CLEAN, "");
	conclude_stop(c, "trials");
	/* clang-format off */
	assert_end(EXIT_INCONCLUSIVE, "inconclusive", "trials",
		   "no fault in 1 valid trial of the race arm; rate below 95.0% at 95%; 58 more would show that it is below 5.0% (clean_below_ppm)");
	/* clang-format on */
}

static void test_interrupted(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 1; i <= 67; i++)
		trial(i, VERDICT_CLEAN, "");
	conclude_stop(c, "signal");
	/* clang-format off */
	assert_end(EXIT_INCONCLUSIVE, "inconclusive", "signal",
		   "interrupted after 67 trials: no fault in 67 valid trials of the race arm; rate below 4.4% at 95%");
	/* clang-format on */
}

static void test_fault_and_interrupted(void **state)
{
	(void)state;
	begin();
	trial(1, VERDICT_LEAK, "leak/net_device");
	conclude_stop(c, "signal");
	assert_end(EXIT_FAULT, "fault", "signal",
		   "interrupted after 1 trial: 1 of 1 trials shows a fault");
}

static void test_resumed(void **state)
{
	(void)state;
	begin();
	trial(1, VERDICT_LEAK, "leak/net_device");
	trial(2, VERDICT_CLEAN, "");
	fail_with(0, "killed");
	assert_int_equal(conclude_end(c), EXIT_INTERNAL);
	close_campaign();

	open_campaign(true);
	assert_true(conclude_resume(c, true));
	assert_string_equal(suspects_next(&c->suspects)->signature, "leak/net_device");
	assert_int_equal(c->kept_ns, 4000000000);
	assert_true(results_has(results, 2));
	assert_false(results_has(results, 3));
	assert_true(conclude_begin(c, NULL, 0));
	conclude_start(c);
	trial(3, VERDICT_HANG, "hang/down");
	assert_true(conclude_ended(c));
	assert_end(EXIT_FAULT, "fault", "findings", "2 of 3 trials show a fault");
}

/* Results of another campaign are left as they are. */
static void test_of_another(void **state)
{
	char *before, *after;

	(void)state;
	begin();
	trial(1, VERDICT_CLEAN, "");
	close_campaign();
	before = results_first_line("out");

	open_campaign(true);
	campaign->seed++;
	assert_true(conclude_resume(c, true));
	assert_false(conclude_begin(c, NULL, 0));
	assert_int_equal(conclude_end(c), EXIT_CONFIG);
	assert_int_not_equal(access("out/summary.json", F_OK), 0);
	after = results_first_line("out");
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void test_only_changes_that_the_kernel_makes_are_planned(void **state)
{
	static const char line[] =
		"{\"campaign\":{\"bringup\":{\"change\":[\"none\",\"mtu\"]},\"explore\":{}}}";

	(void)state;
	assert_int_equal(run_places_kept(line, &c->places), 0);
	begin_without_control();
	assert_int_equal(c->campaign->bringup.nr_change, 2);
	assert_int_equal(c->campaign->bringup.change[0], CHANGE_NONE);
	assert_int_equal(c->campaign->bringup.change[1], CHANGE_MTU);
}

int main(void)
{
#define CAMPAIGN_TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		CAMPAIGN_TEST(test_cannot),
		CAMPAIGN_TEST(test_busy),
		CAMPAIGN_TEST(test_interrupted_before_it_began),
		CAMPAIGN_TEST(test_summary_names_the_machine),
		CAMPAIGN_TEST(test_clean_until_it_failed),
		CAMPAIGN_TEST(test_fault_stays_one),
		CAMPAIGN_TEST(test_residue),
		CAMPAIGN_TEST(test_control_is_in_no_sum),
		CAMPAIGN_TEST(test_without_control_nothing_is_clean),
		CAMPAIGN_TEST(test_a_control_of_another_object_is_none),
		CAMPAIGN_TEST(test_results_that_cannot_be_written_are_not_clean),
		CAMPAIGN_TEST(test_controls_that_fail),
		CAMPAIGN_TEST(test_one_control_that_works_is_enough),
		CAMPAIGN_TEST(test_fault_stays_one_when_controls_fail),
		CAMPAIGN_TEST(test_kept_control),
		CAMPAIGN_TEST(test_findings),
		CAMPAIGN_TEST(test_findings_in_order_of_start),
		CAMPAIGN_TEST(test_too_few),
		CAMPAIGN_TEST(test_interrupted),
		CAMPAIGN_TEST(test_fault_and_interrupted),
		CAMPAIGN_TEST(test_resumed),
		CAMPAIGN_TEST(test_of_another),
		CAMPAIGN_TEST(test_only_changes_that_the_kernel_makes_are_planned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
