// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/exits.h"
#include "command/command.h"
#include "command/result_schema.h"
#include "parse/campaign_schema.h"
#include "results/results.h"

enum form { FORM_RESULTS, FORM_FIELDS, FORM_CAMPAIGN };

struct options {
	int form;
};

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)
static const struct option_row rows[] = {
	{ "campaign", 0, OPTION_FORM, AT(form), .value = FORM_CAMPAIGN,
	  .doc = "Print the JSON Schema of campaign files instead, for editors" },
	{ "list-fields", 0, OPTION_FORM, AT(form), .value = FORM_FIELDS,
	  .doc = "Print name, type, unit and meaning of every field of the results, for people" },
	{ .name = NULL },
};
/* clang-format on */

static int print(enum form form)
{
	switch (form) {
	case FORM_RESULTS: return results_schema(stdout);
	case FORM_FIELDS: results_list_fields(stdout); break;
	case FORM_CAMPAIGN: return campaign_schema(stdout);
	}
	return 0;
}

static int run(const void *options)
{
	const struct options *o = options;

	if (print((enum form)o->form) || fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "dadrace: standard output: %s\n", strerror(errno));
		return EXIT_INTERNAL;
	}
	return EXIT_CLEAN;
}

const struct command command_schema = {
	.name = "schema",
	.syntax = {
		.name = "dadrace schema",
		.doc = "Print the JSON Schema of the results or of campaign files, or describe every field",
		.about = "A line of results.ndjson has the type campaign, trial, ledger, finding or summary; summary.json is the last line again.\n"
			 "`dadrace watch --json` prints lines of the types entry, record and watch.\n"
			 "`dadrace minimise --json` prints lines of the types step and minimal.",
		.options = rows,
		.size = sizeof(struct options),
	},
	.run = run,
};
