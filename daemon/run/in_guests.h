/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_IN_GUESTS_H
#define DADRACE_RUN_IN_GUESTS_H

#include "guest/kernel_image.h"
#include "run/conclude.h"

/*
 * A campaign in guests: the same trials on another kernel.
 *
 *   guest 1: trials 1..17, dies in 18 ──> 18 is judged by its console
 *   guest 2: trials 19..  ──> lines as they happen ──> results, tally, progress
 *
 * In the guest the very same program runs the very same campaign and streams its lines; here
 * they are kept and summed up. What leaks is repeated with the ledger in there, too: a guest is
 * not replaced before the ledger of a new finding has come, for two minutes at most. A guest
 * that panics, hangs or falls silent costs the trial in hand and is replaced, up to vm.guests.
 * Needs no root.
 */
struct guests_ask {
	struct conclusion *conclusion; /* the first guest tells its first line */
	const struct kernel_image *image;
	const char *plant; /* the module with the bug to be planted, or NULL */
};

/*
 * Runs them until the conclusion has ended, or has failed. SIGINT and SIGTERM end the guest at
 * once; results so far are kept.
 */
void guests_run(const struct guests_ask *ask);

#endif
