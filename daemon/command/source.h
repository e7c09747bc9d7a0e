/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMAND_SOURCE_H
#define DADRACE_COMMAND_SOURCE_H

#include <stddef.h>

#include "base/options.h"
#include "parse/campaign.h"
#include "results/reader.h"

/* What replay, verify and minimise run: a spec or a campaign, on a kernel of their choice. */
struct run_source {
	const char *text;	 /* a spec, or the campaign of results */
	const char *name;	 /* of the text, in sentences; without one: the file */
	const char *kernel;	 /* NULL: the running one */
	const char *modules;	 /* or NULL */
	const char *const *sets; /* after those two, as --set has them */
	size_t nr_sets;		 /* at most RUN_SETS_MAX */
};
enum { RUN_SETS_OURS = 12, RUN_SETS_MAX = OPTION_TEXTS_MAX + RUN_SETS_OURS };
int run_load(const struct run_source *source, struct campaign **campaign, struct why *why);

/* KEY="TEXT" for campaign_load(), TEXT escaped, or KEY=null. malloc'd; NULL without memory. */
char *run_set_text(const char *key, const char *text);

/* KEY=["TEXT", ...] of an option that may be given more than once. */
char *run_set_texts(const char *key, const struct option_texts *texts);

/*
 * The kernel that --kernel asks for: NULL for "here", and that of the past when it was not
 * given.
 */
const char *run_kernel(const char *option, const struct past *past);

#endif
