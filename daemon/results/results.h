/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RESULTS_H
#define DADRACE_RESULTS_H

#include <stdio.h>

#include "machine/machine.h"
#include "results/tally.h"
#include "spec/campaign.h"
#include "trial/evidence.h"
#include "trial/verdict.h"

/*
 * The results of one campaign, on disk and on a stream.
 *
 *   DIR/results.ndjson   campaign, control..., trial..., ledger..., finding..., summary: a JSON
 *                        object each
 *   DIR/summary.json     the last line again, indented; written to a temporary name and renamed
 *
 * A campaign that could not be started leaves only a summary, which says why; the next run may
 * use its folder.
 *
 * A line is written at once, so that a killed process loses at most the trial in hand; what a
 * power cut can lose are the lines of the last sync, which no trial waits for. A fault is the
 * exception: its line, with all before it, is durable before anybody is told. So are the first
 * line and, with all lines, the summary. A reader must accept one torn last line.
 */
enum { RESULTS_SCHEMA_VERSION = 3 };

/* The specification of a trial, as the trial's line and `dadrace plan --json` give it. */
extern const struct fields spec_fields;

struct results;

struct results_hook {
	const char *probe;
	enum tier tier;
	const char *function; /* NULL: by tracepoint or not at all */
	const char *note;     /* what else there is to say, or NULL */
};

/* The first line. */
struct results_campaign {
	uint32_t schema_version;
	const char *id; /* made by results_open: name, start time, random */
	const char *dadrace_version;
	uint64_t seed;
	struct shard shard;
	uint64_t started_unix_ms;
	struct machine machine;
	const struct results_hook *hooks;
	uint32_t nr_hooks;
	struct campaign campaign;
};

/*
 * Opens (creates) the folder; NULL makes results/<name>-<UTC time> below the working directory.
 * A folder that already holds results is refused (-EEXIST). `stream`, when not NULL, gets every
 * line too.
 */
int results_open(const char *folder, const struct campaign *campaign, FILE *stream,
		 struct results **out, struct why *why);

/*
 * Continues a folder that an earlier run of the same campaign left unfinished: killed, or ended
 * by a signal or an error. Its trials are kept and not run again (results_has()); a torn last
 * line, findings and the summary are cut off and written again. -EALREADY: the campaign had
 * ended. A folder without results is opened as by results_open().
 */
int results_open_again(const char *folder, const struct campaign *campaign, FILE *stream,
		       struct results **out, struct why *why);

/* Whether a campaign that was ended by this (summary.ended_by) is not resumed. */
bool results_ends_for_good(const char *by);

struct ledger_line; /* results/ledger_line.h */

/*
 * Receives what is kept; 0, or a negative errno, which stops the replay. A spec that was kept
 * has its order in words only, so no holds: the plan makes it whole.
 */
struct results_kept {
	int (*trial)(struct evidence *evidence, const struct judgement *judgement, void *arg);
	int (*control)(struct evidence *evidence, const struct judgement *judgement, void *arg);
	int (*ledger)(const struct ledger_line *line, void *arg);
	void *arg;
};

/*
 * Reports each kept trial, control and ledger, as far as sums need it; from then on
 * results_has() knows the trial. `evidence` is lent by the caller. 0, or -EINVAL with the
 * line that is not understood.
 */
int results_replay(struct results *results, struct evidence *evidence,
		   const struct results_kept *kept, struct why *why);

/* The first line of the results in a folder, malloc'd; NULL: there is none. */
char *results_first_line(const char *folder);

/* The first line of an earlier run, which this one goes on with; NULL: there was none. */
const char *results_kept_line(const struct results *results);

/* Whether the trial's line was kept from an earlier run. */
bool results_has(const struct results *results, uint32_t trial);

/* Writes the first line: what is run, and where. Every other line comes after it. */
int results_begin(struct results *results, const struct campaign *campaign,
		  const struct machine *machine, const struct results_hook *hooks,
		  uint32_t nr_hooks, struct why *why);

/*
 * The same with a line that was made elsewhere (by a guest); its id becomes that of the
 * results.
 */
int results_begin_line(struct results *results, const char *line, const char *id,
		       struct why *why);

const char *results_folder(const struct results *results);
const char *results_id(const struct results *results);

/*
 * Each writes one line; that of a fault is durable when it returns. -ENOSPC and its like, with
 * the file and what was kept: also the error of a sync that an earlier line has asked for.
 */
int results_trial(struct results *results, const struct evidence *evidence,
		  const struct judgement *judgement, struct why *why);
/* Writes a trial's line that was made elsewhere (by a guest), newline included, as it is. */
int results_trial_line(struct results *results, const char *line, uint32_t trial,
		       const struct judgement *judgement, struct why *why);

/* The trial of a control: the fields of a trial, as a line of its own type. */
int results_control(struct results *results, const struct evidence *evidence,
		    const struct judgement *judgement, struct why *why);
int results_control_line(struct results *results, const char *line, struct why *why);

int results_ledger(struct results *results, const struct ledger_line *line, struct why *why);
int results_ledger_line(struct results *results, const char *line, struct why *why);

int results_finding(struct results *results, const struct tally_finding *finding,
		    struct why *why);
int results_summary(struct results *results, const struct summary *summary, struct why *why);

void results_close(struct results *results);

#endif
