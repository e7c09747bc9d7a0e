/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RACE_PICTURE_H
#define DADRACE_RACE_PICTURE_H

#include "results/lines.h"

/*
 * A trial drawn as the race it was: SVG that stands alone, reads without script, in light and
 * dark.
 *
 *                     |#### window ####|
 *   I bring-up   --|==|-[===hold===]---|=======|---   calls and holds are bars, events ticks
 *   II packet    ---------|-|-|--------------------   what and when: on hover (<title>)
 *   DAD worker   -------[==hold==]-----------------   only where the order holds it
 *   device       |----------------------------|----   what the kernel and dadrace do with it
 *   references   o- - - - - - - - - - - - - - o- -o   readings; by a ledger: holds and puts,
 *                0   2.1 ms      7.2 ms      36 ms    those never dropped are marked
 *
 * Microseconds beside seconds: the times of the first and the last event of each kind are
 * knots, and a stretch between two of them is as wide as the logarithm of its length; within it
 * the scale is linear. The axis is labelled with the times, and with what lies between them.
 *
 * Pure. Whatever is in the trial's line may be hostile: it is escaped, and out of order it is
 * drawn out of order.
 */
struct race_point {
	int64_t at_ns;	   /* from the trial's start */
	int64_t delta;	   /* since the point before */
	int64_t count;	   /* after it */
	const char *kind;  /* of holder; NULL: several, or not known */
	const char *stack; /* "packet_do_bind < __sys_bind < [syscall]", or NULL */
	uint32_t nr_left;  /* holds of that path in it that nobody dropped */
	bool exact;	   /* which holds those are, is known, not inferred */
};

struct race {
	const struct trial_line *trial; /* with its timeline and steps */
	uint32_t attempt; /* this is a repeat of it, from 1; 0: the trial itself */
	const struct race_point
		*points;    /* the counter of the trial's object, in order of time */
	uint32_t nr_points; /* 0: it is known only where it was read */
};

/* One <svg> element, with its name space. Errors are those of `out`. */
void race_picture(const struct race *race, FILE *out);

/* "359 us", "2.10 ms", "1.50 s". */
struct race_time {
	char at[24];
};
struct race_time race_time(double ns);

#endif
