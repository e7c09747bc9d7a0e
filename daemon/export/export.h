/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPORT_H
#define DADRACE_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "results/reader.h"

/*
 * A run, written for another program. Pure: results are read, bytes are written. The formats
 * are the rows of formats.def; tap.c is what `run --tap` writes with, too.
 *
 * Each escapes foreign text by the rules of its format. None contains the kernel's command line
 * or a host name unless it is asked for, because such files are published.
 */
struct export_format {
	const char *name;
	const char *ending;
	const char *words; /* what it is */
	const char *media; /* as HTTP names it */
	/* 0 or -errno and the sentence. */
	int (*write)(const struct past *past, FILE *out, struct why *why);
	/* The same with both; NULL: the format has no place for them. */
	int (*write_with_host)(const struct past *past, FILE *out, struct why *why);
};

extern const struct export_format export_formats[]; /* end with a name that is NULL */

/* "html, junit ... or md"; `with_host`: of those that have a place for the host. */
struct export_names {
	char text[96];
};
struct export_names export_names(bool with_host);

/* NULL: there is no such format. */
const struct export_format *export_by_name(const char *name);

/* By the ending of a file; HTML for any that is not in the table. */
const struct export_format *export_by_ending(const char *path);

#endif
