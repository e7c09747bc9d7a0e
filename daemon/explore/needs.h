/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPLORE_NEEDS_H
#define DADRACE_EXPLORE_NEEDS_H

#include <stdbool.h>
#include <stdint.h>

#include "explore/memory.h"
#include "explore/point.h"

/*
 * What a trial needs to count, and how likely it gets it, judged by earlier trials: its threads
 * reach the places where they are to be held, the holds end as planned, the packets arrive. For
 * the explorer's own files; explore.h is the model.
 *
 * A trial says of every place, held or not, whether its thread reached it. Pure.
 */

/* A trial that ran, and the features it showed; only pointed to. */
struct needs_shown {
	const struct point_space *space;
	const struct point *point;
	const uint64_t *features; /* behaviour.h; ascending */
	uint32_t nr_features;
};

/* -ENOMEM. */
int needs_learn(struct memory *needs, const struct needs_shown *shown, uint32_t generation);

/* Whether all holds of the trial were reached and kept. */
bool needs_kept(const struct needs_shown *shown);

/* Out of NEEDS_SURE; a need that was never tried counts as met. */
enum { NEEDS_SURE = 1000 };
uint32_t needs_chance(const struct memory *needs, const struct point_space *space,
		      const struct point *point);

#endif
