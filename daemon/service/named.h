/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_NAMED_H
#define DADRACE_NAMED_H

#include "service/ticket.h"

/*
 * The runs of each name: what is repeated, or submitted again, is one campaign over time. Pure.
 * Of those that were cancelled before they had a verdict, nothing is told.
 */
enum { NAMED_STRIP = 30 };

struct named {
	const struct ticket *const *first;	 /* where its first run stands */
	const struct ticket *ended[NAMED_STRIP]; /* the last ones, the oldest first */
	uint32_t nr;				 /* at least one */
	const struct ticket *was_clean; /* the last clean one before the faults at the end */
	const struct ticket *broke;	/* the first of these faults */
};

/*
 * The names of runs that have ended, in the order of their first runs; malloc'd. The tickets
 * stand in the order of submission. NULL: memory ran out.
 */
struct named *named_of(const struct ticket *const *tickets, uint32_t nr, uint32_t *nr_names);

const struct ticket *named_last(const struct named *named);

bool ticket_is_fault(const struct ticket *ticket);
bool ticket_is_clean(const struct ticket *ticket);

#endif
