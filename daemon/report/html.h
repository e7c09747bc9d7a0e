/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_REPORT_HTML_H
#define DADRACE_REPORT_HTML_H

#include <stdio.h>

#include "results/reader.h"

/*
 * The report of a run as one HTML file: what was run, the verdict, rates per arm with
 * intervals, each finding with its trial drawn as the race it was, and a few other trials to
 * compare it with.
 *
 * It needs nothing beside it: no script, no other file, no address. Whatever comes from the
 * results is escaped, and the file forbids scripts to itself.
 */

/* 0 or -errno and the sentence. */
int report_html(const struct past *past, FILE *out, struct why *why);

#endif
