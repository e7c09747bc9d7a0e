/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_VERDICT_PARTS_H
#define DADRACE_VERDICT_PARTS_H

#include "trial/verdict.h"

/*
 * The parts of the verdict, for its own files.
 *
 *   verdict.c           the order of the questions, and what is clean
 *   verdict_faults.c    what shows a fault
 *   verdict_doubts.c    what makes a trial prove nothing: invalid or missed
 *   verdict_words.c     names and sentences
 *   verdict_campaign.c  from the trials' verdicts to the campaign's
 */
struct question {
	const struct evidence *e;
	const enum object *objects; /* that are watched */
	uint32_t nr_objects;
};

/* Sets the verdict and its sentence; true, for "this is it". */
__attribute__((format(printf, 3, 4))) bool
verdict_say(struct judgement *judgement, enum verdict verdict, const char *format, ...);

/* "references" or "entries", of so many. */
const char *verdict_things(enum object object, int64_t number);

/* Whether the trial shows a fault: kernel-bug, hang or leak. */
bool verdict_faulty(const struct question *question, struct judgement *judgement);

/* Whether the trial proves nothing: invalid, or else missed. */
bool verdict_doubted(const struct question *question, struct judgement *judgement);

#endif
