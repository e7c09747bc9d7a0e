/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_REPORT_H
#define DADRACE_REPORT_H

#include <stdio.h>

#include "results/reader.h"

/*
 * The report of a finding: plain text, ready to mail to people who have never heard of dadrace.
 *
 * What happened, on which kernel, the chronological sequence of events in both threads (of its
 * first trial in the arm that injects most), counts, how often and whether the race causes it,
 * and how to make it happen again: by a command, and by the spec itself.
 */

/*
 * The trial that tells a finding: the first of the arm that injects most; others may be
 * bystanders.
 */
const struct past_trial *report_trial(const struct past *past,
				      const struct tally_finding *finding);

/* "Trial 11"; of shards of an explorer "Trial 11 (trial 6 of FOLDER)", as replay takes it. */
struct report_name {
	char at[256];
};
struct report_name report_name(const struct past *past, const struct past_trial *trial);

/*
 * `number` is that of the finding, from 1 to past_summary()->nr_findings. 0 or -errno and the
 * sentence.
 */
int report_finding(const struct past *past, uint32_t number, FILE *out, struct why *why);

/* The same as a string, malloc'd; NULL with the sentence. */
char *report_finding_text(const struct past *past, uint32_t number, struct why *why);

/*
 * Writes the report of each finding to FOLDER/findings/NUMBER.txt. 0 or -errno and the
 * sentence.
 */
int report_all(const struct past *past, struct why *why);

#endif
