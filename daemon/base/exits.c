// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "base/exits.h"

/* clang-format off */
const struct exit_row exit_rows[] = {
	{ EXIT_CLEAN,	     "clean",	     "no fault was found" },
	{ EXIT_FAULT,	     "fault",	     "a fault was found" },
	{ EXIT_INCONCLUSIVE, "inconclusive", "too few valid trials to tell" },
	{ EXIT_CANNOT,	     "cannot",	     "this machine or this user cannot run it; the message names what is missing" },
	{ EXIT_RESIDUE,	     "residue",	     "something was left behind that could not be undone; see `dadrace clean`" },
	{ EXIT_USAGE,	     "usage",	     "the command line is wrong" },
	{ EXIT_INTERNAL,     "internal",     "dadrace itself failed" },
	{ EXIT_BUSY,	     "busy",	     "another run holds the machine, or an earlier leak has marked it dirty" },
	{ EXIT_CONFIG,	     "config",	     "a campaign, configuration or results file is wrong or unreadable" },
	{ .doc = NULL },
};
/* clang-format on */
