/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_SCOUTS_H
#define DADRACE_RUN_SCOUTS_H

#include "loader/probes.h"
#include "run/places.h"
#include "spec/campaign.h"

/*
 * How places for an explorer are found.
 *
 *   explore_proposals ──> hookable? ──> scouts: trials without ──┬─> functions seen
 *                                       injection, with the      ├─> proposals.h
 *                                       ledger armed             └─> callees_here.h
 *
 * ORDER_HOLDS_MAX are taken. Two of three come from the table, as long as there are so many;
 * the others were seen by the scouts. The last row that is told is what the scouts were, or why
 * they saw nothing.
 *
 * `ask` has no steps. 0, or a negative errno with the sentence and its code: EXIT_INCONCLUSIVE
 * when a signal has ended it. Where there is no ledger the table alone proposes.
 */
int run_places_find(const struct campaign *campaign, const struct driver *driver,
		    const struct probes_ask *ask, struct run_places *places, struct why *why);

#endif
