// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "export/tap.h"
#include "run/progress.h"

static enum arm all_arms[] = { ARM_CONTROL, ARM_HOLD, ARM_ECHO, ARM_RACE };
static const struct campaign campaign = { .name = "smoke", .arms = all_arms, .nr_arms = 4 };

static struct tally_arm arm_of(enum arm arm, enum verdict verdict)
{
	struct tally_arm told = { .arm = arm, .trials = 60, .elapsed_ms = 1000 };

	told.verdicts.by[verdict] = 60;
	told.valid = verdict_valid(verdict) ? 60 : 0;
	return told;
}

static struct summary summary_of(struct tally_arm *arms, uint32_t nr,
				 enum campaign_verdict verdict, const char *reason)
{
	return (struct summary){
		.campaign = "smoke",
		.verdict = verdict,
		.reason = reason,
		.trials = 60 * nr,
		.elapsed_ms = 900,
		.fault_rate_bound_ppm = 48703,
		.arms = arms,
		.nr_arms = nr,
	};
}

/* What is said on standard error is not TAP. */
static int mute(void)
{
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);

	fflush(stderr);
	dup2(null, STDERR_FILENO);
	close(null);
	return saved;
}

static void unmute(int saved)
{
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
}

static char *told_by(const struct campaign *of, const struct summary *summary,
		     const char *failure, const char *said)
{
	struct progress *progress;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int saved = mute();

	assert_int_equal(progress_new(PROGRESS_TAP, out, of, &progress), 0);
	if (said)
		progress_say(progress, said);
	if (summary)
		progress_end(progress, summary, NULL, failure);
	progress_free(progress);
	fclose(out);
	unmute(saved);
	return text;
}

static void assert_tap(const struct summary *summary, const char *failure, const char *want)
{
	char *text = told_by(&campaign, summary, failure, NULL);

	assert_string_equal(text, want);
	free(text);
}

static void each_arm_is_a_test_with_its_share_of_the_wall_time(void **state)
{
	struct tally_arm arms[] = { arm_of(ARM_CONTROL, VERDICT_CLEAN),
				    arm_of(ARM_RACE, VERDICT_CLEAN) };
	struct summary summary = summary_of(arms, 2, CAMPAIGN_CLEAN, "no fault");

	(void)state;
	arms[0].elapsed_ms = 2000; /* by several lanes: more than went by */
	assert_tap(&summary, NULL,
		   "TAP version 13\n"
		   "1..2\n"
		   "ok 1 smoke.control # time=600ms\n"
		   "# no fault in 60 valid trials; rate below 4.9% at 95%\n"
		   "ok 2 smoke.race # time=300ms\n"
		   "# no fault in 60 valid trials; rate below 4.9% at 95%\n"
		   "# verdict: clean - no fault\n");
}

static void a_fault_fails_and_what_was_skipped_does_not(void **state)
{
	struct tally_arm arms[] = { arm_of(ARM_HOLD, VERDICT_SKIPPED),
				    arm_of(ARM_ECHO, VERDICT_MISSED),
				    arm_of(ARM_RACE, VERDICT_CLEAN) };
	struct summary summary = summary_of(arms, 3, CAMPAIGN_FAULT, "3 faults");
	struct campaign odd = campaign;
	char *text;

	(void)state;
	arms[2].verdicts.by[VERDICT_CLEAN] = 57;
	arms[2].verdicts.by[VERDICT_KERNEL_BUG] = 3;
	odd.name = "a b/c\xc3\xa9";
	text = told_by(&odd, &summary, NULL, NULL);
	assert_string_equal(text, "TAP version 13\n"
				  "1..3\n"
				  "ok 1 a_b_c__.hold # SKIP every trial was skipped\n"
				  "ok 2 a_b_c__.echo # SKIP no valid trial in the echo arm\n"
				  "not ok 3 a_b_c__.race # time=300ms\n"
				  "# 3 of 60 trials show a fault\n"
				  "# verdict: fault - 3 faults\n");
	free(text);
}

static void what_is_inconclusive_fails(void **state)
{
	struct tally_arm arms[] = { arm_of(ARM_CONTROL, VERDICT_CLEAN),
				    arm_of(ARM_RACE, VERDICT_CLEAN) };
	struct summary summary = summary_of(arms, 2, CAMPAIGN_INCONCLUSIVE,
					    "interrupted after 120 trials: no fault");

	(void)state;
	arms[0].trials = 0;
	arms[0].verdicts.by[VERDICT_CLEAN] = 0;
	assert_tap(&summary, NULL,
		   "TAP version 13\n"
		   "1..2\n"
		   "not ok 1 smoke.control # time=450ms\n"
		   "# no trial was run\n"
		   "not ok 2 smoke.race # time=450ms\n"
		   "# interrupted after 120 trials: no fault\n"
		   "# verdict: inconclusive - interrupted after 120 trials: no fault\n");
}

