/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_STATS_H
#define DADRACE_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Statistics of a campaign: pure functions over plain numbers. */

/*
 * A growing sample of unsigned numbers. Zero-initialised is empty; stats_sample_free() gives
 * the memory back. Adding fails only when memory ran out (-ENOMEM).
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
 * The exact (Clopper-Pearson) one-sided upper bound of a rate after `hits` in `trials` at the
 * given confidence (0.95); 1.0 without trials. For no hits it is 1 - (1 -
 * confidence)^(1/trials).
 */
double stats_rate_bound(uint64_t hits, uint64_t trials, double confidence);

/*
 * The exact one-sided lower bound; 0 without hits. It also holds when sampling stopped at the
 * last of the hits (as with stop.findings): P(the k-th hit comes by trial n) is P(X >= k).
 */
double stats_rate_floor(uint64_t hits, uint64_t trials, double confidence);

/* Both: the exact (Clopper-Pearson) two-sided interval; 0 to 1 without trials. */
struct stats_interval {
	double low, high;
};
struct stats_interval stats_rate_interval(uint64_t hits, uint64_t trials, double confidence);

/* A rate in millionths, rounded outwards; a whole number but for its last bits stays that. */
uint64_t stats_ppm_down(double rate);
uint64_t stats_ppm_up(double rate);

/*
 * Fisher's exact test, one-sided: the probability that the first arm has at least so large a
 * share of all hits when both have the same rate. 1 when either has no trials.
 */
struct stats_share {
	uint64_t hits, trials;
};
double stats_fisher(struct stats_share first, struct stats_share second);

/*
 * Wald's sequential probability ratio test of a rate: `low` against `high`, 0 < low < high < 1.
 * It may be asked after every trial. With the limits 1/error and error for the likelihood ratio
 * (instead of Wald's approximations) P(above, although the rate is at most `low`) <= error, and
 * the same for below, by Ville's inequality.
 */
enum stats_side { STATS_UNDECIDED, STATS_BELOW, STATS_ABOVE };
enum stats_side stats_sprt(uint64_t hits, uint64_t trials, double low, double high,
			   double error);

/*
 * Whether as many hits as `wanted` come within `most` trials (0: no limit): above as soon as
 * they have come, below as soon as they cannot come any more.
 */
enum stats_side stats_hits(uint64_t hits, uint64_t trials, uint64_t wanted, uint64_t most);

/*
 * How many trials show a fault of this rate at least once but for the probability `miss`:
 * ceil(ln miss / ln(1 - rate)), at least 1; UINT64_MAX when the rate is 0.
 */
uint64_t stats_trials_to_see(double rate, double miss);

#endif
