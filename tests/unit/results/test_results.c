// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "read_text.h"
#include "results/ledger_line.h"
#include "results/lines.h"
#include "results/results.h"

/*
 * Each test runs in an empty folder of its own, which is taken away afterwards. Lines are read
 * with jansson, which wrote them: that they fit the schema is shown by validate_results.py.
 */

static const struct machine machine = {
	.release = "6.12.0-test",
	.version = "#1 SMP",
	.architecture = "x86_64",
	.host = "rig-3",
	.btf_id = "0123456789abcdef",
	.hz = 250,
	.preempt = "voluntary",
	.command_line = "quiet",
	.cpus_online = 4,
	.cpus_possible = 8,
	.boot_id = "f00d",
	.lockdown = "none",
	.planted = "saddr-fail",
};

static const struct results_hook hooks[] = {
	{ "flags", TIER_KPROBE, "__dev_change_flags" },
	{ "hold", TIER_TRACEPOINT, NULL },
	{ "path", TIER_AUTO, NULL },
};

static enum arm both_arms[] = { ARM_CONTROL, ARM_RACE };
static const struct campaign campaign = {
	.name = "two/arms \xc3\xa9",
	.seed = 7,
	.arms = both_arms,
	.nr_arms = 2,
};

static char folder[] = "/tmp/test_results.XXXXXX";

static int enter(void **state)
{
	(void)state;
	memcpy(strchr(folder, '.'), ".XXXXXX", sizeof(".XXXXXX"));
	return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static void remove_all(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char name[512];

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR)
			remove_all(name);
		else
			unlink(name);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

static int leave(void **state)
{
	(void)state;
	if (chdir("/"))
		return -1;
	remove_all(folder);
	return 0;
}

static struct results *open_results(const char *path, FILE *stream)
{
	struct results *results;
	struct why why = { "" };

	if (results_open(path, &campaign, stream, &results, &why) ||
	    results_begin(results, &campaign, &machine, hooks, 3, &why))
		fail_msg("%s", why.text);
	return results;
}

/* The n-th line, from 0; NULL beyond the last. */
static json_t *line_of(const char *path, int n)
{
	char *text = read_text(path), *line = text;
	json_t *json = NULL;

	while (n-- && line)
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL;
	if (line && *line) {
		assert_non_null(strchr(line, '\n'));
		json = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
		assert_non_null(json);
	}
	free(text);
	return json;
}

static const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	assert_non_null(text);
	return text;
}

static long long number_of(const json_t *json, const char *name)
{
	assert_true(json_is_integer(json_object_get(json, name)));
	return json_integer_value(json_object_get(json, name));
}

static void assert_null_in(const json_t *json, const char *name)
{
	assert_true(json_is_null(json_object_get(json, name)));
}

static const struct judgement clean = { .verdict = VERDICT_CLEAN, .reason = "fine" };

static const struct evidence *quiet_trial(uint32_t trial)
{
	static struct evidence e;

	e = (struct evidence){ .spec = { .trial = trial },
			       .device = "dut",
			       .behaviour = { .features = { 0xfeed + trial },
					      .nr_features = 1 } };
	return &e;
}

static void test_folder_of_its_own(void **state)
{
	struct results *results[3];
	struct stat found;

	(void)state;
	for (int i = 0; i < 3; i++) {
		char stamp[32] = "";

		results[i] = open_results(NULL, NULL);
		/* What cannot stand in a name does not. */
		assert_int_equal(
			sscanf(results_folder(results[i]), "results/two_arms___-%31s", stamp),
			1);
		assert_int_equal(stamp[8], 'T');
		assert_int_equal(stamp[15], 'Z');
		assert_int_equal(stat(results_folder(results[i]), &found), 0);
		assert_null(strpbrk(results_id(results[i]), "/ "));
	}
	assert_string_not_equal(results_folder(results[0]), results_folder(results[1]));
	assert_string_not_equal(results_id(results[0]), results_id(results[1]));
	for (int i = 0; i < 3; i++)
		results_close(results[i]);
	results_close(NULL);
}

