/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXITS_H
#define DADRACE_EXITS_H

#include <stdbool.h>

/* Exit codes of every command; 4 is kselftest's "skip", 64 to 78 are those of sysexits.h. */
enum exits {
	EXIT_CLEAN = 0,
	EXIT_FAULT = 1,
	EXIT_INCONCLUSIVE = 3,
	EXIT_CANNOT = 4,
	EXIT_RESIDUE = 5,
	EXIT_USAGE = 64,
	EXIT_INTERNAL = 70,
	EXIT_BUSY = 75,
	EXIT_CONFIG = 78,
};

/* Whether a run's code says that it could not be made, instead of what it found. */
bool run_has_failed(enum exits code);

/* A code and what it says. Without a final full stop, as every `doc`. */
struct exit_row {
	int code;
	const char *name; /* NULL where a command tells what one of these means for it */
	const char *doc;  /* NULL ends the rows */
};

/* All of them, in ascending order. */
extern const struct exit_row exit_rows[];

#endif
