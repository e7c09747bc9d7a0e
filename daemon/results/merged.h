/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MERGED_H
#define DADRACE_MERGED_H

#include "results/reader.h"

/*
 * Several runs, told as one.
 *
 *   one plan, one kernel     their trials are one tally: its verdict, its bound
 *   several                  a bound of one says nothing about another: the worst verdict, and
 *                            the highest bound, of all
 *
 * A run that is not whole, or has no trial, keeps the whole from being clean; so does a shard
 * (trial/shard.h) that no run has.
 */
struct merged {
	bool added_up; /* false: plans or kernels differ */
	enum campaign_verdict verdict;
	uint32_t trials, valid;
	uint64_t fault_rate_bound_ppm;
	struct explore_sums explored; /* merged_explored() */
	char reason[640];
};

/*
 * Whether the plans differ (seeds, names and the ends of campaigns may), and whether the
 * kernels do.
 */
bool merged_same_plan(const struct past *a, const struct past *b);
bool merged_same_kernel(const struct past *a, const struct past *b);
/* Whether both are shards of one plan, which have the same trials to share. */
bool merged_same_whole(const struct past *a, const struct past *b);

/* Which shards of a plan no run has: "shard 3 of 4 is missing". */
struct merged_gap {
	char text[192];
};

/* False: none; or runs[at] is not the first that has a shard of its plan. */
bool merged_missing(struct past *const *runs, uint32_t nr, uint32_t at, struct merged_gap *gap);

/*
 * The sentence names a run, or a shard, that is given twice (-EINVAL), or a line that cannot be
 * read again. -ENOMEM.
 */
int merged_make(struct past *const *runs, uint32_t nr, struct merged *out, struct why *why);

#endif
