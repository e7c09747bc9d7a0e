/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PAST_H
#define DADRACE_PAST_H

#include <sys/types.h>

#include "base/fields.h"
#include "base/why.h"
#include "results/coverage.h"
#include "results/tally.h"
#include "spec/campaign.h"

/*
 * The past: results read back from their folder, for replay, verify and reports.
 *
 *   DIR/results.ndjson ──> campaign ──> as JSON, for campaign_spec() and campaign_text()
 *                      ├─> trials ────> tally ──> findings, rates, p-values
 *                      ├─> ledgers ───────^
 *                      └─> summary ───> what ended it
 *
 * Findings and sums are recomputed from the trials' lines, so a killed run reads like a
 * complete one. A torn last line is ignored. Unknown names are ignored, and a missing name has
 * the value it had before it was introduced: 0 or null.
 */
struct past;

struct past_trial {
	uint32_t number; /* in the past */
	uint32_t own;	 /* in its results */
	enum arm arm;
	enum verdict verdict;
	char signature[96]; /* "" : no fault */
	uint32_t part;	    /* whose file has its line */
	off_t at;	    /* where that begins */
};

struct past_ledger {
	uint32_t trial;
	uint32_t attempt; /* 0: of the trial itself */
	uint32_t part;
	off_t at; /* where its line begins */
};

/*
 * Errors are sentences: no results there (-ENOENT), another schema version or a broken line
 * (-EINVAL), -ENOMEM. The caller closes.
 */
int past_open(const char *folder, struct past **out, struct why *why);

/*
 * The same for the shards of one plan (merged_same_whole()), read as the run that they share:
 * the machine and the id are those of the first, and so is what ended it, unless another shard
 * is unfinished. The trials of an explorer's shards, which have the same numbers, get new ones:
 * trial T of shard I of N is (T - 1) N + I. The shards have to outlive it.
 */
struct merged;
int past_open_shards(struct past *const *runs, uint32_t nr, const struct merged *merged,
		     struct past **out, struct why *why);
void past_close(struct past *past);

/* All of these live as long as the past. */
const char *past_folder(const struct past *past);		     /* of shards: the first */
const char *past_folder_at(const struct past *past, uint32_t shard); /* NULL: no more */
const char *past_folder_of(const struct past *past, const struct past_trial *trial);
const json_t *past_campaign(const struct past *past); /* resolved */
const char *past_name(const struct past *past);	      /* of the campaign */
const char *past_kernel(const struct past *past);     /* its key `kernel`: NULL is "here" */
const json_t *past_machine(const struct past *past);
const char *past_release(const struct past *past); /* of the kernel that it ran on; or "?" */
uint64_t past_started_ms(const struct past *past); /* by the wall clock */
const struct summary *past_summary(const struct past *past);
const struct coverage *past_coverage(const struct past *past);

/* Whether trials have other numbers than in their results. */
bool past_renumbers(const struct past *past);

/* Why the results are not complete: "interrupted after 67 trials"; NULL: they are. */
const char *past_unfinished(const struct past *past);

/* It came to its end, its positive controls held, and it has trials. */
bool past_is_whole(const struct past *past);

/* Which trials of the plan it has; 1 of 1: all of them. */
struct shard past_shard(const struct past *past);

/* An empty tally for runs of this plan, and one with the trials of this run. */
int past_tally_new(const struct past *past, struct tally **out);
const struct tally *past_tally(const struct past *past);

const struct past_trial *past_trials(const struct past *past, uint32_t *nr);
const struct past_trial *past_trial(const struct past *past, uint32_t number); /* or NULL */

/* NULL: none was kept. */
const struct past_ledger *past_ledger(const struct past *past, uint32_t trial,
				      uint32_t attempt);

/*
 * The whole line of a trial, and of a ledger, with the trial's number in the past: a new
 * reference; NULL with the sentence.
 */
json_t *past_line(const struct past *past, const struct past_trial *trial, struct why *why);
json_t *past_ledger_line(const struct past *past, const struct past_ledger *ledger,
			 struct why *why);

/* The spec of a trial (parse/campaign_pinned.h), malloc'd; NULL with the sentence. */
char *past_spec(const struct past *past, const struct past_trial *trial, struct why *why);

/* The same with the order of a repeat of it, which has one of its own. */
char *past_spec_of_repeat(const struct past *past, const struct past_ledger *repeat,
			  struct why *why);

#endif