static void the_exit_code_is_no_unexpected_pass(void **state)
{
	enum { KSFT_XFAIL = 2, KSFT_XPASS = 3 };

	(void)state;
	for (const struct exit_row *row = exit_rows; row->doc; row++) {
		int code = tap_exit((enum exits)row->code);

		assert_int_not_equal(code, KSFT_XFAIL);
		assert_int_not_equal(code, KSFT_XPASS);
		assert_int_equal(code == 0, row->code == EXIT_CLEAN);
		assert_int_equal(code == 4, row->code == EXIT_CANNOT);
	}
}

static void a_failure_bails_out_whatever_was_run(void **state)
{
	struct tally_arm arms[] = { arm_of(ARM_CONTROL, VERDICT_CLEAN),
				    arm_of(ARM_RACE, VERDICT_CLEAN) };
	struct summary summary = summary_of(arms, 2, CAMPAIGN_INCONCLUSIVE, "the disk is full");

	(void)state;
	assert_tap(&summary, "the disk is full\nand slow",
		   "TAP version 13\n"
		   "1..2\n"
		   "ok 1 smoke.control # time=450ms\n"
		   "# no fault in 60 valid trials; rate below 4.9% at 95%\n"
		   "not ok 2 smoke.race # time=450ms\n"
		   "# the disk is full\n"
		   "Bail out! the disk is full\n"
		   "# verdict: inconclusive - the disk is full\n");
	summary.trials = 0;
	assert_tap(&summary, "the disk is full",
		   "TAP version 13\nBail out! the disk is full\n");
}

static void a_skip_before_the_first_trial_is_a_plan_of_nothing(void **state)
{
	struct tally_arm arms[] = { arm_of(ARM_CONTROL, VERDICT_CLEAN),
				    arm_of(ARM_RACE, VERDICT_CLEAN) };
	struct summary summary = summary_of(arms, 2, CAMPAIGN_SKIPPED, "no kprobes here");

	(void)state;
	arms[1].trials = 0;
	arms[1].elapsed_ms = 0;
	assert_tap(&summary, "no kprobes here",
		   "TAP version 13\n"
		   "1..2\n"
		   "ok 1 smoke.control # time=900ms\n"
		   "# no fault in 60 valid trials; rate below 4.9% at 95%\n"
		   "ok 2 smoke.race # SKIP no kprobes here\n"
		   "# verdict: skipped - no kprobes here\n");
	summary.trials = 0;
	assert_tap(&summary, "no kprobes here",
		   "TAP version 13\n1..0 # SKIP no kprobes here\n");
}

static void what_does_not_begin_says_why(void **state)
{
	static const struct {
		enum exits code;
		const char *want;
	} cases[] = {
		{ EXIT_CANNOT, "TAP version 13\n1..0 # SKIP x.yaml: no\n" },
		{ EXIT_USAGE, "TAP version 13\nBail out! x.yaml: no\n" },
		{ EXIT_INTERNAL, "TAP version 13\nBail out! x.yaml: no\n" },
		{ EXIT_BUSY, "TAP version 13\nBail out! x.yaml: no\n" },
		{ EXIT_CONFIG, "TAP version 13\nBail out! x.yaml: no\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		tap_nothing(out, cases[i].code, "x.yaml: no\nand more");
		fclose(out);
		assert_string_equal(text, cases[i].want);
		free(text);
	}
}

/* It may quote the kernel's log, which readers of TAP take for a crash. */
static void nothing_else_is_said_there(void **state)
{
	char *text = told_by(&campaign, NULL, NULL, "the kernel logged: [ 1.0] Call Trace:");

	(void)state;
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_arm_is_a_test_with_its_share_of_the_wall_time),
		cmocka_unit_test(a_fault_fails_and_what_was_skipped_does_not),
		cmocka_unit_test(what_is_inconclusive_fails),
		cmocka_unit_test(the_exit_code_is_no_unexpected_pass),
		cmocka_unit_test(a_failure_bails_out_whatever_was_run),
		cmocka_unit_test(a_skip_before_the_first_trial_is_a_plan_of_nothing),
		cmocka_unit_test(what_does_not_begin_says_why),
		cmocka_unit_test(nothing_else_is_said_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
