/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_IN_ORDER_H
#define DADRACE_IN_ORDER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Order of start: which trials may decide something while others are in flight. Pure.
 *
 *   trial    1   2   3   4   5   6   7
 *            x   x   x   .   x   .   x      x: ended, .: in flight
 *            '-------'       '-------'
 *             decide          wait until 4 has ended, then 6
 *
 * Trials are numbered in the order in which they start, and a trial counts only when all trials
 * before it have ended. A faulty trial is slow: it waits for references that never return.
 * Counted in the order of ending, the trials that are known at any moment are those that were
 * fast, and "below 3%" was wrong in 77 to 100% of campaigns, instead of 5%.
 *
 * A resumed run repeats the trials that were in flight when the earlier one was killed, under
 * their numbers. They may turn out differently the second time, so each kill hides at most one
 * faulty trial a lane. A signal, in contrast, waits for the trials in flight.
 *
 * A trial whose lane or guest was lost has ended, too, and may have been a faulty one: those in
 * flight when a guest is replaced because of another fault are lost that way. It stands for
 * whatever would forbid the answer (struct decisive).
 */
enum { IN_ORDER_MOST = 1 << 20 }; /* trials behind the first that is in flight: 8 MiB */

struct in_order_trial {
	uint32_t finding; /* number of the finding it shows, from 1; 0: no fault */
	uint8_t arm;
	uint8_t verdict;
	bool lost; /* with its lane: what it would have shown is not known */
	bool ended;
};

/* Without trials it is all zero but `next`. */
struct in_order {
	uint32_t next;			/* lowest number of a trial that has not ended */
	uint32_t room;			/* a power of two, or 0 */
	struct in_order_trial *waiting; /* trial N at N % room */
};

void in_order_free(struct in_order *order);

/* Whether the trial may start: otherwise the oldest one in flight must end first. */
bool in_order_has_room(const struct in_order *order, uint32_t trial);

/*
 * The trial has ended. One that was counted already, or for which there is no room, never
 * counts: no decision is better than a biased one. -ENOMEM.
 */
int in_order_add(struct in_order *order, uint32_t trial, const struct in_order_trial *shown);

/* Takes the next trial that counts from now on. False: it has not ended. */
bool in_order_take(struct in_order *order, struct in_order_trial *shown);

#endif
