/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_METRICS_H
#define DADRACE_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include "results/lines.h"
#include "trial/verdict.h"

/*
 * Counters for Prometheus, added up from the lines of trials. Pure.
 *
 *   trial lines ──> metrics of a campaign ──┬──> counts.json in its folder
 *                                          └──> added to those of the service ──> /metrics
 *
 * One table has a row for each family: name, help, labels, offset. Samples are saved by name,
 * so that a later version with more of them reads what an earlier one has saved.
 */
enum { METRICS_BUCKETS = 16, METRICS_SIGNATURES_MAX = 256 };

struct metrics_histogram {
	uint64_t buckets[METRICS_BUCKETS]; /* not cumulative; the last has no upper bound */
	uint64_t sum_us;
};

struct metrics {
	uint64_t trials[ARMS][VERDICTS];
	uint64_t windows[ARMS];
	uint64_t echoes_sent[ARMS];
	uint64_t echoes_delivered[ARMS];
	uint64_t echoes_inside[ARMS];
	uint64_t leaked[OBJECTS];
	uint64_t findings;
	uint64_t missed_probes;
	uint64_t lost_records;
	uint64_t stuck;
	uint64_t campaigns[CAMPAIGN_VERDICTS + 1]; /* ended, by verdict; the last has none */
	struct metrics_histogram hold_asked, held, settle;
};

/* Numbers that go up and down. */
struct metrics_gauges {
	uint32_t queued;
	uint32_t paused;
	uint32_t running;
	uint64_t running_trials;
	uint64_t kept_bytes;
	uint32_t followers;
};

void metrics_add_trial(struct metrics *metrics, const struct trial_line *trial);
void metrics_add_campaign(struct metrics *metrics, const char *verdict);
void metrics_add(struct metrics *metrics, const struct metrics *more);

/* A JSON object with a member for each sample that is not zero; NULL without memory. */
json_t *metrics_to_json(const struct metrics *metrics);
void metrics_from_json(const json_t *json, struct metrics *metrics);

/*
 * Prints OpenMetrics 1.0 or the text format 0.0.4 of Prometheus, which metrics_end() ends:
 * other families may stand between.
 */
void metrics_print(const struct metrics *metrics, const struct metrics_gauges *gauges,
		   bool openmetrics, FILE *out);
void metrics_end(bool openmetrics, FILE *out);

#endif
