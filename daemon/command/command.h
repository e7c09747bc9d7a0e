/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMAND_H
#define DADRACE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "base/why.h"

/*
 * One command of `dadrace`: a file NAME.c that ends in its own row; commands.c holds the table.
 *
 *   dadrace ctl --json submit a.yaml --every 24h
 *   \_____/ \________/ \_______________________/
 *   command    verb              its verb
 *
 * A command either runs or has verbs, which are commands; the program itself is one with verbs.
 * The struct that the syntax fills begins with struct option_rest where there are verbs: the
 * words that follow. A verb whose syntax has a parent goes on with that command's struct.
 */
struct command {
	const char *name;
	const char *alias; /* another spelling that is taken; NULL */
	struct syntax syntax;
	const struct command *const *verbs; /* end with NULL */
	/* Returns an exit code. With verbs: what the command does when none is given. */
	int (*run)(const void *options);
	/*
	 * What becomes of the exit code, also of that of a refused command line; NULL: itself.
	 */
	int (*exit_code)(const void *options, int code);
	bool internal; /* not for people */
};

extern const struct command command_dadrace; /* the program: all commands are its verbs */

extern const struct command command_run;
extern const struct command command_explore;
extern const struct command command_plan;
extern const struct command command_replay;
extern const struct command command_report;
extern const struct command command_minimise;
extern const struct command command_verify;
extern const struct command command_doctor;
extern const struct command command_inspect;
extern const struct command command_watch;
extern const struct command command_who;
extern const struct command command_schema;
extern const struct command command_clean;
extern const struct command command_ctl;
extern const struct command command_help;
extern const struct command command_version;
extern const struct command command_guest;   /* the guest's init */
extern const struct command command_headers; /* for building modules */

/*
 * Reads the command line (argv[0] is the command's own name) and runs what it says; the exit
 * code.
 */
int command_start(const struct command *command, int argc, char **argv);

/*
 * Says on stderr what is wrong with the command line, and where the help is; returns
 * EXIT_USAGE.
 */
__attribute__((format(printf, 2, 3))) int command_refuse(const struct command *command,
							 const char *format, ...);

/* The time of an option --for. 0, or what command_refuse() gives. */
int command_read_for(const struct command *command, const char *text, uint32_t *seconds);

/* Prints the sentence on stderr; returns the code that it was given, or else this one. */
int command_complain(const struct why *why, enum exits code);

/* Prints a sentence that does not end the command on stderr; "" prints nothing. */
void command_note(const struct why *note);

#endif
