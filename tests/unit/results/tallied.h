/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TALLIED_H
#define DADRACE_TALLIED_H

#include "results/tally.h"

/* Sums of trials of which only the arm and the verdict matter. */
struct tally *new_tally(enum arm *arms, uint32_t nr_arms);

struct judgement judged(enum verdict verdict, const char *reason);

struct judgement leak(const char *object, int64_t delta, bool pinned);

int add(struct tally *tally, uint32_t trial, enum arm arm, const struct judgement *judgement,
	const struct tally_finding **finding);

/* The next trials. */
void add_many(struct tally *tally, enum arm arm, uint32_t count,
	      const struct judgement *judgement);

#endif
