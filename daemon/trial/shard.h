/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SHARD_H
#define DADRACE_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include "spec/campaign.h"

/*
 * Which trials of a plan a shard has. Pure.
 *
 *   trial    1  2  3  4 | 5  6  7  8 | 9 10 11 12 |13 14 15 16 |17 18 ...
 *   shard        1      |     2      |     3      |     1      |  2          of 3
 *
 * A shard has every N-th block of the plan (plan.h). A block holds each arm once, so each shard
 * has the arms in the plan's proportion; every N-th trial would not, because the arms are
 * shuffled within their block. With one arm a block is one trial: I, I+N, I+2N, ...
 *
 * Trials keep the numbers that they have in the whole plan. Their places count the trials of
 * one shard: 1, 2, 3, ...
 *
 * The trials of an explorer depend on those before. So each shard of its campaign is a plan of
 * its own: shard I has the seed of the campaign plus I-1, and its share of the trials.
 */
struct deal {
	struct shard shard;
	uint32_t block; /* trials in a block; 0: they are not dealt */
};

/* A campaign without a shard has the whole plan: shard 1 of 1. */
struct deal shard_deal(const struct campaign *campaign);

/* Makes a campaign that explores, as it was written, that of its shard. */
void shard_explorer(struct campaign *campaign);

bool shard_has(const struct deal *deal, uint32_t trial);

/* Its first trial after this one; after 0: its first. */
uint32_t shard_next(const struct deal *deal, uint32_t trial);

/* How many of the trials up to this one are its own: the place of a trial that it has. */
uint32_t shard_place(const struct deal *deal, uint32_t trial);

#endif
