/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MERGED_EXPLORED_H
#define DADRACE_MERGED_EXPLORED_H

#include "results/reader.h"

/* What the explorers of several runs have seen together, each thing once. */
struct merged_explored {
	uint32_t features;
	uint32_t places; /* where a hold was kept, in an order that was */
};

/* Whether the campaign of a run explores. */
bool merged_explores(const struct past *run);

/* 0, -ENOMEM, or the error of a line. */
int merged_explored(struct past *const *runs, uint32_t nr, struct merged_explored *out,
		    struct why *why);

#endif
