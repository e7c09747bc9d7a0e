// SPDX-License-Identifier: GPL-2.0-or-later
/* `dadrace` itself, and the table of its commands. */
#include "command/command.h"

#include <stdio.h>

#include "base/exits.h"

struct options {
	struct option_rest words;
	bool version; /* what is run without words */
};

/* clang-format off */
static const struct command *const commands[] = {
	&command_run, &command_explore, &command_plan, &command_replay, &command_report, &command_minimise, &command_verify,
	&command_doctor, &command_inspect, &command_watch, &command_who, &command_schema, &command_clean, &command_ctl,
	&command_help, &command_version, &command_guest, &command_headers, NULL,
};

static const struct option_row rows[] = {
	{ "version", 'V', OPTION_FLAG, OPTION_AT(struct options, version), .instead = true, .doc = "Show the version" },
	{ .name = NULL },
};
static const struct operand_row operands[] = {
	{ "COMMAND", OPTION_REST, OPTION_AT(struct options, words), true },
	{ .name = NULL },
};
/* clang-format on */

static int show_version(const void *options)
{
	(void)options;
	puts("dadrace " DADRACE_VERSION);
	return EXIT_CLEAN;
}

const struct command command_version = {
	.name = "version",
	.syntax = {
		.name = "dadrace version",
		.doc = "Show the version",
	},
	.run = show_version,
};

const struct command command_dadrace = {
	.name = "dadrace",
	.syntax = {
		.name = "dadrace",
		.doc = "Find reference leaks in the race windows of IPv6 Duplicate Address Detection",
		.options = rows,
		.operands = operands,
		.exits = exit_rows,
		.size = sizeof(struct options),
		.passes_on = true,
	},
	.verbs = commands,
	.run = show_version,
};
