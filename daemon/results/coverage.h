/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COVERAGE_H
#define DADRACE_COVERAGE_H

#include "results/lines.h"

/*
 * What was tried: for each direction, target and message the trials that sent it, and those of
 * them that prove something about the window. Pure.
 */
struct coverage_cell {
	uint32_t trials; /* in which it was sent */
	uint32_t inside; /* of them: valid, with a packet inside the window */
	uint32_t faults; /* of those inside */
};

struct coverage {
	struct coverage_cell of[DIRECTIONS][TARGETS][MESSAGES];
};

void coverage_add(struct coverage *coverage, const struct trial_line *trial);

#endif
