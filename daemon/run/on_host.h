/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_ON_HOST_H
#define DADRACE_RUN_ON_HOST_H

#include "ledger/digest.h"
#include "loader/probes.h"
#include "run/conclude.h"

/*
 * The runner: the trials of one campaign on this kernel, from the first to the last.
 *
 *   plan ──> idle lane ──> trial ──> evidence (+ kernel log, missed probes) ──> verdict
 *              ^                                                                  │
 *              └───── same lane, or a fresh one after a fault <── results, tally ─┘
 *
 * A trial that leaks is repeated with the ledger (repeats.h), in a lane that takes the place of
 * the one that was spent; also when the campaign has ended meanwhile, unless a signal or an
 * error ended it. Repeats are in no sum: they have lines of their own.
 *
 * One thread, one loop; every lane is a process of its own, so a lane that settles, confirms a
 * leak or hangs holds up no other. SIGINT and SIGTERM end after the trials in hand, a second
 * one ends at once; either way results are kept and nothing is left behind.
 */
struct runner_ask {
	struct conclusion *conclusion; /* planned; it may know trials before the first */
	struct probes *probes;
	const struct driver *driver; /* of the device under test */
	uint32_t first;		     /* trial of the plan to begin with; 1 is the first */
	bool keep;		     /* named namespaces that stay */
	/*
	 * NULL, or who is told of each trial and its digests (DIGEST_OBJECTS of them) instead
	 * of the conclusion, which then adds up nothing. False: that was the last one.
	 */
	bool (*scouted)(const struct evidence *evidence, const struct judgement *judgement,
			const struct digest *digest, void *arg);
	/* What such a trial is to do, and whether with a ledger, where the campaign has one. */
	bool (*scouts)(struct trial_spec *spec, void *arg);
	void *arg;
	const char *ledgered; /* signatures, with commas, that are not repeated; NULL: none */
};

/* Runs them until the conclusion has ended, or has failed. */
void runner_run(const struct runner_ask *ask);

#endif
