/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPLORE_NEEDS_H
#define DADRACE_EXPLORE_NEEDS_H

#include <stdbool.h>
#include <stdint.h>

#include "explore/memory.h"
#include "explore/point.h"

/*
 * What a trial needs in order to count, and how likely it is to get it, as earlier trials have it: its threads
 * come by the places where they are to be held, the holds end as they should, the packets arrive. For the explorer's
 * own files; explore.h is the model.
 *
 * A trial teaches of every place, held or not, whether its thread came by. Pure.
 */

/* A trial that was run, and what it has shown; only pointed to. */
struct needs_shown {
	const struct point_space *space;
	const struct point *point;
	const uint64_t *features; /* behaviour.h; ascending */
	uint32_t nr_features;
};

/* -ENOMEM. */
int needs_learn(struct memory *needs, const struct needs_shown *shown, uint32_t generation);

/* Whether all of its holds were reached and kept. */
bool needs_kept(const struct needs_shown *shown);

/* Of NEEDS_SURE; what was never tried is taken to be sure. */
enum { NEEDS_SURE = 1000 };
uint32_t needs_chance(const struct memory *needs, const struct point_space *space,
		      const struct point *point);

#endif
