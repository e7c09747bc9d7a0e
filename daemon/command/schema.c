// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command/result_schema.h"
#include "command/command.h"
#include "base/exits.h"
#include "results/results.h"

static int run(int argc, char **argv)
{
	bool list = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return command_help(&command_schema);
		if (strcmp(argv[i], "--list-fields") != 0)
			return command_usage(&command_schema, "unknown argument \"%s\"",
					     argv[i]);
		list = true;
	}
	if (list)
		results_list_fields(stdout);
	if ((!list && results_schema(stdout)) || fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "dadrace schema: cannot write to standard output: %s\n",
			strerror(errno));
		return EXIT_INTERNAL;
	}
	return EXIT_CLEAN;
}

const struct command command_schema = {
	.name = "schema",
	.arguments = "[--list-fields]",
	.doc = "Prints the contract of the results: a JSON Schema, or every field in words",
	.help = "  --list-fields  name, type, unit and meaning of every field, for people\n"
		"\n"
		"A line of results.ndjson is one of campaign, trial, ledger, finding and "
		"summary, "
		"told apart by\n"
		"its member \"type\"; summary.json is the last line again. `dadrace watch "
		"--json` prints lines of\n"
		"the types entry, record and watch, `dadrace minimise --json` step and "
		"minimal.\n",
	.run = run,
};
