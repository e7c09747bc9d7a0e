/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RESULTS_PARTS_H
#define DADRACE_RESULTS_PARTS_H

#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>

#include "results/ledger_line.h"
#include "results/results.h"

/*
 * The parts of the results, for their own files, each above those after it:
 *
 *   resume.c   opens what an earlier run has left unfinished
 *   results.c  opens and writes
 *   kept.c     what an earlier run wrote: of the same campaign? which trials?
 */
#define LINES_FILE   "results.ndjson"
#define SUMMARY_FILE "summary.json"
#define SUMMARY_NEW  "summary.json.new"

struct results {
	char *folder;
	int folder_fd;
	int lines_fd;
	struct syncer *syncer; /* of the lines; NULL: none is written yet */
	off_t kept_bytes;      /* of the lines: whole */
	uint32_t last_trial;   /* whose line is kept; 0: none yet */
	FILE *stream;	       /* NULL once it has failed */
	char id[128];
	char *first_line; /* an earlier run's; NULL: there was none */
	uint8_t *done;	  /* its trials: a bit each */
	uint32_t nr_done; /* bits that there is room for */
	struct told told;
	struct ledger_told ledger_told;
};

/* Gives new results their id, the campaign's name and this moment in front: the stem. */
enum { STEM_SIZE = 112 };
void results_name(struct results *results, const struct campaign *campaign,
		  char stem[STEM_SIZE]);

/*
 * What a run exits with that cannot open or write its results for this errno (positive). A
 * shortage or a full disk is no mistake of the user's; 0: the caller knows what it is.
 */
static inline enum exits results_exit_of(int err)
{
	bool is_short = why_short_of(err) || err == ENOSPC || err == EDQUOT || err == EIO;

	return is_short ? EXIT_INTERNAL : 0;
}

/* Whether a line of results is of this type. */
bool line_is(const char *line, const char *type);

/* The first line is there already: is it of the same campaign, on the same kernel? */
int results_begin_kept(struct results *results, const struct results_campaign *now,
		       struct why *why);
int results_check_kept(struct results *results, const char *line, struct why *why);

#endif
