/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_PLACES_H
#define DADRACE_RUN_PLACES_H

#include "spec/campaign.h"
#include "base/exits.h"
#include "spec/order.h"
#include "loader/probes.h"
#include "results/results.h"

/*
 * The places that an explorer tries in a campaign that gives none.
 *
 *   explore_proposals ──> hookable? ──> scouts: trials without ─┬─> who came by ───┐
 *                                       injection, with the   ├─> proposals.h ───┼──> ORDER_HOLDS_MAX of them
 *                                       ledger armed          └─> kernel_calls.h ┘
 *
 * Two of three come from the table, as long as there are so many; the rest was seen. All that was proposed
 * is told as a hook without a probe, with the reason, and whether it was taken.
 */
enum { RUN_PLACES_PROPOSED = 24 };

struct run_places {
	const char *words[ORDER_HOLDS_MAX]; /* those that were taken */
	uint32_t nr_words;
	struct {
		char words[ORDER_WORDS];
		char function[96];
		char note[640];
		struct results_hook hook; /* its texts are those above */
	} proposed[RUN_PLACES_PROPOSED + 1];
	uint32_t nr;
};

/*
 * `ask` has no steps. EXIT_CLEAN; EXIT_INCONCLUSIVE when a signal has ended it. Where there is no ledger the
 * table alone proposes. The last that is told is what the scouts were, or why they saw nothing.
 */
enum exits run_places_find(const struct campaign *campaign, const struct probes_ask *ask,
			   struct run_places *places, struct why *why);

/*
 * The places of a campaign's line, by which a run goes on that another one (in a guest, or before it was resumed)
 * has begun. 0, or -EINVAL when the line is none.
 */
int run_places_kept(const char *line, struct run_places *places);

#endif
