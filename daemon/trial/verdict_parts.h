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
 *   verdict_late.c      what came back by itself after it was missing
 *   verdict_words.c     names and sentences
 *   verdict_campaign.c  from the trials' verdicts to the campaign's
 */
struct verdict_question {
	const struct evidence *e;
	const struct campaign *campaign;
	const enum object *objects; /* that are watched */
	uint32_t nr_objects;
};

struct verdict_question verdict_question(const struct evidence *evidence,
					 const struct campaign *campaign);

/* Sets the verdict and its sentence; true, for "this is it". */
__attribute__((format(printf, 3, 4))) bool
verdict_say(struct judgement *judgement, enum verdict verdict, const char *format, ...);

/* The signature of the fault that it is. */
void verdict_sign(struct judgement *judgement, const char *what);

/* "references" or "entries", of so many. */
const char *verdict_things(enum object object, int64_t number);

/* Whether the trial shows a fault: kernel-bug, hang or leak. */
bool verdict_faulty(const struct verdict_question *question, struct judgement *judgement);

/*
 * What came back by itself after a leak was suspected, and when, as a sentence; false: nothing
 * did. The device is named first: it is what unregistering waits for.
 */
bool verdict_late(const struct verdict_question *question, char *sentence, size_t size);
/* Whether all that was missing of this object did so. */
bool verdict_came_back_late(const struct evidence *evidence, enum object object);
/* How much of it came back after the suspicion and before the last look. */
int64_t verdict_back_before(const struct evidence *evidence, enum object object);
/* Whether that is a leak: the campaign says so. */
bool verdict_late_leaked(const struct verdict_question *question, struct judgement *judgement);

/* Whether the trial proves nothing: invalid, or else missed. */
bool verdict_doubted(const struct verdict_question *question, struct judgement *judgement);

#endif
