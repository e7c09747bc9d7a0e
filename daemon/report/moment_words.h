/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MOMENT_TEXT_H
#define DADRACE_MOMENT_TEXT_H

#include <stdio.h>

#include "results/lines.h"

/*
 * What is said about a moment of a trial, in reports and in pictures: one table, so that both say the
 * same. Thread I is the bring-up, thread II the packet, as the seed's list of events has them.
 */
struct moment_text {
	const char *thread;  /* "I", "II", "" (neither); NULL: that of a hold of the order */
	const char *words;   /* a sentence without its end */
	const char *brief;   /* a word or two, for a picture */
	const char *counted; /* what its sequence counts: "echo", "probe", "answer" */
};

/* `kind` is below MOMENTS. */
const struct moment_text *moment_text(enum moment_kind kind);

/* What its value says, after the words: ": fails, EADDRNOTAVAIL", " (table 255)", or nothing. */
void moment_print_value(const struct moment_told *moment, FILE *out);

#endif