static void test_folder_with_parents(void **state)
{
	struct results *results = open_results("a/b//c/", NULL);
	struct stat found;

	(void)state;
	assert_int_equal(stat("a/b/c/results.ndjson", &found), 0);
	results_close(results);
}

static void test_folder_that_holds_results(void **state)
{
	struct results *results = open_results("out", NULL), *second = NULL;
	struct why why = { "" };

	(void)state;
	results_close(results);
	assert_int_equal(results_open("out", &campaign, NULL, &second, &why), -EEXIST);
	assert_null(second);
	assert_string_equal(why.text, "folder out already holds results.ndjson; choose "
				      "another folder with --out");
}

static void test_folder_that_cannot_be(void **state)
{
	struct results *results = NULL;
	struct why why = { "" };

	(void)state;
	close(open("file", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(results_open("file/out", &campaign, NULL, &results, &why), -ENOTDIR);
	assert_non_null(strstr(why.text, "file/out cannot be created: Not a directory"));
	assert_int_equal(why_code_or(&why, EXIT_CONFIG), EXIT_CONFIG);
}

static void test_shortage_is_not_the_folders_fault(void **state)
{
	struct results *results = NULL;
	struct rlimit usual, none;
	struct why why = { "" };

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	none = (struct rlimit){ 0, usual.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	assert_int_equal(results_open("out", &campaign, NULL, &results, &why), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &usual);
	assert_int_equal(why_code_or(&why, EXIT_CONFIG), EXIT_INTERNAL);
}

static void test_first_line(void **state)
{
	struct results *results = open_results("out", NULL);
	json_t *line = line_of("out/results.ndjson", 0), *hook;

	(void)state;
	assert_string_equal(text_of(line, "type"), "campaign");
	assert_int_equal(number_of(line, "schema_version"), 3);
	assert_string_equal(text_of(line, "id"), results_id(results));
	assert_string_equal(text_of(line, "dadrace_version"), DADRACE_VERSION);
	assert_int_equal(number_of(line, "seed"), 7);
	assert_true(number_of(line, "started_unix_ms") > 1700000000000);
	assert_string_equal(text_of(json_object_get(line, "machine"), "release"),
			    "6.12.0-test");
	assert_string_equal(text_of(json_object_get(line, "campaign"), "name"), campaign.name);
	assert_int_equal(json_array_size(json_object_get(line, "hooks")), 3);
	hook = json_array_get(json_object_get(line, "hooks"), 0);
	assert_string_equal(text_of(hook, "tier"), "kprobe");
	assert_string_equal(text_of(hook, "function"), "__dev_change_flags");
	hook = json_array_get(json_object_get(line, "hooks"), 1);
	assert_string_equal(text_of(hook, "tier"), "tracepoint");
	assert_null_in(hook, "function");
	hook = json_array_get(json_object_get(line, "hooks"), 2);
	assert_null_in(hook, "tier");
	json_decref(line);
	results_close(results);
}

static struct evidence full_evidence(void)
{
	return (struct evidence){
		.spec = { .trial = 3,
			  .arm = ARM_RACE,
			  .hold_us = 5000,
			  .direction = DIRECTION_OUTBOUND_RAW,
			  .target = TARGET_NOBODY,
			  .source = SOURCE_SPOOFED,
			  .echoes = 4,
			  .dad_answer = DAD_ANSWER_LOOPBACK,
			  .dad_offset_us = 7,
			  .seed = UINT64_MAX },
		.lane = 2,
		.device = "dut0",
		.tier = TIER_FENTRY,
		.started_ns = 1000000000,
		.ended_ns = 1412000000,
		.flag_sets = 2,
		.flags_error = EPERM,
		.opened = true,
		.closed = true,
		.opened_ns = 1000001000,
		.closed_ns = 1005001000,
		.held_ns = 4999999,
		.echoes_sent = 4,
		.echoes_refused = 1,
		.refused_errno = EADDRNOTAVAIL,
		.echoes_delivered = 3,
		.echoes_inside = 2,
		.first_echo_ns = 12345,
		.dad_probes = 5,
		.dad_answers_sent = 4,
		.dad_answers_delivered = 3,
		.dad_answers_inside = 2,
		.dad_end = DAD_FAILED,
		.dad_fooled = true,
		.bringup_end = BRINGUP_KILLED,
		.bringup_status = 11,
		.bringup_said = "ifconfig: what?",
		.baseline = { .found = true, .net_device = 3, .inet6_dev = 2, .groups = 1 },
		.after = { .found = true, .net_device = -7, .inet6_dev = 2 },
		.settle_ns = 2100000000,
		.looks = 2,
		.unregister_tried = true,
		.hang = HANG_UNREGISTER,
		.hang_pid = 4711,
		.hang_wchan = "netdev_run_todo",
		.hang_stack = "netdev_run_todo\nrtnl_dellink\n",
		.lost_events = 1,
		.klog = { .kind = KLOG_WAITING,
			  .device = "dut0",
			  .usage_count = -1,
			  .text = "unregister_netdevice: waiting for dut0" },
		.klog_tie = KLOG_TIE_DEVICE,
		.klog_lines = 5,
		.klog_shared = 1,
		.nr_moments = 4,
		.moments = { { 1000001000, 0, MOMENT_OPENED, 0 },
			     { 1000013345, -99, MOMENT_ECHO_ANSWERED, 2 },
			     { 999999999, 0, MOMENT_START, 0 },
			     { 1000013345, 0, MOMENT_REPLY, 0 } },
	};
}

static void test_trial_line(void **state)
{
	const struct judgement judgement = {
		.verdict = VERDICT_LEAK,
		.object = "net_device",
		.delta = 4,
		.pinned = true,
		.reason = "four are missing",
		.signature = "leak/net_device",
	};
	struct results *results = open_results("out", NULL);
	struct evidence e = full_evidence();
	json_t *line, *part, *timeline;
	struct why why;

	(void)state;
	assert_int_equal(results_trial(results, &e, &judgement, &why), 0);
	line = line_of("out/results.ndjson", 1);
	assert_string_equal(text_of(line, "type"), "trial");
	assert_string_equal(text_of(line, "verdict"), "leak");
	assert_string_equal(text_of(line, "object"), "net_device");
	assert_int_equal(number_of(line, "delta"), 4);
	assert_true(json_is_true(json_object_get(line, "pinned")));
	assert_string_equal(text_of(line, "signature"), "leak/net_device");
	part = json_object_get(line, "spec");
	assert_int_equal(number_of(part, "trial"), 3);
	assert_string_equal(text_of(part, "arm"), "race");
	assert_string_equal(text_of(part, "direction"), "outbound-raw");
	assert_string_equal(text_of(part, "seed"), "0xffffffffffffffff");
	assert_int_equal(number_of(line, "lane"), 2);
	assert_string_equal(text_of(line, "tier"), "fentry");
	assert_int_equal(number_of(line, "elapsed_ns"), 412000000);
	assert_int_equal(number_of(line, "window_ns"), 5000000);
	assert_int_equal(number_of(line, "held_ns"), 4999999);
	assert_string_equal(text_of(line, "flags_errno"), "EPERM");
	assert_string_equal(text_of(line, "refused_errno"), "EADDRNOTAVAIL");
	assert_int_equal(number_of(line, "first_echo_ns"), 12345);
	assert_int_equal(number_of(line, "dad_probes"), 5);
	assert_int_equal(number_of(line, "dad_answers_sent"), 4);
	assert_int_equal(number_of(line, "dad_answers_delivered"), 3);
	assert_int_equal(number_of(line, "dad_answers_inside"), 2);
	assert_string_equal(text_of(line, "dad_end"), "failed");
	assert_true(json_is_true(json_object_get(line, "dad_fooled")));
	part = json_object_get(line, "spec");
	assert_string_equal(text_of(part, "dad_answer"), "loopback");
	assert_string_equal(text_of(part, "dad_at"), "probe");
	assert_int_equal(number_of(part, "dad_offset_us"), 7);
	assert_string_equal(text_of(line, "bringup_end"), "killed");
	assert_int_equal(number_of(line, "bringup_status"), 11);
	assert_string_equal(text_of(line, "bringup_said"), "ifconfig: what?");
	assert_int_equal(number_of(json_object_get(line, "baseline"), "net_device"), 3);
	assert_int_equal(number_of(json_object_get(line, "after"), "net_device"), -7);
	assert_string_equal(text_of(line, "unregister"), "stuck");
	assert_null_in(line, "unregister_ns");
	assert_string_equal(text_of(line, "hang"), "unregister");
	assert_int_equal(number_of(line, "hang_pid"), 4711);
	assert_string_equal(text_of(line, "hang_wchan"), "netdev_run_todo");
	part = json_object_get(line, "klog");
	assert_string_equal(text_of(part, "kind"), "waiting");
	assert_string_equal(text_of(part, "tie"), "device");
	assert_int_equal(number_of(part, "usage_count"), -1);
	assert_int_equal(number_of(part, "lines"), 5);

	/* By stamp, from the start; of the same stamp, as they came. */
	timeline = json_object_get(line, "timeline");
	assert_int_equal(json_array_size(timeline), 4);
	assert_int_equal(number_of(json_array_get(timeline, 0), "at_ns"), -1);
	assert_string_equal(text_of(json_array_get(timeline, 0), "event"), "start");
	assert_int_equal(number_of(json_array_get(timeline, 1), "at_ns"), 1000);
	assert_null_in(json_array_get(timeline, 1), "sequence");
	assert_string_equal(text_of(json_array_get(timeline, 2), "event"), "echo-answered");
	assert_int_equal(number_of(json_array_get(timeline, 2), "sequence"), 2);
	assert_int_equal(number_of(json_array_get(timeline, 2), "value"), -99);
	assert_string_equal(text_of(json_array_get(timeline, 3), "event"), "reply");
	json_decref(line);
	results_close(results);
}

/* A guest's line is read back whole enough to judge and to sum up. */
static void test_steps_there_and_back(void **state)
{
	struct evidence e = {
		.spec = { .trial = 3, .arm = ARM_RACE, .steps = 2 },
		.steps = { { .thread = ORDER_THREAD_DAD,
			     .place = "dad-kick",
			     .function = "addrconf_dad_kick",
			     .tier = TIER_FENTRY,
			     .asked_us = 300,
			     .outcome = STEP_KEPT,
			     .held_ns = 300100,
			     .cpu = 2,
			     .passes = 5,
			     .missed = 1 },
			   { .thread = ORDER_THREAD_I,
			     .at_return = true,
			     .place = "foo",
			     .function = "foo.isra.0",
			     .tier = TIER_KPROBE,
			     .until = ORDER_UNTIL_DONE,
			     .other = ORDER_THREAD_DAD,
			     .outcome = STEP_DEADLINE,
			     .held_ns = 2000000000 } },
	};
	static struct told told;
	static struct evidence back;
	struct trial_line line = trial_line(&e, &clean, 0, &told), read = { 0 };
	struct step_told steps[ORDER_HOLDS_MAX] = { 0 };
	json_t *json = fields_to_json(&trial_fields, &line), *second;
	struct judgement judgement;

	(void)state;
	second = json_array_get(json_object_get(json, "steps"), 1);
	assert_string_equal(text_of(second, "thread"), "I");
	assert_string_equal(text_of(second, "until"), "done");
	assert_string_equal(text_of(second, "other"), "DAD");
	assert_string_equal(text_of(second, "outcome"), "deadline");
	assert_null_in(second, "asked_us");
	assert_null_in(json_array_get(json_object_get(json, "steps"), 0), "other");

	read.steps = steps;
	read.nr_steps = ORDER_HOLDS_MAX;
	assert_int_equal(fields_from_json(&trial_fields, json, &read), 0);
	assert_int_equal(read.nr_steps, 2);
	assert_int_equal(read.nr_timeline, 0);
	trial_line_back(&read, &back, &judgement);
	assert_memory_equal(back.steps, e.steps, sizeof(e.steps));
	json_decref(json);
}

static void test_trial_line_with_nothing_in_it(void **state)
{
	static const char *const nulls[] = {
		"object",	 "signature",	    "tier",	     "elapsed_ns",
		"window_ns",	 "held_ns",	    "flags_errno",   "first_flags_ns",
		"refused_errno", "second_flags_ns", "first_echo_ns", "bringup_said",
		"settle_ns",	 "suspected_ns",    "late_ns",	     "unregister_ns",
		"hang_pid",	 "hang_wchan",	    "hang_stack",
	};
	static const char *const klog_nulls[] = { "kind", "tie", "text", "device",
						  "usage_count" };
	struct results *results = open_results("out", NULL);
	struct why why;
	json_t *line;

	(void)state;
	assert_int_equal(results_trial(results, quiet_trial(1), &clean, &why), 0);
	line = line_of("out/results.ndjson", 1);
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		assert_null_in(line, nulls[i]);
	for (size_t i = 0; i < sizeof(klog_nulls) / sizeof(klog_nulls[0]); i++)
		assert_null_in(json_object_get(line, "klog"), klog_nulls[i]);
	assert_string_equal(text_of(line, "unregister"), "not-tried");
	assert_string_equal(text_of(line, "hang"), "none");
	assert_int_equal(json_array_size(json_object_get(line, "timeline")), 0);
	json_decref(line);
	results_close(results);
}

static void write_all_lines(struct results *results)
{
	struct tally *tally;
	struct evidence e = full_evidence();
	struct judgement leak = {
		.verdict = VERDICT_LEAK,
		.object = "net_device",
		.signature = "leak/net_device",
		.reason = "leaks",
		.delta = 1,
	};
	struct summary summary = { .id = results_id(results), .ended_by = "trials" };
	struct why why = { "" };

	assert_int_equal(tally_new(&campaign, &tally), 0);
	for (uint32_t trial = 1; trial <= 4; trial++) {
		const struct judgement *judgement = trial % 2 ? &leak : &clean;

		e.spec.trial = trial;
		e.spec.arm = trial % 2 ? ARM_RACE : ARM_CONTROL;
		assert_true(tally_add(tally, &e, judgement, NULL) >= 0);
		assert_int_equal(results_trial(results, &e, judgement, &why), 0);
	}
	tally_summary(tally, &summary);
	for (uint32_t i = 0; i < summary.nr_findings; i++)
		assert_int_equal(results_finding(results, &summary.findings[i], &why), 0);
	assert_int_equal(results_summary(results, &summary, &why), 0);
	assert_string_equal(why.text, "");
	tally_free(tally);
}

static void test_summary(void **state)
{
	struct results *results = open_results("out", NULL);
	json_t *line, *summary, *finding;

	(void)state;
	write_all_lines(results);
	finding = line_of("out/results.ndjson", 5);
	assert_string_equal(text_of(finding, "type"), "finding");
	assert_int_equal(json_array_size(json_object_get(finding, "trials")), 2);
	line = line_of("out/results.ndjson", 6);
	assert_string_equal(text_of(line, "type"), "summary");
	assert_string_equal(text_of(line, "verdict"), "fault");
	assert_null(line_of("out/results.ndjson", 7));
	summary = json_load_file("out/summary.json", 0, NULL);
	assert_true(json_equal(summary, line));
	assert_int_equal(access("out/summary.json.new", F_OK), -1);
	json_decref(finding);
	json_decref(line);
	json_decref(summary);
	results_close(results);
}

static void test_stream_gets_every_line(void **state)
{
	char *streamed = NULL, *kept;
	size_t size;
	FILE *stream = open_memstream(&streamed, &size);
	struct results *results = open_results("out", stream);

	(void)state;
	write_all_lines(results);
	results_close(results);
	fclose(stream);
	kept = read_text("out/results.ndjson");
	assert_string_equal(streamed, kept);
	free(streamed);
	free(kept);
}

/* A reader that goes away does not kill us, is told once, and the file goes on. */
static void test_stream_that_closes(void **state)
{
	struct results *results;
	struct why why = { "" };
	FILE *stream;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	stream = fdopen(ends[1], "w");
	results = open_results("out", stream);
	close(ends[0]);
	assert_int_equal(results_trial(results, quiet_trial(1), &clean, &why), -EPIPE);
	assert_non_null(strstr(why.text, "Broken pipe"));
	assert_non_null(strstr(why.text, "out/results.ndjson"));
	why.text[0] = '\0';
	assert_int_equal(results_trial(results, quiet_trial(2), &clean, &why), 0);
	assert_string_equal(why.text, "");
	json_decref(line_of("out/results.ndjson", 2));
	assert_null(line_of("out/results.ndjson", 3));
	fclose(stream);
	results_close(results);
}

/* A disk with no more room, played by a limit on the size of files. */
static void set_room(rlim_t bytes)
{
	const struct rlimit limit = { bytes, RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_no_room(void **state)
{
	struct results *results = open_results("out", NULL);
	struct summary summary = { .id = "x", .campaign = "x", .reason = "x" };
	struct why why = { "" };
	struct stat before, after;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(results_trial(results, quiet_trial(12), &clean, &why), 0);
	assert_int_equal(stat("out/results.ndjson", &before), 0);
	set_room((rlim_t)before.st_size + 100);
	assert_int_equal(results_trial(results, quiet_trial(13), &clean, &why), -EFBIG);
	set_room(RLIM_INFINITY);
	assert_string_equal(why.text, "out/results.ndjson cannot be written: File too large; "
				      "all lines up to trial 12 are kept");
	/* No half line is left, and there may be room again. */
	assert_int_equal(stat("out/results.ndjson", &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(results_trial(results, quiet_trial(14), &clean, &why), 0);
	json_decref(line_of("out/results.ndjson", 2));

	/* The lines have no room for the summary, the other file has. */
	assert_int_equal(stat("out/results.ndjson", &before), 0);
	set_room((rlim_t)before.st_size);
	assert_int_equal(results_summary(results, &summary, &why), -EFBIG);
	set_room(RLIM_INFINITY);
	assert_non_null(strstr(why.text, "all lines up to trial 14 are kept"));
	assert_int_equal(access("out/summary.json", F_OK), 0);
	results_close(results);
}

static void test_no_room_from_the_start(void **state)
{
	struct results *results = NULL;
	struct why why = { "" };

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	set_room(10);
	assert_int_equal(results_open("out", &campaign, NULL, &results, &why), 0);
	assert_int_equal(results_begin(results, &campaign, &machine, hooks, 3, &why), -EFBIG);
	set_room(RLIM_INFINITY);
	results_close(results);
	assert_non_null(strstr(why.text, "no trial was written"));
	/* The folder can be used. */
	results_close(open_results("out", NULL));
}

static void test_summary_that_cannot_be_replaced(void **state)
{
	struct results *results = open_results("out", NULL);
	struct summary summary = { .id = "x", .campaign = "x", .reason = "x" };
	struct why why = { "" };

	(void)state;
	assert_int_equal(mkdir("out/summary.json.new", 0700), 0);
	assert_int_equal(results_summary(results, &summary, &why), -EISDIR);
	assert_non_null(strstr(why.text, "out/summary.json cannot be written: Is a directory"));
	results_close(results);
}

/* Killed in mid-campaign: what was written is whole. */
static void test_killed(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (!child) {
		struct results *results = open_results("out", NULL);
		struct why why;

		for (uint32_t trial = 1; trial <= 3; trial++)
			results_trial(results, quiet_trial(trial), &clean, &why);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	for (int i = 0; i < 4; i++) {
		json_t *line = line_of("out/results.ndjson", i);

		assert_non_null(line);
		json_decref(line);
	}
	assert_null(line_of("out/results.ndjson", 4));
}

/* --- going on with what an earlier run has left --- */

static void append_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "a");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void three_trials(const char *end)
{
	struct results *results = open_results("out", NULL);
	struct why why = { "" };

	for (uint32_t trial = 1; trial <= 4; trial++)
		if (trial != 2) /* in a lane's hands when it was killed */
			assert_int_equal(
				results_trial(results, quiet_trial(trial), &clean, &why), 0);
	results_close(results);
	append_text("out/results.ndjson", end);
}

static int note_trial(struct evidence *evidence, const struct judgement *judgement, void *arg)
{
	char *seen = arg;

	assert_int_equal(judgement->verdict, VERDICT_CLEAN);
	assert_int_equal(evidence->behaviour.nr_features, 1);
	assert_int_equal(evidence->behaviour.features[0], 0xfeed + evidence->spec.trial);
	sprintf(seen + strlen(seen), "%u ", evidence->spec.trial);
	return 0;
}

static int note_control(struct evidence *evidence, const struct judgement *judgement, void *arg)
{
	char *seen = arg;

	assert_int_equal(evidence->spec.trial, 0);
	assert_int_equal(judgement->delta, 1);
	strcat(seen, "C ");
	return 0;
}

static int note_ledger(const struct ledger_line *line, void *arg)
{
	char *seen = arg;

	sprintf(seen + strlen(seen), "L%u ", line->attempt);
	return 0;
}

static struct results *open_again(char seen[64])
{
	const struct results_kept kept = { note_trial, note_control, note_ledger, seen };
	struct results *results = NULL;
	struct evidence *room = calloc(1, sizeof(*room));
	struct why why = { "" };

	seen[0] = '\0';
	if (results_open_again("out", &campaign, NULL, &results, &why) ||
	    results_begin(results, &campaign, &machine, hooks, 3, &why) ||
	    results_replay(results, room, &kept, &why))
		fail_msg("%s", why.text);
	free(room);
	return results;
}

/* Whatever its end is, what is kept are the trials, each once. */
static void test_go_on(void **state)
{
	static const char *const ends[] = {
		"",
		"{\"type\":\"trial\",\"verdict\":\"cle",
		"{\"type\":\"finding\",\"count\":1}\n",
		"{\"type\":\"finding\",\"count\":1}\n{\"type\":\"summ",
		"{\"type\":\"summary\",\"ended_by\":\"signal\"}\n",
		"{\"type\":\"summary\",\"ended_by\":\"error\"}\n",
	};
	struct why why = { "" };
	char seen[64];

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct results *results;
		char *text;

		three_trials(ends[i]);
		results = open_again(seen);
		assert_string_equal(seen, "1 3 4 ");
		assert_true(results_has(results, 1) && results_has(results, 4));
		assert_false(results_has(results, 2) || results_has(results, 5));
		assert_false(results_has(results, 0) || results_has(results, 1000000));
		assert_int_equal(results_trial(results, quiet_trial(2), &clean, &why), 0);
		results_close(results);
		text = read_text("out/results.ndjson");
		assert_null(strstr(text, "signal"));
		free(text);
		results_close(open_again(seen));
		assert_string_equal(seen, "1 3 4 2 ");
		remove_all("out");
	}
}

/* And ledgers, among them; what comes after one is not cut off. */
static void test_go_on_with_ledgers(void **state)
{
	const struct judgement leak = { .verdict = VERDICT_LEAK };
	struct digest *digest = calloc(1, sizeof(*digest));
	static struct ledger_told told;
	const struct ledger_of of = { .trial = 1,
				      .attempt = 2,
				      .object = "net_device",
				      .evidence = quiet_trial(1),
				      .judgement = &leak,
				      .digest = digest };
	struct ledger_line line = ledger_line(&of, &told);
	struct results *results;
	struct why why = { "" };
	char seen[64];

	(void)state;
	three_trials("");
	results = open_again(seen);
	assert_int_equal(results_ledger(results, &line, &why), 0);
	assert_int_equal(results_trial(results, quiet_trial(2), &clean, &why), 0);
	results_close(results);
	results_close(open_again(seen));
	assert_string_equal(seen, "1 3 4 L2 2 ");
	free(digest);
}

static void test_go_on_with_nothing(void **state)
{
	static const char *const begins[] = { NULL, "", "{\"type\":\"campaign\",\"sch" };
	char seen[64];

	(void)state;
	for (int i = 0; i < 3; i++) {
		mkdir("out", 0755);
		if (begins[i])
			append_text("out/results.ndjson", begins[i]);
		results_close(open_again(seen));
		assert_string_equal(seen, "");
		remove_all("out");
	}
}

static void test_nothing_to_go_on_with(void **state)
{
	struct results *results = NULL;
	struct why why = { "" };

	(void)state;
	three_trials("{\"type\":\"finding\",\"count\":1}\n"
		     "{\"type\":\"summary\",\"ended_by\":\"trials\"}\n");
	assert_int_equal(results_open_again("out", &campaign, NULL, &results, &why), -EALREADY);
	assert_null(results);
	assert_non_null(strstr(why.text, "nothing to resume"));
}

/* One verdict cannot stand for two campaigns, nor for two kernels. */
static void test_go_on_with_another(void **state)
{
	struct campaign other = campaign;
	struct machine elsewhere = machine;
	struct results *results = NULL;
	struct why why = { "" };

	(void)state;
	three_trials("");
	other.lanes++;
	elsewhere.btf_id = "another";
	assert_int_equal(results_open_again("out", &campaign, NULL, &results, &why), 0);
	assert_int_equal(results_begin(results, &other, &machine, hooks, 3, &why), 0);
	other.seed++;
	assert_int_equal(results_begin(results, &other, &machine, hooks, 3, &why), -EINVAL);
	assert_non_null(strstr(why.text, "another campaign"));
	assert_int_equal(results_begin(results, &campaign, &elsewhere, hooks, 3, &why),
			 -EINVAL);
	assert_non_null(strstr(why.text, "another kernel"));
	results_close(results);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_folder_of_its_own),
		IN_FOLDER(test_folder_with_parents),
		IN_FOLDER(test_folder_that_holds_results),
		IN_FOLDER(test_folder_that_cannot_be),
		IN_FOLDER(test_shortage_is_not_the_folders_fault),
		IN_FOLDER(test_first_line),
		IN_FOLDER(test_trial_line),
		IN_FOLDER(test_steps_there_and_back),
		IN_FOLDER(test_trial_line_with_nothing_in_it),
		IN_FOLDER(test_summary),
		IN_FOLDER(test_stream_gets_every_line),
		IN_FOLDER(test_stream_that_closes),
		IN_FOLDER(test_no_room),
		IN_FOLDER(test_no_room_from_the_start),
		IN_FOLDER(test_summary_that_cannot_be_replaced),
		IN_FOLDER(test_killed),
		IN_FOLDER(test_go_on),
		IN_FOLDER(test_go_on_with_ledgers),
		IN_FOLDER(test_go_on_with_nothing),
		IN_FOLDER(test_nothing_to_go_on_with),
		IN_FOLDER(test_go_on_with_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
