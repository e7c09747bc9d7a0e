/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_PROGRESS_PARTS_H
#define DADRACE_RUN_PROGRESS_PARTS_H

#include <stdint.h>

#include "base/text.h"
#include "results/finding_words.h"
#include "run/progress.h"

/*
 * The parts of the progress, for their own files: progress.c says what happens while a campaign
 * runs, progress_end.c how it has ended, for people and for programs.
 */
enum { PROGRESS_COLUMNS = 96, PROGRESS_LINE = 512 };

struct progress {
	enum progress_style style;
	FILE *out;
	bool on_terminal;
	bool in_colour;
	bool is_drawn; /* a progress line is on the terminal */
	bool has_begun;

	char *name;    /* of the campaign */
	char *planted; /* NULL: nothing */
	bool arms[ARMS];
	struct shard shard;
	uint32_t lanes;
	uint32_t stop_trials, stop_seconds, stop_findings, stop_valid;
	bool stop_decided;

	/* The rate is counted from the first update on. */
	uint64_t first_ns;
	uint32_t first_trials;
	uint64_t drawn_ns;
};

/* "s", or "" for one. */
static inline const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static inline void print_wrapped(FILE *out, const char *words)
{
	finding_print_wrapped(out, words, PROGRESS_COLUMNS);
}

/* The end for people: tables, findings, verdict, what to do next. */
void progress_table(const struct progress *progress, const struct summary *summary,
		    const struct results *results);

/* The end as TAP. */
void progress_tap(const struct progress *progress, const struct summary *summary,
		  const struct results *results, const char *failure);

#endif
