/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PROPOSALS_H
#define DADRACE_PROPOSALS_H

#include <stdint.h>

#include "explore/callees.h"
#include "spec/order.h"

/*
 * Places where an explorer may hold threads, taken from ledgers: the functions on the paths by
 * which each thread holds and puts references, and the calls beside these in the same
 * functions.
 *
 *   ledger paths of trials without injection ─┬─> functions, by thread ──────┬─> ranked places
 *                                             └─> calls ──> callees.h ───────┘
 *
 * A path belongs to thread I when it begins in a system call, to II when that call sends a
 * packet or a softirq receives one, and to DAD when addrconf_dad_work is on it; other paths are
 * ignored. A function is worth more the closer it is to the counter, when references are both
 * taken and dropped below it, and the more threads pass it. A function below which its thread
 * only takes references is held at its return, when they have been taken. How often it was
 * passed does not count, so that chance does not decide.
 *
 * A function called right after the call that leads to the reference is held at its entry, one
 * called right before at its return: either splits the window beside the reference. Nothing
 * shows that the thread reaches it, so it is worth half of that call, less the farther away it
 * is or when the reference is not held there, and one such place follows every PROPOSALS_EACH
 * functions of the paths.
 *
 * Pure.
 */
enum {
	PROPOSALS_FUNCTIONS = 512,
	PROPOSALS_CALLS = 512,
	PROPOSALS_BESIDE = 256,
	PROPOSALS_DEPTH = 5,
	PROPOSALS_EACH = 2,
	PROPOSALS_RANKED = 64,
};

struct proposals_passing {
	bool holds, puts;
	uint32_t depth; /* least: 0 is who holds or puts */
};

struct proposal {
	struct order_hold place; /* as order_read_place() reads it */
	uint32_t worth;
	uint32_t
		/*
		 * bytes of code from the call that it is beside; decides where worth does not
		 */
		apart;
	char why[256];
};

struct proposals {
	struct proposals_function {
		char name[ORDER_PLACE];
		struct proposals_passing of[ORDER_THREADS];
	} functions[PROPOSALS_FUNCTIONS];
	uint32_t nr;
	struct proposals_call {
		char caller[ORDER_PLACE], callee[ORDER_PLACE];
		struct proposals_passing of[ORDER_THREADS]; /* of the caller, in this call */
	} calls[PROPOSALS_CALLS];
	uint32_t nr_calls;
	struct proposal beside[PROPOSALS_BESIDE];
	uint32_t nr_beside;
	uint32_t paths; /* that tell something */
};

/*
 * A path in the form of ledgers, "inner < outer < [syscall]". A path without room is dropped.
 */
void proposals_add(struct proposals *proposals, const char *stack, uint64_t holds,
		   uint64_t puts);

/* Functions that say nothing about a reference, whoever calls them. */
bool proposals_is_generic(const char *name);

/*
 * Adds a function that a caller calls beside one of the calls; after all paths. Functions that
 * the thread's own paths have are left out.
 */
void proposals_add_beside(struct proposals *proposals, const struct proposals_call *call,
			  const struct callee *callee);

/*
 * Best first, threads taking turns, a function for another thread after all others: from the
 * paths, and after every PROPOSALS_EACH of them one from beside; at most `max`, and
 * PROPOSALS_RANKED.
 */
uint32_t proposals_rank(const struct proposals *proposals, struct proposal *ranked,
			uint32_t max);

#endif
