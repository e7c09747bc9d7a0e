/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RESULT_SCHEMA_H
#define DADRACE_RESULT_SCHEMA_H

#include <stdio.h>

#include "base/fields.h"

/* Every type of line that is written, with its fields. */
struct result_line {
	const char *type;
	const struct fields *fields;
};
extern const struct result_line result_lines[]; /* ends with a row whose type is NULL */

/*
 * The JSON Schema of a line: one of campaign, trial, ledger, finding, summary; of a watch:
 * entry, record, watch; of minimise: step, minimal.
 */
int results_schema(FILE *out);
void results_list_fields(FILE *out);

#endif
