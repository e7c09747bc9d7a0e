// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <math.h>

#include "report/across_runs.h"
#include "report/report.h"
#include "results/reader.h"

/* --- results as they may lie on a disk: of another version, torn, or no results at all --- */

#define CAMPAIGN_LINE CAMPAIGN_OF("x-1")
#define CAMPAIGN_OF(id)                                                                     \
	"{\"type\":\"campaign\",\"schema_version\":3,\"id\":\"" id                          \
	"\",\"machine\":{\"release\":"                                                      \
	"\"6.12.107\",\"version\":\"#1 SMP\",\"preempt\":\"voluntary\",\"cpus_online\":3}," \
	"\"campaign\":{\"name\":\"x\",\"kernel\":\"trixie/"                                 \
	"k\",\"clean_below_ppm\":1000000,\"arms\":[\"control\",\"race\"],"                  \
	"\"order\":[],\"of_a_later_version\":5}}\n"
#define CLEAN_LINE(number, arm)                                                             \
	"{\"type\":\"trial\",\"verdict\":\"clean\",\"reason\":\"fine\",\"signature\":null," \
	"\"spec\":{\"trial\":" number ",\"arm\":\"" arm "\"}}\n"
/* Not the campaign's: an explorer chooses for each trial. */
#define ORDER_OF_TRIAL                                                      \
	"\"I held at veth_close until II held\",\"II starts when I held\"," \
	"\"II held at return of f until I done\""
#define LEAK_LINE(number)                                                                 \
	"{\"type\":\"trial\",\"verdict\":\"leak\",\"object\":\"net_device\",\"delta\":1," \
	"\"pinned\":true,\"reason\":\"+1 net_device reference on dut1\",\"signature\":"   \
	"\"leak/net_device\",\"spec\":{\"trial\":" number                                 \
	",\"arm\":\"race\",\"hold_us\":700,\"direction\":\"outbound-raw\",\"target\":"    \
	"\"nobody\","                                                                     \
	"\"echoes\":1,\"steps\":2,\"order\":[" ORDER_OF_TRIAL                             \
	"],\"seed\":\"0x00000000000000ff\"},\"steps\":["                                  \
	"{\"outcome\":\"kept\",\"held_ns\":500000},{\"outcome\":\"not-reached\"}],"       \
	"\"device\":\"dut1\","                                                            \
	"\"unregister\":\"stuck\",\"baseline\":{\"found\":true,\"net_device\":11},"       \
	"\"after\":{\"found\":true,\"net_device\":12},\"hang_stack\":\"one\\ntwo\","      \
	"\"invented_later\":[1,2],\"timeline\":["                                         \
	"{\"at_ns\":1000000,\"event\":\"flags-enter\",\"sequence\":null,\"value\":4099}," \
	"{\"at_ns\":2500000,\"event\":\"step-held\",\"sequence\":1,\"value\":0},"         \
	"{\"at_ns\":2600000,\"event\":\"invented-later\",\"sequence\":1,\"value\":0},"    \
	"{\"at_ns\":3000000,\"event\":\"step-held\",\"sequence\":2,\"value\":0},"         \
	"{\"at_ns\":4000000,\"event\":\"source\",\"sequence\":null,\"value\":-99},"       \
	"{\"at_ns\":5000000,\"event\":\"look\",\"sequence\":null,\"value\":1},"           \
	"{\"at_ns\":6000000,\"event\":\"look\",\"sequence\":null,\"value\":1}]}\n"

