/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TRACED_H
#define DADRACE_TRACED_H

#include "explore/proposals.h"
#include "spec/order.h"
#include "spec/reach.h"

/*
 * Places that come from the kernel itself: the functions that each thread was traced to call,
 * with what reached them.
 *
 *   trace of a scout's trial ──> calls, by thread ─┐
 *   its packet, its change ────────────────────────┴─> places ──> ranked, with explore.reach
 *
 * Thread II is the sender's task, softirqs in it included, but timers and callbacks of RCU not;
 * DAD is a kworker since it entered addrconf_dad_work; I is the bring-up, from the first call
 * that follows the flag set which opens the window. A function is a place at its entry. It is
 * one at its return, too, when its caller called nothing traced after it: otherwise the next
 * entry is the same place.
 *
 * A function that a thread has entered twice in one trial is a place at its second pass, too.
 *
 * First come the places near references: the functions on the ledgers' paths (proposals.h), and
 * what their caller called after one of them, while it may hold what that has taken. Then come
 * those that the fewest packets or changes reach; what a trial without a change reaches, every
 * change may. Places that the same rows reach are mostly of one path: the first of each path
 * comes before the second of any.
 *
 * Second passes have an order of their own: paths take turns from the start, each with the
 * places near references first, then with the functions that the fewest rows reach: what many
 * call, some call twice. Of these come first those that call others, which are inside of them.
 * A second pass that follows from its caller's, as of what a second packet runs through, comes
 * after all others: it is hardly another place.
 *
 * They are dealt to sets of ORDER_HOLDS_MAX, of which each thread has its share. Pure.
 */
enum {
	TRACED_MAX = 2048,
	TRACED_TASKS = 64,
	TRACED_AFTER = 4,
	TRACED_DEPTH = 24,
	TRACED_HASHES = 4096
};

struct traced_place {
	struct order_hold place;
	uint64_t rows[(REACH_ROWS + 63) / 64]; /* that reached it, a bit each */
	uint32_t worth;			       /* by its references; 0: none known */
	uint32_t passes;		       /* in the trial in hand */
	bool implied;	   /* a second pass that was only seen in a second pass of its caller */
	bool calls;	   /* the function calls others that are traced */
	uint32_t reaching; /* how many rows reach its function, see traced_rank() */
	uint32_t turn;	   /* how many places that the same rows reach come before it */
	/* Functions that the same caller called before it, in the same call of its own. */
	char after[TRACED_AFTER][ORDER_PLACE];
	uint32_t first; /* the sooner seen, the less */
	uint32_t next;	/* of those with the same hash, from 1; 0: there is none */
};

struct traced {
	struct reach rows[REACH_ROWS];
	uint32_t nr_rows;
	struct traced_place places[TRACED_MAX];
	uint32_t nr;
	uint32_t by_hash
		[TRACED_HASHES]; /* the last place of each, from 1; until they are ranked */
	uint32_t calls;
	struct traced_task { /* of the trial in hand */
		uint32_t pid;
		bool in_dad;
		enum order_thread thread; /* of the last call */
		struct traced_frame {	  /* the calls that it is inside of, as far as seen */
			char name[ORDER_PLACE];
			char called[TRACED_AFTER][ORDER_PLACE]; /* the last ones */
			uint32_t nr_called;
		} frames[TRACED_DEPTH];
		uint32_t depth;
	} tasks[TRACED_TASKS];
	uint32_t nr_tasks;
	uint32_t packet, change; /* rows of the trial in hand, from 1; 0: none */
	bool flags_set, open;	 /* thread I: it has set the flags, and returned from that */
};

/* The row of a packet or change, from 1; made if there is none yet. 0: there is no room. */
uint32_t traced_row(struct traced *traced, const struct reach *row);

/* A scout's trial was made with these rows; its calls follow, and then its end. */
void traced_begin(struct traced *traced, uint32_t packet, uint32_t change);
void traced_call(struct traced *traced, const char *task, uint32_t pid, const char *function,
		 const char *caller);
void traced_end(struct traced *traced);

/*
 * Sorts the places into the order in which they are to be tried, and fills in which of them
 * the rows reach: how many there are, EXPLORE_PLACES_MAX at most.
 */
uint32_t traced_rank(struct traced *traced, const struct proposals *near);

#endif
