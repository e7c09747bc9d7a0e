// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include <math.h>

#include "results/finding_words.h"
#include "run/progress.h"

#define S 1000000000ull

static enum arm all_arms[] = { ARM_CONTROL, ARM_HOLD, ARM_ECHO, ARM_RACE };

static struct campaign campaign_of(uint32_t trials, uint32_t seconds)
{
	return (struct campaign){
		.name = "smoke",
		.lanes = 2,
		.stop = { .trials = trials, .seconds = seconds },
		.arms = all_arms,
		.nr_arms = 4,
	};
}

static void add(struct tally *tally, enum verdict verdict, uint32_t count)
{
	const struct judgement judgement = { .verdict = verdict, .signature = "x" };

	for (uint32_t i = 0; i < count; i++) {
		struct evidence e = { .spec = { .trial = i + 1, .arm = ARM_RACE } };

		assert_true(tally_add(tally, &e, &judgement, NULL) >= 0);
	}
}

/* --- where the output goes: memory, or a terminal of which we hold the other end --- */

enum { TEXT_MAX = 65536 };

struct screen {
	char *text;
	size_t size;
	FILE *out;
	int end;
};

static void open_memory(struct screen *screen)
{
	*screen = (struct screen){ .end = -1 };
	screen->out = open_memstream(&screen->text, &screen->size);
	assert_non_null(screen->out);
}

static void open_terminal(struct screen *screen, unsigned short columns)
{
	const struct winsize size = { .ws_row = 25, .ws_col = columns };
	struct termios raw;
	int fd;

	*screen = (struct screen){ .end = posix_openpt(O_RDWR | O_NOCTTY) };
	if (screen->end < 0)
		skip();
	assert_int_equal(grantpt(screen->end), 0);
	assert_int_equal(unlockpt(screen->end), 0);
	fd = open(ptsname(screen->end), O_RDWR | O_NOCTTY);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, TIOCSWINSZ, &size), 0);
	assert_int_equal(tcgetattr(fd, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(fd, TCSANOW, &raw), 0);
	screen->out = fdopen(fd, "w");
	screen->text = calloc(1, TEXT_MAX);
}

/*
 * What was written; it stays the screen's. A terminal passes it on in pieces: read up to a
 * mark.
 */
static const char *shown(struct screen *screen)
{
	size_t length = 0;

	if (screen->end < 0) {
		fflush(screen->out);
		return screen->text;
	}
	fputc('\0', screen->out);
	fflush(screen->out);
	do {
		ssize_t n = read(screen->end, screen->text + length, TEXT_MAX - length);

		assert_true(n > 0);
		length += (size_t)n;
	} while (screen->text[length - 1]);
	return screen->text;
}

static void close_screen(struct screen *screen)
{
	fclose(screen->out);
	if (screen->end >= 0)
		close(screen->end);
	free(screen->text);
}

static struct progress *new_progress(enum progress_style style, struct screen *screen,
				     const struct campaign *campaign)
{
	struct progress *progress;

	assert_int_equal(progress_new(style, screen->out, campaign, &progress), 0);
	return progress;
}

/* --- begin --- */

static void test_begin(void **state)
{
	static const struct results_hook hooks[] = {
		{ "flags", TIER_KPROBE, "__dev_change_flags" },
		{ "hold", TIER_TRACEPOINT, NULL },
		{ "path", TIER_AUTO, NULL },
		{ "settle", TIER_FENTRY, "free_percpu" },
	};
	struct campaign campaign = campaign_of(240, 60);
	struct progress *progress;
	struct screen screen;

	(void)state;
	campaign.stop.findings = 1;
	campaign.vm.plant = "saddr-fail";
	open_memory(&screen);
	progress = new_progress(PROGRESS_PEOPLE, &screen, &campaign);
	progress_begin(progress, NULL, hooks, 4);
	/* clang-format off */
	assert_string_equal(shown(&screen),
		"Campaign smoke: arms control, hold, echo, race; 2 lanes; ends after 240 trials or 60 s or 1\n"
		"  finding; the bug saddr-fail is planted in the kernel\n"
		"Hooks: flags by kprobe (__dev_change_flags), hold by tracepoint, path not hooked, settle by\n"
		"  fentry (free_percpu)\n");
	/* clang-format on */
	progress_free(progress);
	progress_free(NULL);
	close_screen(&screen);
}

/* --- meanwhile --- */

