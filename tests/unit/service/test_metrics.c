// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service/metrics.h"
#include "service/metrics_last.h"

static struct metrics some(void)
{
	struct metrics metrics = { 0 };
	struct trial_line leak = {
		.verdict = VERDICT_LEAK,
		.object = "net_device",
		.delta = 4,
		.pinned = true,
		.spec = { .arm = ARM_RACE, .hold_us = 5000 },
		.opened = true,
		.held_ns = 5100000,
		.echoes_sent = 4,
		.echoes_delivered = 3,
		.echoes_inside = 2,
	};
	struct trial_line clean = {
		.verdict = VERDICT_CLEAN,
		.spec = { .arm = ARM_CONTROL },
		.opened = true,
		.settled = true,
		.settle_ns = 20000000,
		.lost_records = 1,
		.missed_probes = 2,
	};

	metrics_add_trial(&metrics, &leak);
	metrics_add_trial(&metrics, &leak);
	metrics_add_trial(&metrics, &clean);
	metrics.findings = 1;
	metrics_add_campaign(&metrics, "fault");
	metrics_add_campaign(&metrics, NULL);
	return metrics;
}

static char *print(const struct metrics *metrics, bool openmetrics)
{
	struct metrics_gauges gauges = { .queued = 3, .kept_bytes = 1ULL << 40 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	metrics_print(metrics, &gauges, openmetrics, out);
	metrics_end(openmetrics, out);
	fclose(out);
	return text;
}

static void assert_has(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	if (!at || (at != text && at[-1] != '\n') || at[strlen(line)] != '\n')
		fail_msg("there is no line %s", line);
}

static void test_text(void **state)
{
	static const char *const lines[] = {
		"# HELP dadrace_trials_total Judged trials.",
		"# TYPE dadrace_trials_total counter",
		"dadrace_trials_total{arm=\"race\",verdict=\"leak\"} 2",
		"dadrace_trials_total{arm=\"control\",verdict=\"clean\"} 1",
		"dadrace_trials_total{arm=\"hold\",verdict=\"clean\"} 0",
		"dadrace_windows_total{arm=\"race\"} 2",
		"dadrace_echoes_sent_total{arm=\"race\"} 8",
		"dadrace_echoes_delivered_total{arm=\"race\"} 6",
		"dadrace_echoes_inside_total{arm=\"race\"} 4",
		"dadrace_leaked_references_total{object=\"net_device\"} 8",
		"dadrace_leaked_references_total{object=\"inet6_dev\"} 0",
		"dadrace_findings_total 1",
		"dadrace_missed_probes_total 2",
		"dadrace_lost_records_total 1",
		"dadrace_stuck_interfaces_total 2",
		"dadrace_campaigns_total{verdict=\"fault\"} 1",
		"dadrace_campaigns_total{verdict=\"none\"} 1",
		"# TYPE dadrace_hold_asked_seconds histogram",
		"dadrace_hold_asked_seconds_bucket{le=\"0.0025\"} 0",
		"dadrace_hold_asked_seconds_bucket{le=\"0.005\"} 2", /* its end belongs to it */
		"dadrace_hold_asked_seconds_bucket{le=\"+Inf\"} 2",
		"dadrace_hold_asked_seconds_sum 0.010000",
		"dadrace_hold_asked_seconds_count 2",
		"dadrace_held_seconds_bucket{le=\"0.005\"} 0",
		"dadrace_held_seconds_bucket{le=\"0.01\"} 2",
		"dadrace_settle_seconds_count 1",
		"dadrace_queued_campaigns 3",
		"dadrace_kept_bytes 1099511627776",
	};
	struct metrics metrics = some();
	char *text = print(&metrics, false);

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_has(text, lines[i]);
	assert_has(text, "dadrace_build_info{version=\"" DADRACE_VERSION "\"} 1");
	assert_null(strstr(text, "# EOF"));
	free(text);
}

static void test_openmetrics(void **state)
{
	struct metrics metrics = some();
	char *text = print(&metrics, true);

	(void)state;
	assert_has(text, "# TYPE dadrace_trials counter");
	assert_has(text, "dadrace_trials_total{arm=\"race\",verdict=\"leak\"} 2");
	assert_has(text, "# TYPE dadrace_build info");
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	free(text);
}

/* Every number: what is printed after saving and loading is the same. */
static void test_there_and_back(void **state)
{
	struct metrics metrics, back = { 0 }, sum = { 0 };
	uint64_t *numbers = (uint64_t *)(void *)&metrics;
	char *before, *after;
	json_t *json;

	(void)state;
	for (size_t i = 0; i < sizeof(metrics) / sizeof(uint64_t); i++)
		numbers[i] = i + 1;
	json = metrics_to_json(&metrics);
	assert_int_equal(json_object_size(json), sizeof(metrics) / sizeof(uint64_t));
	metrics_from_json(json, &back);
	json_decref(json);
	assert_memory_equal(&metrics, &back, sizeof(metrics));
	before = print(&metrics, false);
	after = print(&back, false);
	assert_string_equal(before, after);
	free(before);
	free(after);
	metrics_add(&sum, &metrics);
	metrics_add(&sum, &metrics);
	for (size_t i = 0; i < sizeof(metrics) / sizeof(uint64_t); i++)
		assert_int_equal(((uint64_t *)(void *)&sum)[i], 2 * (i + 1));
	metrics_from_json(NULL, &sum);
	assert_int_equal(sum.findings, 0);
}

static void test_out_of_range(void **state)
{
	struct trial_line odd = { .verdict = VERDICTS, .spec = { .arm = ARMS } };
	struct metrics metrics = { 0 }, none = { 0 };

	(void)state;
	metrics_add_trial(&metrics, &odd);
	assert_memory_equal(&metrics, &none, sizeof(none));
}

/* An alert names campaign, kernel and finding; an older run of the campaign says nothing. */
static void test_last_runs(void **state)
{
	static const char *const lines[] = {
		"# TYPE dadrace_last_verdict gauge",
		"dadrace_last_verdict{campaign=\"smoke\",kernel=\"6.12.118\"} 1",
		"dadrace_last_verdict{campaign=\"a \\\"b\\\" \\\\ \\n\\\\u001b[2J\",kernel=\"\"} 0",
		"dadrace_last_run_timestamp_seconds{campaign=\"smoke\",kernel=\"6.12.118\"} 1796022873.5",
		"dadrace_last_run_duration_seconds{campaign=\"smoke\",kernel=\"6.12.118\"} 3.5",
		"dadrace_last_bound_ratio{campaign=\"a \\\"b\\\" \\\\ \\n\\\\u001b[2J\",kernel=\"\"} 0.049",
		"dadrace_last_finding{campaign=\"smoke\",kernel=\"6.12.118\",finding=\"leak/net_device\"} 1",
	};
	char smoke[] = "smoke", odd[] = "a \"b\" \\ \n\x1b[2J", old[] = "6.12.117",
	     new[] = "6.12.118", clean[] = "clean", fault[] = "fault",
	     leak[] = "leak/net_device";
	const struct ticket runs[] = {
		{ .name = smoke,
		  .state = TICKET_ENDED,
		  .verdict = clean,
		  .kernel = old,
		  .bound_ppm = 1 },
		{ .name = odd, .state = TICKET_ENDED, .verdict = clean, .bound_ppm = 49000 },
		{ .name = smoke,
		  .state = TICKET_ENDED,
		  .verdict = fault,
		  .kernel = new,
		  .exit_code = 1,
		  .finding = leak,
		  .started_unix_ms = 1796022870000,
		  .ended_unix_ms = 1796022873500 },
		{ .name = smoke, .state = TICKET_QUEUED },
	};
	const struct ticket *tickets[] = { &runs[0], &runs[1], &runs[2], &runs[3] };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_true(metrics_print_last(tickets, 4, out));
	fclose(out);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_has(text, lines[i]);
	assert_null(strstr(text, "6.12.117"));
	assert_null(strstr(text, "dadrace_last_bound_ratio{campaign=\"smoke\""));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	       cmocka_unit_test(test_openmetrics),
		cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_out_of_range),
		cmocka_unit_test(test_last_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
