// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/exits.h"
#include "command/command.h"
#include "command/result_schema.h"
#include "results/results.h"

struct options {
	bool list_fields;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "list-fields", 0, OPTION_FLAG, OPTION_AT(struct options, list_fields),
	  .doc = "Print name, type, unit and meaning of every field, for people" },
	{ .name = NULL },
};
/* clang-format on */

static int run(const void *options)
{
	const struct options *o = options;

	if (o->list_fields)
		results_list_fields(stdout);
	if ((!o->list_fields && results_schema(stdout)) || fflush(stdout) == EOF ||
	    ferror(stdout)) {
		fprintf(stderr, "dadrace: standard output: %s\n", strerror(errno));
		return EXIT_INTERNAL;
	}
	return EXIT_CLEAN;
}

const struct command command_schema = {
	.name = "schema",
	.syntax = {
		.name = "dadrace schema",
		.doc = "Print the JSON Schema of the results, or describe every field",
		.about = "A line of results.ndjson has the type campaign, trial, ledger, finding or summary; summary.json is the last line again.\n"
			 "`dadrace watch --json` prints lines of the types entry, record and watch.\n"
			 "`dadrace minimise --json` prints lines of the types step and minimal.",
		.options = rows,
		.size = sizeof(struct options),
	},
	.run = run,
};
