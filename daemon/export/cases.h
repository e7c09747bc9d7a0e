/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPORT_CASES_H
#define DADRACE_EXPORT_CASES_H

#include "results/finding_words.h"
#include "results/reader.h"

/*
 * A run as test cases, the same in every format that knows them: first the campaign with its
 * verdict, then each finding, which is a failure. Verdicts are those of the summary.
 */
struct export_case {
	char name[160]; /* letters, digits and "_.-" only */
	enum campaign_verdict verdict;
	struct finding_text text; /* foreign: to be escaped */
};

/* Whatever a name must not have becomes "_". */
void export_make_plain(char *name);

uint32_t export_nr_cases(const struct past *past);
void export_case(const struct past *past, uint32_t number, struct export_case *out);

#endif
