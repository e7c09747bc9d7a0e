/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMAND_RUN_H
#define DADRACE_COMMAND_RUN_H

#include <limits.h>
#include <stdbool.h>

#include "campaign.h"

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

/* "NUMBER" of an option, 1 or more. */
bool read_number(const char *text, uint32_t *number);

#endif
