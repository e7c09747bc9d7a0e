/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_PROGRESS_H
#define DADRACE_RUN_PROGRESS_H

#include <stdio.h>

#include "results/results.h"
#include "results/tally.h"
#include "spec/campaign.h"

/*
 * What people see while a campaign runs, and at its end. All of it goes to `out` (stderr when
 * JSON is streamed on stdout): a line that redraws itself on a terminal, a plain line every few
 * seconds elsewhere; colour only on a terminal without NO_COLOR.
 */
enum progress_style {
	PROGRESS_QUIET,
	PROGRESS_PEOPLE,
	PROGRESS_TAP, /* TAP 13 on stdout, for kselftest and netdev CI: one test per arm */
};

struct progress;

int progress_new(enum progress_style style, FILE *out, const struct campaign *campaign,
		 struct progress **out_progress);
void progress_free(struct progress *progress);

/* The first lines: campaign, lanes, how the window is hooked, where results go. */
void progress_begin(struct progress *progress, const struct results *results,
		    const struct results_hook *hooks, uint32_t nr_hooks);

/* How a step of the order is hooked; `hook` has a note. */
void progress_step(struct progress *progress, const struct results_hook *hook);

/* After each trial and each second; draws at most ten times a second. `now_ns` is monotonic. */
void progress_update(struct progress *progress, const struct tally *tally, uint64_t now_ns);

/* A finding or a warning: printed above the progress line. */
void progress_say(struct progress *progress, const char *sentence);

/* References that are missing in a trial that goes on, likewise. */
void progress_suspicion(struct progress *progress, const struct evidence *evidence,
			const struct judgement *suspicion);

/* The first trial of a new finding, as such a sentence. */
void progress_finding(struct progress *progress, const struct evidence *evidence,
		      const struct judgement *judgement);

/* A repeat with the ledger, likewise; a trial's own ledger is not told. */
void progress_ledger(struct progress *progress, const struct ledger_line *line);

/*
 * The table per arm, findings, verdict, where the results are and what to do next. `failure`:
 * why the campaign could not be run to its end; NULL: it was. It is said once, by
 * progress_fail().
 */
void progress_end(struct progress *progress, const struct summary *summary,
		  const struct results *results, const char *failure);

/* Why a campaign does not begin: on standard error in each style, and as TAP on its output. */
void progress_refuse(struct progress *progress, enum exits code, const char *sentence);

/* An error, on standard error in each style. */
void progress_fail(struct progress *progress, const char *sentence);

/* That so many findings have a report in the folder of the results. */
void progress_reports(struct progress *progress, const char *folder, uint32_t nr);

#endif
