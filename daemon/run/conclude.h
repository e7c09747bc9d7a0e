/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_CONCLUDE_H
#define DADRACE_RUN_CONCLUDE_H

#include "base/why.h"
#include "explore/explore.h"
#include "results/results.h"
#include "results/tally.h"
#include "run/places.h"
#include "run/progress.h"
#include "run/repeats.h"

/*
 * What a campaign adds up to and how it ends: the same on the host and in guests.
 *
 *   conclude_new
 *   conclude_resume   trials of the run before
 *   conclude_plan     explorer
 *   conclude_begin    first line
 *   conclude_control  the trial with a reference that was held on purpose
 *   conclude_trial    tally, results, progress; conclude_ledger likewise
 *   conclude_end      findings, summary, verdict, exit code
 *
 * Whatever goes wrong on the way is told to conclude_fail(); conclude_end() leaves a summary in
 * any case but one: what was to be resumed and could not stays as it is, to be resumed later. A
 * campaign that did not come as far as its first line leaves nothing else.
 */
struct conclusion {
	const struct campaign *campaign; /* as asked; from conclude_plan() on with its places */
	struct run_places places;	 /* of an explorer; filled in before conclude_plan() */
	struct explorer *explorer;	 /* NULL until conclude_plan() */
	struct results *results;	 /* NULL: those of scouts, or another campaign's */
	json_t *machine;		 /* of the first line; NULL: there is none yet */
	struct progress *progress;
	struct tally *tally;
	struct suspects suspects;
	bool resumes;	      /* the results are those of an earlier run, or may be */
	uint32_t stuck;	      /* lanes whose unregister never returned */
	bool control_works;   /* a reference that was held on purpose was judged a leak */
	uint32_t blind;	      /* controls that have failed since one has worked */
	uint64_t started_ns;  /* 0: its trials have not begun */
	uint64_t kept_ns;     /* that the trials of an earlier run took */
	const char *ended_by; /* as in the summary; NULL: it goes on */
	bool failed;	      /* `why` has the sentence and the code */
	struct why why;
	struct why residue; /* what of a real device is not as it was found; "": nothing */
	struct campaign planned;
};

/* `results` and `progress` stay the caller's; scouts have no results. -ENOMEM. */
int conclude_new(const struct campaign *campaign, struct results *results,
		 struct progress *progress, struct conclusion **out);
void conclude_free(struct conclusion *c);

/*
 * Adds up the trials that an earlier run has left in the results, if there was one, and plans
 * as it did. `repeats`: this process repeats what leaked, so that leaks without a final ledger
 * are suspects again. False: it has failed.
 */
bool conclude_resume(struct conclusion *c, bool repeats);

/* From here on trials can be planned. False: it has failed. */
bool conclude_plan(struct conclusion *c);

/* Writes the first line, on the host or as a guest has sent it. False: it has failed. */
bool conclude_begin(struct conclusion *c, const struct results_hook *hooks, uint32_t nr_hooks);
bool conclude_begin_line(struct conclusion *c, json_t *line);

/* Its trials begin: the time counts from here, that of kept ones included. */
void conclude_start(struct conclusion *c);

/*
 * Adds one trial or ledger up, keeps it and tells it. `line`: as a guest has sent it; NULL: it
 * is written here. False: it has failed.
 */
bool conclude_trial(struct conclusion *c, struct evidence *evidence,
		    const struct judgement *judgement, const char *line);
bool conclude_ledger(struct conclusion *c, const struct ledger_line *ledger, const char *line);

/*
 * The trial in which one reference was held on purpose: kept, and in no sum. It has to be
 * judged a leak of that reference; otherwise it is a control that has failed. False: the
 * results have failed.
 */
bool conclude_control(struct conclusion *c, const struct evidence *evidence,
		      const struct judgement *judgement, const char *line);

/* A control has failed: the sentence says what was taken and what was seen. Some end it. */
void conclude_blind(struct conclusion *c, const struct why *why);

/* Whether the campaign has ended; ends it when what it has found, or is sure of, is enough. */
bool conclude_ended(struct conclusion *c);

/* Ends it; the first that does is told. */
void conclude_stop(struct conclusion *c, const char *by);

/* Ends it with the failure; the first failure is told. */
void conclude_fail(struct conclusion *c, const struct why *why);

/* A real device is not as it was found, whatever the verdict. */
void conclude_residue(struct conclusion *c, const struct why *why);

/* Writes findings and summary, tells people, and returns the exit code. Not for scouts. */
enum exits conclude_end(struct conclusion *c);

#endif
