/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RESULT_SCHEMA_H
#define DADRACE_RESULT_SCHEMA_H

#include <stdio.h>

/*
 * The JSON Schema of a line: one of campaign, trial, ledger, finding, summary; of a watch: entry, record,
 * watch; of minimise: step, minimal.
 */
int results_schema(FILE *out);
void results_list_fields(FILE *out);

#endif
