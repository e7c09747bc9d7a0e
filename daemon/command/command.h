/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMAND_H
#define DADRACE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/why.h"

/*
 * One command of `dadrace`: a file command_NAME.c that ends in its own row; dadrace.c holds the
 * table. `run` gets argv from the command's own name on and returns an exit code (exits.h).
 */
struct command {
	const char *name;
	const char *arguments; /* for the usage line: "CAMPAIGN [--out DIR] ..." */
	const char *doc;       /* one sentence, for the list of commands */
	const char *help;      /* the rest of --help: options with their meaning */
	int (*run)(int argc, char **argv);
};

extern const struct command command_run;
extern const struct command command_plan;
extern const struct command command_replay;
extern const struct command command_report;
extern const struct command command_verify;
extern const struct command command_doctor;
extern const struct command command_inspect;
extern const struct command command_minimise;
extern const struct command command_watch;
extern const struct command command_schema;
extern const struct command command_clean;
extern const struct command command_ctl;
extern const struct command command_guest;   /* not listed: the guest's init */
extern const struct command command_headers; /* not listed: for building modules */

/* Prints usage and help of a command on stdout; returns EXIT_CLEAN. */
int command_help(const struct command *command);

/* Prints the sentence and the way to the help on stderr; returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int command_usage(const struct command *command,
							const char *format, ...);

/* Prints the sentence on stderr; returns the exit code that is given. */
int command_complain(const struct why *why, int code);

/* "NUMBER" of an option, 1 or more. */
bool read_number(const char *text, uint32_t *number);

#endif
