/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_GUESTS_H
#define DADRACE_GUESTS_H

#include "spec/campaign.h"
#include "base/exits.h"
#include "guest/kernel_image.h"
#include "run/progress.h"
#include "results/results.h"

/*
 * A campaign in guests: the same trials on another kernel.
 *
 *   guest 1: trials 1..17, dies in 18 ──> 18 is judged by its console
 *   guest 2: trials 19..  ──> lines as they happen ──> results, tally, progress
 *
 * In the guest the very same program runs the very same campaign and streams its lines; here
 * they are kept and summed up. What leaks is repeated with the ledger in there, too: a guest is not replaced
 * before the ledger of a new finding has come, for two minutes at most. A guest that panics, hangs or falls silent costs the trial in hand and
 * is replaced, up to vm.guests. Needs no root.
 */
struct guests_ask {
	const struct campaign *campaign;
	const struct image *image;
	const char *plant;	 /* the module with the bug to be planted, or NULL */
	struct results *results; /* opened, not begun: the first guest tells the first line */
	struct progress *progress;
};

/* As runner_run(). SIGINT and SIGTERM end the guest at once; results so far are kept. */
enum exits guests_run(const struct guests_ask *ask, struct why *why);

#endif