static void test_plain_lines(void **state)
{
	const struct campaign campaign = campaign_of(240, 0);
	struct progress *progress;
	struct tally *tally;
	struct screen screen;

	(void)state;
	open_memory(&screen);
	progress = new_progress(PROGRESS_PEOPLE, &screen, &campaign);
	assert_int_equal(tally_new(&campaign, &tally), 0);
	progress_update(progress, tally, 1000 * S);
	add(tally, VERDICT_CLEAN, 118);
	progress_update(progress, tally, 1004 * S);
	assert_string_equal(shown(&screen), "");
	add(tally, VERDICT_MISSED, 5);
	progress_update(progress, tally, 1005 * S);
	add(tally, VERDICT_HANG, 2);
	progress_update(progress, tally, 1009 * S);
	add(tally, VERDICT_INVALID, 115);
	progress_update(progress, tally, 1010 * S);
	assert_string_equal(shown(&screen),
			    "123/240 trials  25/s  00:05 left  clean 118  missed 5  leak 0\n"
			    "240/240 trials  24/s  00:00 left  clean 118  missed 5  leak 0  "
			    "hang 2  invalid 115\n");
	tally_free(tally);
	progress_free(progress);
	close_screen(&screen);
}

static void test_without_a_number_of_trials(void **state)
{
	const struct campaign campaign = campaign_of(0, 7200);
	struct progress *progress;
	struct tally *tally;
	struct screen screen;

	(void)state;
	open_memory(&screen);
	progress = new_progress(PROGRESS_PEOPLE, &screen, &campaign);
	assert_int_equal(tally_new(&campaign, &tally), 0);
	progress_update(progress, tally, 1 * S);
	add(tally, VERDICT_CLEAN, 1);
	progress_update(progress, tally, 11 * S);
	assert_string_equal(shown(&screen),
			    "1 trial  0.1/s  1:59:50 left  clean 1  missed 0  leak 0\n");
	tally_free(tally);
	progress_free(progress);
	close_screen(&screen);
}

#define CLEAR "\r\033[K"

static void test_terminal(void **state)
{
	const struct campaign campaign = campaign_of(240, 0);
	struct progress *progress;
	struct tally *tally;
	struct screen screen;

	(void)state;
	setenv("TERM", "linux", 1);
	open_terminal(&screen, 120);
	progress = new_progress(PROGRESS_PEOPLE, &screen, &campaign);
	assert_int_equal(tally_new(&campaign, &tally), 0);
	progress_update(progress, tally, 1000 * S);
	assert_string_equal(shown(&screen), CLEAR "[..........]  0/240 trials  clean 0  "
						  "missed 0  leak 0");
	add(tally, VERDICT_CLEAN, 120);
	/* At most ten times a second: */
	progress_update(progress, tally, 1000 * S + S / 20);
	progress_update(progress, tally, 1003 * S);
	assert_string_equal(shown(&screen),
			    CLEAR "[#####.....]  120/240 trials  40/s  00:03 left  "
				  "clean 120  missed 0  leak 0");
	/* above the line, which comes back at once */
	progress_say(progress, "finding: 4 references");
	progress_update(progress, tally, 1003 * S + 1);
	assert_string_equal(shown(&screen), CLEAR "finding: 4 references\n" CLEAR
						  "[#####.....]  120/240 trials  40/s  "
						  "00:03 left  clean 120  missed 0  leak 0");
	tally_free(tally);
	progress_free(progress);
	close_screen(&screen);
}

static void test_narrow_terminal(void **state)
{
	const struct campaign campaign = campaign_of(240, 0);
	struct progress *progress;
	struct tally *tally;
	struct screen screen;

	(void)state;
	setenv("TERM", "linux", 1);
	open_terminal(&screen, 30);
	progress = new_progress(PROGRESS_PEOPLE, &screen, &campaign);
	assert_int_equal(tally_new(&campaign, &tally), 0);
	progress_update(progress, tally, 1000 * S);
	assert_string_equal(shown(&screen), CLEAR "[..........]  0/240 trials  c");
	tally_free(tally);
	progress_free(progress);
	close_screen(&screen);
}

static void test_dumb_terminal(void **state)
{
	const struct campaign campaign = campaign_of(240, 0);
	struct progress *progress;
	struct tally *tally;
	struct screen screen;

	(void)state;
	setenv("TERM", "dumb", 1);
	open_terminal(&screen, 80);
	progress = new_progress(PROGRESS_PEOPLE, &screen, &campaign);
	assert_int_equal(tally_new(&campaign, &tally), 0);
	progress_update(progress, tally, 1000 * S);
	progress_update(progress, tally, 1005 * S);
	assert_string_equal(shown(&screen), "0/240 trials  clean 0  missed 0  leak 0\n");
	tally_free(tally);
	progress_free(progress);
	close_screen(&screen);
}

