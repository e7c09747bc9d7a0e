/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COUNTS_H
#define DADRACE_COUNTS_H

#include <stdint.h>
#include <stdio.h>

#include "results/lines.h"
#include "trial/verdict.h"

/*
 * What trials add to the metrics: numbers that only grow, from the lines of the results. Pure.
 *
 *   trial lines ──> counts of a campaign ──┬──> counts.json in its folder
 *                                          └──> added to those of the service ──> /metrics
 *
 * Every family stands once, in a table: name, help, labels, place. Saved by the names of their
 * samples, so that a later version with more of them can read what an earlier one has saved.
 */
enum { COUNTS_BUCKETS = 16, COUNTS_SIGNATURES_MAX = 256 };

struct counts_histogram {
	uint64_t buckets[COUNTS_BUCKETS]; /* each its own; the last has no upper end */
	uint64_t sum_us;
};

struct counts {
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
	uint64_t
		campaigns[CAMPAIGN_VERDICTS + 1]; /* ended, by verdict; the last: without one */
	struct counts_histogram hold_asked, held, settle;
};

/* What is told besides: numbers that go up and down. */
struct counts_gauges {
	uint32_t queued;
	uint32_t paused;
	uint32_t running;
	uint64_t running_trials;
	uint64_t kept_bytes;
	uint32_t followers;
};

void counts_trial(struct counts *counts, const struct trial_line *trial);
void counts_campaign(struct counts *counts, const char *verdict);
void counts_add(struct counts *counts, const struct counts *more);

/* A JSON object with a member for each sample that is not zero; NULL when memory ran out. */
json_t *counts_to_json(const struct counts *counts);
void counts_from_json(const json_t *json, struct counts *counts);

/* The exposition, as OpenMetrics 1.0 or as Prometheus' text format 0.0.4. */
void counts_print(const struct counts *counts, const struct counts_gauges *gauges,
		  bool openmetrics, FILE *out);

#endif
