/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_OVERVIEW_H
#define DADRACE_OVERVIEW_H

#include <stdio.h>

#include "service/ticket.h"

/*
 * What the page says first: is this rig all right, and which kernel broke. Pure: HTML from
 * tickets. It needs no script; the page's script only fetches it again.
 *
 *   the answer      one sentence
 *   what runs       progress, rate, time left
 *   by name         a row for each name of a campaign: its last verdicts as a strip over time;
 *                   faults first
 *   the runs        all of them, the latest first, filtered, by pages
 */
enum { OVERVIEW_PAGE = 25 };

/* The campaign that runs, and the pace of this run of it. */
struct overview_pace {
	const struct ticket *ticket;
	uint32_t trials;	 /* in the results */
	uint32_t planned_trials; /* 0: no limit */
	uint32_t planned_s;	 /* 0: no limit */
	uint32_t ran_trials;	 /* by this run: a resumed campaign has older ones */
	uint64_t ran_ms;
};

struct overview {
	const struct ticket *const *tickets; /* in the order of submission */
	uint32_t nr;
	const struct overview_pace *running; /* NULL: nothing runs */
	const char *host;
	const char *filter; /* a part of the id; "": all */
	uint32_t page;	    /* of the runs, from 0 */
	uint64_t now_unix_ms;
};

/* False: memory ran out. */
bool overview_print(const struct overview *overview, FILE *out);

#endif