/* --- end --- */

static struct tally_arm arms[] = {
	{ .arm = ARM_CONTROL,
	  .trials = 60,
	  .valid = 60,
	  .opened = 60,
	  .verdicts = { { [VERDICT_CLEAN] = 60 } },
	  .second_flags_p50_us = 88,
	  .second_flags_p99_us = 1250,
	  .settle_p50_us = 4210,
	  .settle_p99_us = 9961,
	  .elapsed_ms = 412 },
	{ .arm = ARM_HOLD,
	  .trials = 60,
	  .valid = 60,
	  .opened = 60,
	  .verdicts = { { [VERDICT_CLEAN] = 60 } },
	  .hold_asked_p50_us = 5000,
	  .hold_asked_p99_us = 600000000,
	  .held_p50_us = 999949,
	  .held_p99_us = 999950,
	  .elapsed_ms = 900 },
	{ .arm = ARM_ECHO,
	  .trials = 60,
	  .opened = 60,
	  .verdicts = { { [VERDICT_MISSED] = 60 } },
	  .first_echo_p50_us = 41,
	  .first_echo_p99_us = 249 },
	{ .arm = ARM_RACE,
	  .trials = 60,
	  .valid = 60,
	  .opened = 60,
	  .inside = 60,
	  .tentative = 60,
	  .verdicts = { { [VERDICT_CLEAN] = 60 } },
	  .elapsed_ms = 1000 },
};

static struct summary clean_summary(void)
{
	return (struct summary){
		.campaign = "smoke",
		.verdict = CAMPAIGN_CLEAN,
		.reason = "no fault in 60 valid trials of the race arm; rate below 4.9% at 95%",
		.ended_by = "trials",
		.trials = 240,
		.valid = 180,
		.elapsed_ms = 5840,
		.fault_rate_bound_ppm = 48703,
		.arms = arms,
		.nr_arms = 4,
	};
}

/* The last part of what is shown for a summary, from "Finding", "Stuck" or "Verdict" on. */
static void assert_end(const struct summary *summary, const char *want)
{
	const struct campaign campaign = campaign_of(240, 0);
	struct progress *progress;
	struct screen screen;
	const char *text;

	open_memory(&screen);
	progress = new_progress(PROGRESS_PEOPLE, &screen, &campaign);
	progress_end(progress, summary, NULL, NULL);
	text = shown(&screen);
	assert_true(strlen(text) > strlen(want));
	assert_string_equal(text + strlen(text) - strlen(want), want);
	progress_free(progress);
	close_screen(&screen);
}

/* clang-format off */
static const char table[] =
	"\n"
	"240 trials of smoke in 5.8s, ended by trials\n"
	"\n"
	"arm       trials  opened  inside  clean   leak   hang  kernel-bug  missed  invalid  skipped\n"
	"control       60      60       0     60      0      0           0       0        0        0\n"
	"hold          60      60       0     60      0      0           0       0        0        0\n"
	"echo          60      60       0      0      0      0           0      60        0        0\n"
	"race          60      60      60     60      0      0           0       0        0        0\n"
	"\n"
	"p50/p99        hold asked             held       first echo  second flag set           settle\n"
	"control                 -                -                -       88us/1.2ms     4.2ms/10.0ms\n"
	"hold         5.0ms/600.0s     999.9ms/1.0s                -                -                -\n"
	"echo                    -                -       41us/249us                -                -\n"
	"race                    -                -                -                -                -\n"
	"\n";
/* clang-format on */

static void test_table(void **state)
{
	const struct campaign campaign = campaign_of(240, 0);
	const struct summary summary = clean_summary();
	struct progress *progress;
	struct screen screen;
	char *text, *line;

	(void)state;
	open_memory(&screen);
	progress = new_progress(PROGRESS_PEOPLE, &screen, &campaign);
	progress_end(progress, &summary, NULL, NULL);
	assert_int_equal(strncmp(shown(&screen), table, strlen(table)), 0);
	text = screen.text;
	while ((line = strsep(&text, "\n")))
		if (strlen(line) > 96)
			fail_msg("too wide: %s", line);
	progress_free(progress);
	fclose(screen.out);
	free(screen.text);
}

