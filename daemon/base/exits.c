// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "base/exits.h"

/* clang-format off */
const struct exit_row exit_rows[] = {
	{ EXIT_CLEAN,	     "clean",	     "No fault was found" },
	{ EXIT_FAULT,	     "fault",	     "A fault was found" },
	{ EXIT_INCONCLUSIVE, "inconclusive", "Inconclusive: too few valid trials, no race arm, no positive control, or interrupted" },
	{ EXIT_CANNOT,	     "cannot",	     "This machine, kernel or user cannot run it; the message names what is missing" },
	{ EXIT_RESIDUE,	     "residue",	     "Something could not be undone; see `dadrace clean`" },
	{ EXIT_USAGE,	     "usage",	     "The command line is wrong" },
	{ EXIT_INTERNAL,     "internal",     "dadrace itself failed" },
	{ EXIT_BUSY,	     "busy",	     "Another run is in progress, or the machine is marked dirty" },
	{ EXIT_CONFIG,	     "config",	     "A campaign, configuration or results file is wrong or cannot be read" },
	{ .doc = NULL },
};
/* clang-format on */

bool run_has_failed(enum exits code)
{
	return code >= EXIT_CANNOT && code != EXIT_RESIDUE;
}
