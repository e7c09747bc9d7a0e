/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_REPORT_RUNS_H
#define DADRACE_REPORT_RUNS_H

#include <stdio.h>

#include "results/merged.h"

/*
 * The findings of several runs, each told once: what has the same signature is
 * the same bug, whichever kernel, guest or campaign showed it. Then the verdict of each, and of
 * all of them.
 */
void report_runs(struct past *const *runs, uint32_t nr, const struct merged *merged, FILE *out);

#endif
