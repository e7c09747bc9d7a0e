/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_STATS_H
#define DADRACE_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Statistics of a campaign: pure functions over plain numbers. */

/*
 * A growing sample of unsigned numbers. Zero-initialised is empty; stats_sample_free() gives the
 * memory back. Adding fails only when memory ran out (-ENOMEM).
 */
struct stats_sample {
	uint64_t *values;
	size_t nr;
	size_t room;
};
int stats_sample_add(struct stats_sample *sample, uint64_t value);
void stats_sample_free(struct stats_sample *sample);

/* The p-th percentile (nearest rank, 0 < p <= 100); 0 of an empty sample. Sorts the sample. */
uint64_t stats_percentile(struct stats_sample *sample, double p);

/*
 * The exact (Clopper-Pearson) one-sided upper bound of a rate after `hits` in `trials` at the given
 * confidence (0.95); 1.0 without trials. For no hits it is 1 - (1 - confidence)^(1/trials).
 */
double stats_rate_bound(uint64_t hits, uint64_t trials, double confidence);

#endif
