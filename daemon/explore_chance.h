/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPLORE_CHANCE_H
#define DADRACE_EXPLORE_CHANCE_H

#include "behaviour.h"
#include "explore_memory.h"
#include "explore_point.h"

/*
 * The chance that what a point plans comes about, learned from what came about. For the explorer's own files.
 *
 * A point has needs: that each hold is reached, that each hold ends as it should, and that the trial then
 * counts, with its echo and its answer to DAD. How often a need was met is kept under each of its
 * circumstances, and under each two of them together: its packet's way and target, DAD's answer, what thread
 * II starts with, the hold's end, and the holds beside it. Of a hold's end it is kept for each way in which the
 * threads wait for each other. The pair of circumstances that it was met
 * under least often is its chance; what was never tried is taken to be certain. The chance of a point is the
 * product of those of its needs.
 *
 * So nobody has to say which place goes with which packet.
 */
enum { CHANCE_CERTAIN = 1 << 20 };

/* Of CHANCE_CERTAIN. */
uint64_t chance_of(const struct memory *met, const struct point *point);

/*
 * What came of a point, as the features of its behaviour say, which are ascending. A need that was not asked for
 * teaches nothing: a hold that was not reached has no end, and where thread II did not start its places
 * were not tried. -ENOMEM.
 */
int chance_learn(struct memory *met, const struct point_space *space, const struct point *point,
		 const uint64_t *features, uint32_t nr_features, uint32_t generation);

/* Each hold was reached and ended as it should. */
bool chance_order_kept(const struct point_space *space, const struct point *point,
		       const uint64_t *features, uint32_t nr_features);

#endif
