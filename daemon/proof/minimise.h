/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MINIMISE_H
#define DADRACE_MINIMISE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Minimising: which simpler trial is tried next, and which is the simplest that still shows the
 * fault. Pure.
 *
 *   FIRST ──lost──> GONE: the fault does not show again
 *     │ held
 *     v
 *   SEARCH: knob by knob, each towards plain ──> CONFIRM ──held──> DONE
 *                                                 ^   │ lost: the last kept step is undone
 *                                                 └───┘
 *
 * A trial is a row of knobs, turned in order. A knob is a list, whose elements are left out one
 * by one from the last to the first, or a number, which is lowered. Only its owner (simplify.h)
 * knows what a knob means; the owner runs the candidate and reports the answer.
 *
 * A candidate is held when at least MINIMISE_HITS (or the number asked for) of at most
 * MINIMISE_RUNS trials show the fault, the rule of syzkaller. It accepts a rate of 5% with a
 * probability of 1%, and a rate of 60% with 99%. The confirming run always has MINIMISE_RUNS
 * trials, so that its interval is that of a fixed number.
 *
 * There is one pass: an element that was needed once is assumed to stay needed.
 */
enum {
	MINIMISE_RUNS = 10,
	MINIMISE_HITS = 3,
	MINIMISE_KNOBS = 28,
	MINIMISE_ELEMENTS = 64, /* of a list */
	MINIMISE_KEPT = 64,	/* steps that can be taken back */
};

enum minimise_kind {
	MINIMISE_LIST,
	MINIMISE_NUMBER,
};

struct minimise_knob {
	enum minimise_kind kind;
	uint64_t start; /* of a list: a bit for each element */
	uint64_t least; /* of a number: not below */
	uint64_t plain; /* of a number: what it is where it makes no difference */
	/* worth trying before anything between; else it is taken to be too little */
	bool least_first;
	bool exact; /* to the last one, as counts are; else to within twice the threshold */
};

enum minimise_stage {
	MINIMISE_FIRST,
	MINIMISE_SEARCH,
	MINIMISE_CONFIRM,
	MINIMISE_DONE,
	MINIMISE_GONE,
};

enum minimise_answer {
	MINIMISE_HELD,
	MINIMISE_LOST,
	MINIMISE_SAME,	     /* not run: it is the very same trial, in fewer words */
	MINIMISE_IMPOSSIBLE, /* not run: there is no such trial */
};

struct minimise_point {
	uint64_t at[MINIMISE_KNOBS];
};

struct minimise {
	enum minimise_stage stage;
	bool cut; /* the search did not come to its end */
	uint32_t nr_knobs;
	struct minimise_knob knobs[MINIMISE_KNOBS];
	struct minimise_point best;	 /* the plainest that was held */
	struct minimise_point candidate; /* what is to be tried */
	uint32_t turned;		 /* SEARCH: the knob in which they differ */
	uint32_t element;		 /* of a list: elements that were not tried yet */
	uint64_t lost;			 /* of a number: the largest value that is too little */
	bool fresh;			 /* nothing was tried at this knob yet */
	struct minimise_point kept[MINIMISE_KEPT]; /* the oldest first */
	uint32_t nr_kept;
};

void minimise_begin(struct minimise *minimise, const struct minimise_knob *knobs, uint32_t nr);

/* Makes the candidate; false when there is nothing to try any more: DONE or GONE. */
bool minimise_next(struct minimise *minimise);

void minimise_tell(struct minimise *minimise, enum minimise_answer answer);

/* No more searching: what is best is confirmed. */
void minimise_enough(struct minimise *minimise);

#endif