#define LEDGER_LINE(signature)                                                                 \
	"{\"type\":\"ledger\",\"trial\":2,\"attempt\":1,\"final\":true,\"signature\":"         \
	"\"" signature "\",\"state\":\"whole\",\"reason\":\"fine\",\"leaked\":true,\"exact\":" \
	"false,\"clean\":3,"                                                                   \
	"\"of_a_later_version\":1,\"path_signature\":\"" signature ": f < g < [syscall]\","    \
	"\"unmatched\":[{\"stack\":\"f < g < [syscall]\",\"kind\":\"route\",\"task\":null,"    \
	"\"unmatched\":1,\"usual\":0.5,\"holds\":[{\"at_ns\":3500000,\"after\":\"step-held\"," \
	"\"echo\":1}]}]}\n"

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_past.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(
		command); /* NOLINT(concurrency-mt-unsafe,cert-env33-c): one thread, own name */
}

static void put(const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/results.ndjson", folder);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static struct past *open_good(const char *text)
{
	struct past *past = NULL;
	struct why why = { "" };

	put(text);
	if (past_open(folder, &past, &why))
		fail_msg("%s", why.text);
	return past;
}

/* The sentence without the folder's name, which it must hold. */
static void assert_refused(const char *text, int err, const char *sentence)
{
	struct past *past = NULL;
	struct why why = { "" };
	char *at;

	put(text);
	assert_int_equal(past_open(folder, &past, &why), err);
	assert_null(past);
	at = strstr(why.text, folder);
	assert_non_null(at);
	memmove(at, at + strlen(folder), strlen(at + strlen(folder)) + 1);
	assert_string_equal(why.text, sentence);
}

static void test_summed_up(void **state)
{
	struct past *past = open_good(CAMPAIGN_LINE CLEAN_LINE("1", "control") LEAK_LINE("2")
					      LEAK_LINE("4") CLEAN_LINE("3", "control"));
	const struct summary *summary = past_summary(past);
	const struct tally_finding *finding = &summary->findings[0];

	(void)state;
	assert_string_equal(past_name(past), "x");
	assert_string_equal(past_kernel(past), "trixie/k");
	assert_int_equal(summary->trials, 4);
	assert_int_equal(summary->nr_findings, 1);
	assert_int_equal(finding->count, 2);
	assert_int_equal(finding->nr_shares, 2);
	/* 2 of 2 against 0 of 2: 1/C(4,2) */
	assert_true(fabs(finding->p_value - 1 / 6.0) < 1e-12);
	assert_null(summary->ended_by);
	assert_int_equal(past_trial(past, 4)->verdict, VERDICT_LEAK);
	assert_int_equal(past_trial(past, 4)->arm, ARM_RACE);
	assert_string_equal(past_trial(past, 4)->signature, "leak/net_device");
	assert_null(past_trial(past, 5));
	past_close(past);
	past_close(NULL);
}

static void test_torn_line(void **state)
{
	struct past *past = open_good(CAMPAIGN_LINE CLEAN_LINE("1", "race") "{\"type\":\"tri");

	(void)state;
	assert_int_equal(past_summary(past)->trials, 1);
	past_close(past);
	assert_refused(CAMPAIGN_LINE "{\"type\":\"tri\n" CLEAN_LINE("1", "race"), -EINVAL,
		       "/results.ndjson: line 2 is not JSON; was the file edited?");
}

static void test_what_ended_it(void **state)
{
	struct past *past = open_good(CAMPAIGN_LINE CLEAN_LINE(
		"1",
		"race") "{\"type\":\"summary\",\"ended_by\":\"decided\",\"decided\":\"so\"}\n");

	(void)state;
	assert_string_equal(past_summary(past)->ended_by, "decided");
	assert_string_equal(past_summary(past)->decided, "so");
	past_close(past);
}

static void test_unfinished_is_not_clean(void **state)
{
	static const struct {
		const char *summary;
		enum campaign_verdict verdict;
		const char *reason;
	} ends[] = {
		{ "{\"type\":\"summary\",\"ended_by\":\"trials\"}\n", CAMPAIGN_CLEAN,
		  "no fault in 1 " },
		{ "", CAMPAIGN_INCONCLUSIVE,
		  "killed or still running after 1 trial: no fault in 1 " },
		{ "{\"type\":\"summary\",\"ended_by\":\"signal\"}\n", CAMPAIGN_INCONCLUSIVE,
		  "interrupted after 1 trial: no fault in 1 " },
		{ "{\"type\":\"summary\",\"ended_by\":\"error\"}\n", CAMPAIGN_INCONCLUSIVE,
		  "stopped by an error after 1 trial: no fault in 1 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char text[2048];
		struct past *past;

		snprintf(text, sizeof(text), "%s%s", CAMPAIGN_LINE CLEAN_LINE("1", "race"),
			 ends[i].summary);
		past = open_good(text);
		assert_int_equal(past_summary(past)->verdict, ends[i].verdict);
		assert_int_equal(past_summary(past)->exit_code, i ? 3 : 0);
		assert_int_equal(strncmp(past_summary(past)->reason, ends[i].reason,
					 strlen(ends[i].reason)),
				 0);
		past_close(past);
	}
}

static void test_what_is_no_past(void **state)
{
	struct past *past = NULL;
	struct why why = { "" };

	(void)state;
	assert_int_equal(past_open("/proc/self", &past, &why), -ENOENT);
	assert_string_equal(why.text, "/proc/self/results.ndjson cannot be read: No such "
				      "file or directory; name a folder that `dadrace run` "
				      "has written");
	assert_refused("", -EINVAL, "/results.ndjson does not begin with a campaign line");
	assert_refused(
		"{\"type\":\"campaign\",\"schema_version\":4,\"dadrace_version\":\"9.0\"}\n",
		-EINVAL,
		" has schema version 4, but this dadrace reads version 3; "
		"use the dadrace that wrote it (9.0)");
	assert_refused(CLEAN_LINE("1", "race"), -EINVAL,
		       "/results.ndjson: line 1 is a trial, but no campaign line came "
		       "before it; was the file edited?");
	assert_refused(
		CAMPAIGN_LINE CLEAN_LINE("1", "nowhere"), -EINVAL,
		"/results.ndjson: line 2 is not understood as a trial; was the file edited?");
	assert_refused(
		CAMPAIGN_LINE CLEAN_LINE("0", "race"), -EINVAL,
		"/results.ndjson: line 2 is not understood as a trial; was the file edited?");
	assert_refused("{\"type\":\"campaign\",\"schema_version\":3,\"campaign\":{}}\n",
		       -EINVAL,
		       "/results.ndjson: line 1 holds no campaign; was the file edited?");
	assert_refused("{}\n", -EINVAL,
		       "/results.ndjson: line 1 has no type; was the file edited?");
}

static void test_spec_of_a_trial(void **state)
{
	struct past *past = open_good(CAMPAIGN_LINE LEAK_LINE("2"));
	struct why why = { "" };
	char *spec = past_spec(past, past_trial(past, 2), &why);

	(void)state;
	/*
	 * A key of a later version stays: its loader refuses it by name, instead of another
	 * trial.
	 */
	assert_string_equal(
		spec, "{\"spec\":1,\"trial_seed\":\"0x00000000000000ff\",\"arms\":[\"race\"],"
		      "\"window\":{\"hold_us\":[700]},\"order\":[\"I held at veth_close until "
		      "II held\",\"II starts when I held\",\"II held at return of f until I "
		      "done\"],\"echo\":{\"directions\":[\"outbound-raw\"],\"targets\":["
		      "\"nobody\"],\"count\":1},\"of_a_later_version\":5}");
	free(spec);
	past_close(past);
}

static char *report(const struct past *past)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct why why;

	assert_non_null(out);
	assert_int_equal(report_finding(past, 1, out, &why), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* In this order, each after the one before. */
static void assert_says(const char *text, const char *const *lines, size_t nr)
{
	const char *at = text;

	for (size_t i = 0; i < nr; i++) {
		const char *found = strstr(at, lines[i]);

		if (!found) {
			fail_msg("\"%s\" is not in its place in:\n%s", lines[i], text);
			return;
		}
		at = found + strlen(lines[i]);
	}
}

/* A lost trial counts against the limit, of which results of strangers may say nothing. */
static void test_results_without_a_limit(void **state)
{
	struct past *past = open_good(
		"{\"type\":\"campaign\",\"schema_version\":3,\"campaign\":{\"arms\":[\"race\"]}}\n"
		"{\"type\":\"trial\",\"verdict\":\"clean\",\"spec\":{\"trial\":1,\"arm\":\"race\"}}\n"
		"{\"type\":\"trial\",\"verdict\":\"invalid\",\"lane_lost\":true,\"spec\":{\"trial\":2,\"arm\":\"race\"}}\n");

	(void)state;
	assert_int_equal(past_summary(past)->trials, 2);
	past_close(past);
}

static void test_report(void **state)
{
	static const char *const lines[] = {
		"The race leaks 1 net_device reference in 2 of 2 trials; without it 0 of 2 (p =",
		"0.17). The unregister hangs.\n",
		"\nTrial 2, arm race: +1 net_device reference on dut1.\n",
		"  control         2         0",
		"p = 0.17\n",
		"  race            2         2",
		"is the cause is not shown: p = 0.17",
		"Chronological sequence of events (trial 2)",
		"         1.000 ms  I    a flag set enters the kernel (flags 0x1003, up)\n",
		"         2.500 ms  I    held: \"I held at veth_close until II held\"\n",
		/*
		 * the event of a later version is passed over; the step without a hold is no
		 * hold
		 */
		"         3.000 ms  II   held: \"II held at return of f until I done\"\n",
		"         4.000 ms  II   a source address is selected: fails, EADDRNOTAVAIL\n",
		("         5.000 ms       a further look: references are missing (+1), 2 "
		 "times\n"),
		"and the unregister does not return\n",
		"\nHolds\n",
		"  I held at veth_close until II held ",
		" kept, 0.500 ms\n",
		"  II held at return of f until I done ",
		" not-reached\n",
		"net_device references           11        12  <--\n",
		"    one\n    two\n",
		"1 echo, outbound-raw, to nobody, in an order.\n",
		"order                    \"I held at veth_close until II held\"\n",
		"                         \"II starts when I held\"\n",
		"  dadrace replay '",
		"' 2 --times 10\n",
		"  dadrace run --spec - --times 10 --kernel 'trixie/k' <<'EOF'\n{\"spec\":1,",
		"}\nEOF\n",
		"\nFinding\n  signature leak/net_device, in 2 trials\n",
		"\nKernel\n  Linux 6.12.107\n  #1 SMP\n",
		"in a virtual machine, from trixie/k\n",
	};
	struct past *past = open_good(CAMPAIGN_LINE CLEAN_LINE("1", "control") LEAK_LINE("2")
					      LEAK_LINE("4") CLEAN_LINE("3", "control"));
	char *text = report(past);

	(void)state;
	assert_says(text, lines, sizeof(lines) / sizeof(lines[0]));
	assert_null(strstr(text, "invented"));
	free(text);
	past_close(past);
}

static void test_report_of_a_ledger(void **state)
{
	static const char *const lines[] = {
		"Ledger (every hold and put",
		"repeat 1 of trial 2, compared with 3 trials\n",
		("+1 by route, inferred: f < g < [syscall]; at 3500 us, right after "
		 "step-held,\n"),
	};
	struct past *past = open_good(CAMPAIGN_LINE LEAK_LINE("2") LEDGER_LINE("leak/other")
					      LEDGER_LINE("leak/net_device"));
	char *text = report(past);

	(void)state;
	assert_string_equal(past_summary(past)->findings[0].path_signature,
			    "leak/net_device: f < g < [syscall]");
	assert_int_equal(past_summary(past)->trials, 1); /* a repeat is in no sum */
	assert_says(text, lines, sizeof(lines) / sizeof(lines[0]));
	free(text);
	past_close(past);
}

static void test_reports_beside_the_results(void **state)
{
	struct past *past = open_good(CAMPAIGN_LINE LEAK_LINE("2"));
	struct why why = { "" };
	char path[128];

	(void)state;
	assert_int_equal(report_all(past, &why), 0);
	assert_int_equal(report_all(past, &why), 0); /* again, over the first */
	snprintf(path, sizeof(path), "%s/findings/1.txt", folder);
	assert_int_equal(access(path, R_OK), 0);
	snprintf(path, sizeof(path), "%s/findings/2.txt", folder);
	assert_int_equal(access(path, R_OK), -1);
	past_close(past);
}

/*
 * The same path in two runs is one finding; a run without a ledger does not know whether it is
 * that.
 */
static void test_the_same_finding_of_several_runs(void **state)
{
	struct past *runs[] = {
		open_good(CAMPAIGN_OF("x-1") CLEAN_LINE("1", "race") LEAK_LINE("2")
				  LEDGER_LINE("leak/net_device")),
		open_good(CAMPAIGN_OF("x-2") LEAK_LINE("2") LEAK_LINE("9")
				  LEDGER_LINE("leak/net_device")),
		open_good(CAMPAIGN_OF("x-3") LEAK_LINE("3")),
		open_good(CAMPAIGN_OF("x-4") CLEAN_LINE("1", "race")),
	};
	struct merged merged;
	struct why why = { "" };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(merged_make(runs, 4, &merged, &why), 0);
	report_runs(runs, 4, &merged, out);
	fclose(out);
	assert_non_null(
		strstr(text, "Finding 1: leak/net_device in 2 of 4 runs, 3 trials; up to +1"));
	assert_non_null(strstr(text, "Who holds: f < g < [syscall]\n"));
	assert_non_null(strstr(text, "(x): 1 of 2 trials, first: trial 2, last: trial 2\n"));
	assert_non_null(strstr(text, "(x): 2 of 2 trials, first: trial 2, last: trial 9\n"));
	assert_non_null(strstr(text, "Finding 2: leak/net_device in 1 of 4 runs, 1 trial; "));
	assert_non_null(strstr(text, "Who holds: not known\n"));
	assert_null(strstr(text, "Finding 3"));
	assert_non_null(
		strstr(text, "Verdict of all 4 runs: fault - 4 of 4 runs unfinished, "));
	assert_non_null(
		strstr(text, "(x): fault - killed or still running after 2 trials: 2 of 2 "));
	free(text);
	out = open_memstream(&text, &size);
	assert_int_equal(merged_make(runs + 3, 1, &merged, &why), 0);
	report_runs(runs + 3, 1, &merged, out);
	fclose(out);
	assert_int_equal(strncmp(text, "Unfinished: /tmp/test_past.", 27), 0);
	assert_non_null(strstr(
		text,
		", killed or still running after 1 trial\nNo finding in 1 run\nVerdict of "));
	assert_non_null(strstr(
		text,
		"(x): inconclusive - killed or still running after 1 trial: no fault in 1 valid trial of the race arm; rate below 95.0% at 95%\n"));
	free(text);
	for (int i = 0; i < 4; i++)
		past_close(runs[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summed_up),
		cmocka_unit_test(test_the_same_finding_of_several_runs),
		cmocka_unit_test(test_torn_line),
		cmocka_unit_test(test_what_ended_it),
		cmocka_unit_test(test_unfinished_is_not_clean),
		cmocka_unit_test(test_what_is_no_past),
		cmocka_unit_test(test_spec_of_a_trial),
		cmocka_unit_test(test_results_without_a_limit),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_report_of_a_ledger),
		cmocka_unit_test(test_reports_beside_the_results),
	};

	return cmocka_run_group_tests_name("past", tests, make_folder, remove_folder);
}
