/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_LOST_H
#define DADRACE_WHO_LOST_H

#include "who/chain.h"

/*
 * Which of the lost objects of a chain are to be named: those at its top, that no other lost
 * one holds. Objects that hold each other in a circle are at the top together.
 */
enum { LOST_MAX = 64, LOST_CIRCLE = 16 };

struct lost {
	uint32_t top;
	/* From the one that the top holds to the one that holds it. */
	uint32_t circle[LOST_CIRCLE];
	uint32_t nr_circle; /* 0: nothing points to the top */
};

/* Returns how many, at most LOST_MAX. */
uint32_t lost_find(const struct chain *chain, struct lost list[LOST_MAX]);

#endif
