/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MERGED_EXPLORED_H
#define DADRACE_MERGED_EXPLORED_H

#include "results/reader.h"

/* Whether the campaign of a run explores. */
bool merged_explores(const struct past *run);

/*
 * What the explorers of several runs have seen together, each thing once: places, those at
 * which a hold was kept in an order that was, and features; the rest is 0. All 0: a run does
 * not explore. 0, -ENOMEM, or the error of a line.
 */
int merged_explored(struct past *const *runs, uint32_t nr, struct explore_sums *out,
		    struct why *why);

#endif
