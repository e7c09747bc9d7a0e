/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_PLACES_H
#define DADRACE_RUN_PLACES_H

#include "results/results.h"
#include "spec/order.h"
#include "spec/reach.h"

/*
 * The places that an explorer tries in a campaign that gives none. All that was proposed is
 * told as a hook without a probe, with the reason, and whether it was taken.
 */
enum { RUN_PLACES_PROPOSED = 24 };

struct run_places {
	const char *words[EXPLORE_PLACES_MAX]; /* those that were taken */
	uint32_t nr_words;
	const char *reach[REACH_ROWS]; /* what reaches them (reach.h) */
	uint32_t nr_reach;
	enum change_kind changes[CHANGES]; /* of the campaign's, those that the kernel makes */
	uint32_t nr_changes;
	/* What these point to, if not below. */
	char words_kept[EXPLORE_PLACES_MAX][ORDER_WORDS];
	char reach_kept[REACH_ROWS][REACH_WORDS];
	struct {
		char words[ORDER_WORDS];
		char function[96];
		char note[1024];
		struct results_hook hook; /* its texts are those above */
	} proposed[RUN_PLACES_PROPOSED + 1];
	uint32_t nr;
};

/* Adds a place, or what reaches places; what has no room is left out. */
void run_places_add(struct run_places *places, const char *words);
void run_places_reach(struct run_places *places, const char *words);

/*
 * The places of a campaign's line: another run (in a guest, or before this one was resumed) has
 * found them. 0, or -EINVAL when the line is not a campaign's.
 */
int run_places_kept(const char *line, struct run_places *places);

#endif
