/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMAND_RUN_H
#define DADRACE_COMMAND_RUN_H

#include <limits.h>
#include <stdbool.h>

#include "parse/campaign.h"
#include "results/reader.h"

/*
 * A campaign run as `dadrace run` does it, here or (with its key `kernel`) in guests, for the commands
 * that make campaigns: replay and verify.
 */
struct run_ask {
	const struct campaign *campaign;
	const char *out; /* folder of the results; NULL: results/NAME-TIME */
	bool json, quiet, force;
};

/*
 * Returns the exit code of the run, after its sentences. `folder` is that of the results, "" when it
 * did not come so far.
 */
int run_campaign(const struct run_ask *ask, char folder[PATH_MAX]);

/* Whether such an exit code says that the run could not be made, instead of what it found. */
bool run_has_failed(int code);

/* What such a command runs. */
struct run_source {
	const char *text;	 /* a spec, or the campaign of results */
	const char *name;	 /* of the text, in sentences; without one: the file */
	const char *kernel;	 /* NULL: the running one */
	const char *modules;	 /* or NULL */
	const char *const *sets; /* after those two, as --set has them */
	size_t nr_sets;		 /* at most RUN_SETS_MAX */
};
enum { RUN_SETS_MAX = 64 };
int run_load(const struct run_source *source, struct campaign **campaign, struct why *why);

/* KEY="TEXT" for campaign_load(), TEXT escaped, or KEY=null. malloc'd; NULL without memory. */
char *run_set_text(const char *key, const char *text);

/* The kernel that --kernel asks for: NULL for "here", and that of the past when it was not given. */
const char *run_kernel(const char *option, const struct past *past);

/* "NUMBER" of an option, 1 or more. */
bool read_number(const char *text, uint32_t *number);

#endif
