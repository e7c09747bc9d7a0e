/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPORT_H
#define DADRACE_EXPORT_H

#include <stdio.h>

#include "results/reader.h"

/*
 * A run, written for another program. Pure: results are read, text is written.
 *
 *   name      ending         written by
 *   html      (any other)    report/html.c
 *   junit     .xml           junit.c
 *   kcidb     kcidb.json     kcidb.c
 *   trace     trace.json     trace.c
 *   tap       .tap           tap.c, which `run --tap` writes with, too
 *   lava      .lava          lines.c
 *   tmt       .yaml          lines.c
 *   md        .md            markdown.c
 *
 * Each escapes foreign text by the rules of its format. None contains the kernel's command line
 * or a host name unless it is asked for, because such files are published.
 */
struct export_format {
	const char *name;
	const char *ending;
	const char *media; /* as HTTP names it */
	/* 0 or -errno and the sentence. */
	int (*write)(const struct past *past, FILE *out, struct why *why);
	/* The same with both; NULL: the format has no place for them. */
	int (*write_with_host)(const struct past *past, FILE *out, struct why *why);
};

extern const struct export_format export_formats[]; /* end with a name that is NULL */

/* "html, junit ... or md". */
struct export_names {
	char text[96];
};
struct export_names export_names(void);

/* NULL: there is no such format. */
const struct export_format *export_by_name(const char *name);

/* By the ending of a file; HTML for any that is not in the table. */
const struct export_format *export_by_ending(const char *path);

#endif
