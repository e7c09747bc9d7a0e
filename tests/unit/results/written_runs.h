/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WRITTEN_RUNS_H
#define DADRACE_WRITTEN_RUNS_H

#include <stdio.h>

#include "results/merged.h"

/*
 * Results that a test writes, line by line, and reads back; each run has a folder of its own,
 * /tmp/TEST.XXXXXX.
 */
enum { WRITTEN_RUNS_MOST = 8 };

extern struct past *runs[WRITTEN_RUNS_MOST];
extern uint32_t nr_runs;

/* A folder for a run that is not read here; runs_remove() removes it. */
const char *run_folder(const char *test);

FILE *run_begin(const char *test);
void run_end(FILE *lines);
int runs_remove(void **state);

struct merged runs_merged(void);

#endif
