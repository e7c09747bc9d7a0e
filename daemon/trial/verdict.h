/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_VERDICT_H
#define DADRACE_VERDICT_H

#include <stddef.h>

#include "base/exits.h"
#include "spec/campaign.h"
#include "trial/evidence.h"

/*
 * From evidence to verdict: pure, the same evidence always gives the same verdict.
 *
 * The order of the questions matters. First what no hole in our own evidence can excuse (the
 * kernel complained, something hung, references are missing), then whether our evidence has
 * holes (invalid), then whether anything was tried at all (missed); only what is left is clean.
 */
enum verdict {
	VERDICT_CLEAN, /* window opened, what was planned landed inside, references came back */
	VERDICT_LEAK,  /* references did not come back */
	VERDICT_HANG,  /* a flag set, down or unregister did not return */
	VERDICT_KERNEL_BUG, /* the kernel complained, or a count fell below its baseline */
	VERDICT_MISSED,	    /* nothing landed inside: proves nothing */
	VERDICT_INVALID,    /* our own evidence has holes */
	VERDICT_SKIPPED,    /* this kernel lacks something */
	VERDICTS,
};
extern const char *const verdict_names[];

struct judgement {
	enum verdict verdict;
	char object[32];    /* of a leak: which object, else "" */
	int64_t delta;	    /* of a leak: references over baseline, of that object */
	bool pinned;	    /* the unregister did not return: only a reboot frees the device */
	char reason[320];   /* one sentence */
	char signature[96]; /* of a fault: the same bug gives the same; else "" */
};

/*
 * A trial whose verdict says something about the kernel: neither missed, invalid nor skipped.
 */
bool verdict_valid(enum verdict verdict);
bool verdict_fault(enum verdict verdict);
/*
 * A trial in which a fault would have shown: a valid one, or a missed one whose references came
 * back. Rates of faults are of these: missed trials stay in the denominator, because a missed
 * trial that leaks counts as a hit.
 */
bool verdict_judged(enum verdict verdict);

/* Judges the objects that the campaign watches. */
void verdict_judge(const struct evidence *evidence, const struct campaign *campaign,
		   struct judgement *judgement);

/*
 * Whether references are missing in a trial that has been suspected of a leak and goes on; its
 * sentence, object and delta go into `suspicion`.
 */
bool verdict_suspects(const struct evidence *evidence, const struct campaign *campaign,
		      struct judgement *suspicion);

/*
 * What makes a trial invalid, and what makes it missed, number 0 and on, in the order of the
 * questions: a sentence without its end; NULL after the last.
 */
const char *verdict_invalid_sentence(uint32_t number);
const char *verdict_missed_sentence(uint32_t number);

/* --- the campaign --- */

enum campaign_verdict {
	CAMPAIGN_CLEAN,
	CAMPAIGN_FAULT,
	CAMPAIGN_INCONCLUSIVE,
	CAMPAIGN_SKIPPED,
	CAMPAIGN_VERDICTS,
};
extern const char *const campaign_verdict_names[];

/* What counts of one arm go into the campaign's verdict. */
struct arm_tally {
	uint32_t trials;
	bool explored; /* what it injects is drawn: much of it may not come about */
	uint32_t verdicts[VERDICTS];
};

/*
 * One fault makes `fault`. `clean` must be earned: the arm that injects most (race, else echo,
 * hold, control) has a valid trial, and at least nine in ten trials of every arm but `echo` are
 * valid. Those of the echo arm may well miss: without a hold the window is narrow. Of an arm
 * that is explored those that miss do not count.
 */
enum campaign_verdict verdict_campaign(const struct arm_tally arms[ARMS], char *reason,
				       size_t size);
enum exits verdict_exit(enum campaign_verdict verdict);

#endif
