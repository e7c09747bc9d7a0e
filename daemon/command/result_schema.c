// SPDX-License-Identifier: GPL-2.0-or-later
/* The schema of every line that dadrace writes. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "base/fields.h"
#include "command/result_schema.h"
#include "command/watch_view.h"
#include "proof/minimise_lines.h"
#include "results/ledger_line.h"
#include "results/lines.h"
#include "results/tally.h"

/* --- the contract --- */

/* clang-format off */
const struct result_line result_lines[] = {
	{ "campaign", &campaign_line_fields },
	{ "trial",    &trial_fields },
	{ "control",  &trial_fields },
	{ "ledger",   &ledger_fields },
	{ "finding",  &tally_finding_fields },
	{ "summary",  &summary_fields },
	{ "entry",    &watch_entry_fields },
	{ "record",   &watch_record_fields },
	{ "watch",    &watch_fields },
	{ "step",     &minimise_step_fields },
	{ "minimal",  &minimise_end_fields },
	{ NULL },
};
/* clang-format on */

/* One entry of oneOf, and what it refers to. */
static int schema_add(json_t *any, json_t *definitions, const char *type, json_t *schema)
{
	char place[64];

	/* It is stated once, at the top. */
	json_object_del(schema, "$schema");
	snprintf(place, sizeof(place), "#/$defs/%s", type);
	if (json_object_set_new(definitions, type, schema) ||
	    json_array_append_new(any, json_pack("{ss}", "$ref", place)))
		return -ENOMEM;
	return 0;
}

int results_schema(FILE *out)
{
	json_t *any = json_array(), *definitions = json_object();
	json_auto_t *schema = json_pack(
		"{ss ss ss so so}", "$schema", "https://json-schema.org/draft/2020-12/schema",
		"title", "dadrace results", "description",
		"A line of results.ndjson: campaign, control..., trial..., ledger..., finding..., summary; summary.json is the last one. Or of `dadrace watch --json`: entry... (--records: record...), watch. Or of `dadrace minimise --json`: step..., minimal",
		"oneOf", any, "$defs", definitions);

	if (!schema)
		return -ENOMEM;
	for (const struct result_line *line = result_lines; line->type; line++)
		if (schema_add(any, definitions, line->type,
			       fields_line_schema(line->fields, line->type)))
			return -ENOMEM;
	if (json_dumpf(schema, out, JSON_INDENT(2)) || fputc('\n', out) == EOF || fflush(out))
		return -EIO;
	return 0;
}

void results_list_fields(FILE *out)
{
	for (const struct result_line *line = result_lines; line->type; line++) {
		fprintf(out, "%s%s: %s.\n", line == result_lines ? "" : "\n", line->type,
			line->fields->doc);
		fields_list(line->fields, "", out);
	}
}