static void test_end_clean(void **state)
{
	struct summary summary = clean_summary();

	(void)state;
	assert_end(
		&summary,
		"Verdict: clean - no fault in 60 valid trials of the race arm; rate below "
		"4.9% at 95%\n"
		"Next: run more trials to lower the bound, for example with --set stop.trials=2400\n");
}

/* A bound may be rounded up only. */
static void test_bounds(void **state)
{
	static const struct {
		uint64_t ppm;
		const char *shown;
	} bounds[] = {
		{ 1000000, "100%" }, { 48001, "4.9%" }, { 48000, "4.8%" }, { 10000, "1.0%" },
		{ 9999, "1.00%" },   { 2991, "0.30%" }, { 2901, "0.30%" }, { 999, "0.100%" },
		{ 301, "0.031%" },   { 30, "0.0030%" }, { 1, "0.0001%" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		assert_string_equal(finding_percent(bounds[i].ppm, true).at, bounds[i].shown);
}

static void test_end_inconclusive(void **state)
{
	struct tally_reason reasons[] = {
		{ VERDICT_MISSED,
		  "the bring-up never set flags of dut0 (it ended with status 255)", 200 },
		{ VERDICT_INVALID, "held for 1 us of 5000 us", 40 },
	};
	struct summary summary = clean_summary();

	(void)state;
	summary.verdict = CAMPAIGN_INCONCLUSIVE;
	summary.reason = "no valid trial in the race arm";
	summary.reasons = reasons;
	summary.nr_reasons = 2;
	/* clang-format off */
	assert_end(&summary,
		"Verdict: inconclusive - no valid trial in the race arm\n"
		"Why: 200 of 240 trials are missed: the bring-up never set flags of dut0 (it ended with status\n"
		"  255)\n");
	/* clang-format on */
	summary.nr_reasons = 0;
	assert_end(&summary, "Verdict: inconclusive - no valid trial in the race arm\n"
			     "Next: run more trials\n");
	summary.ended_by = "signal";
	assert_end(&summary, "Verdict: inconclusive - no valid trial in the race arm\n"
			     "Next: continue with the same command, --out and --resume\n");
}

static void test_end_skipped(void **state)
{
	struct tally_reason reasons[] = { { VERDICT_SKIPPED, "no kprobes", 240 } };
	struct summary summary = clean_summary();

	(void)state;
	summary.verdict = CAMPAIGN_SKIPPED;
	summary.reason = "every trial was skipped";
	summary.reasons = reasons;
	summary.nr_reasons = 1;
	/* clang-format off */
	assert_end(&summary,
		"Verdict: skipped - every trial was skipped\n"
		"Why: 240 of 240 trials are skipped: no kprobes\n"
		"Next: `dadrace doctor` shows what this kernel lacks\n");
	/* clang-format on */
}

static struct tally_finding findings[] = {
	{ .verdict = VERDICT_LEAK,
	  .object = "net_device",
	  .delta = 4,
	  .pinned = true,
	  .signature = "leak/net_device",
	  .reason =
		  "+4 net_device references on dut 412 ms after teardown; the unregister hangs",
	  .count = 2,
	  .trials = (uint32_t[]){ 3, 9 },
	  .nr_trials = 2,
	  .arms = (enum arm[]){ ARM_RACE, ARM_HOLD },
	  .nr_arms = 2,
	  .shares =
		  (struct tally_share[]){
			  { ARM_HOLD, 1, 100, 253, 54460, 0.00321 },
			  { ARM_RACE, 9, 60, 70999, 266001, NAN },
		  },
	  .nr_shares = 2,
	  .p_value = 0.00321 },
	{ .verdict = VERDICT_KERNEL_BUG,
	  .signature = "kernel-bug/WARNING",
	  .reason = "the kernel logged: WARNING: CPU: 1",
	  .count = 1,
	  .trials = (uint32_t[]){ 7 },
	  .nr_trials = 1,
	  .arms = (enum arm[]){ ARM_RACE },
	  .nr_arms = 1 },
};

static struct summary faulty_summary(void)
{
	struct summary summary = clean_summary();

	summary.verdict = CAMPAIGN_FAULT;
	summary.reason = "3 of 240 trials show a fault";
	summary.findings = findings;
	summary.nr_findings = 2;
	summary.stuck = 1;
	return summary;
}

static void test_end_fault(void **state)
{
	const struct summary summary = faulty_summary();

	(void)state;
	/* clang-format off */
	assert_end(&summary,
		"Finding 1: The race leaks 4 net_device references in 9 of 60 trials; without it 1 of 100 (p =\n"
		"  0.0032). The unregister hangs.\n"
		"Trial 3: +4 net_device references on dut 412 ms after teardown; the unregister hangs\n"
		"             judged   show it           rate at 95%     race against it\n"
		"  hold          100         1        0.025% .. 5.5%          p = 0.0032\n"
		"  race           60         9         7.0% .. 26.7%                   -\n"
		"Caused by what the race arm injects: p <= 0.0032 against every other arm (Fisher's exact test)\n"
		"Signature: leak/net_device, in 2 trials of race, hold\n"
		"Finding 2: The race makes the kernel report a bug in 1 trial.\n"
		"Trial 7: the kernel logged: WARNING: CPU: 1\n"
		"Signature: kernel-bug/WARNING, in 1 trial of race\n"
		"\n"
		"Stuck: in 1 lane the unregister never returned; what it holds is released by a reboot only\n"
		"Verdict: fault - 3 of 240 trials show a fault\n");
	/* clang-format on */
}

/* With results there is a folder to name. */
static void test_end_with_results(void **state)
{
	const struct campaign campaign = campaign_of(240, 0);
	const struct summary summary = faulty_summary();
	char folder[] = "/tmp/test_progress.XXXXXX";
	struct progress *progress;
	struct results *results;
	struct screen screen;
	const char *end;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(results_open("out", &campaign, NULL, &results, NULL), 0);
	open_memory(&screen);
	progress = new_progress(PROGRESS_PEOPLE, &screen, &campaign);
	progress_begin(progress, results, NULL, 0);
	assert_non_null(strstr(shown(&screen), "\nResults go to out\n"));
	progress_end(progress, &summary, results, NULL);
	end = strstr(shown(&screen), "Results: ");
	assert_non_null(end);
	assert_string_equal(
		end, "Results: out/summary.json (out/results.ndjson has every trial)\n"
		     "Next: read the report of the finding, and repeat its first trial:\n"
		     "  dadrace report out 1\n"
		     "  dadrace replay out 3\n");
	progress_free(progress);
	close_screen(&screen);
	results_close(results);
	unlink("out/results.ndjson");
	rmdir("out");
	assert_int_equal(chdir("/"), 0);
	rmdir(folder);
}

static void test_colour(void **state)
{
	static const struct {
		const char *no_color;
		const char *verdict;
	} cases[] = {
		{ NULL, "Verdict: \033[1;32mclean\033[0m - " },
		{ "", "Verdict: \033[1;32mclean\033[0m - " },
		{ "1", "Verdict: clean - " },
	};

	(void)state;
	setenv("TERM", "linux", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct campaign campaign = campaign_of(240, 0);
		const struct summary summary = clean_summary();
		struct progress *progress;
		struct screen screen;

		if (cases[i].no_color)
			setenv("NO_COLOR", cases[i].no_color, 1);
		else
			unsetenv("NO_COLOR");
		open_terminal(&screen, 120);
		progress = new_progress(PROGRESS_PEOPLE, &screen, &campaign);
		progress_end(progress, &summary, NULL, NULL);
		assert_non_null(strstr(shown(&screen), cases[i].verdict));
		progress_free(progress);
		close_screen(&screen);
	}
	unsetenv("NO_COLOR");
}

/* --- other styles --- */

static void test_quiet(void **state)
{
	const struct campaign campaign = campaign_of(240, 0);
	const struct summary summary = faulty_summary();
	struct progress *progress;
	struct tally *tally;
	struct screen screen;

	(void)state;
	open_memory(&screen);
	progress = new_progress(PROGRESS_QUIET, &screen, &campaign);
	assert_int_equal(tally_new(&campaign, &tally), 0);
	progress_begin(progress, NULL, NULL, 0);
	progress_update(progress, tally, 1000 * S);
	progress_update(progress, tally, 1010 * S);
	progress_say(progress, "a finding");
	progress_end(progress, &summary, NULL, NULL);
	assert_string_equal(shown(&screen), "");
	tally_free(tally);
	progress_free(progress);
	close_screen(&screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_plain_lines),
		cmocka_unit_test(test_without_a_number_of_trials),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_narrow_terminal),
		cmocka_unit_test(test_dumb_terminal),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_end_clean),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_end_inconclusive),
		cmocka_unit_test(test_end_skipped),
		cmocka_unit_test(test_end_fault),
		cmocka_unit_test(test_end_with_results),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
