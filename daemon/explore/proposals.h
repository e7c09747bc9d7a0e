/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PROPOSALS_H
#define DADRACE_PROPOSALS_H

#include <stdint.h>

#include "explore/callees.h"
#include "spec/order.h"

/*
 * Places where an explorer may hold threads, as ledgers show them: the functions on the paths by which each
 * thread holds and puts references, and what these call next to that.
 *
 *   ledger paths of trials without injection ─┬─> functions, by thread ─────────┬─> ranked places
 *                                             └─> calls ──> kernel_calls.h ─────┘
 *
 * A path is thread I's when it runs in a system call, II's when that sends a packet or a softirq brings one
 * in, and DAD's when addrconf_dad_work is on it; others tell nothing. A function is worth
 * more the closer it is to the counter, when references are both taken and dropped below it, and the more
 * threads pass it. One that a thread only takes references below is held at its return: they have been taken then.
 * How often it was passed counts for nothing, so that chance does not decide.
 *
 * What a function on the path calls right behind the call that leads to the reference is held at its entry, what it
 * calls right before at its return: either splits the window beside the reference. Nobody has seen the thread
 * pass it, so it is worth half of what that call is, and less where it is farther or the reference is not
 * held there, and one comes after every PROPOSALS_EACH functions of the paths.
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
		apart; /* bytes of code from the call that it is beside; decides where worth does not */
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

/* A path as ledgers have it: "inner < outer < [syscall]". What has no room is left out. */
void proposals_add(struct proposals *proposals, const char *stack, uint64_t holds,
		   uint64_t puts);

/* Functions that tell nothing of a reference, whoever calls them. */
bool proposals_is_generic(const char *name);

/* What a caller calls next to one of the calls; after all paths. What the thread's own paths have is left out. */
void proposals_add_beside(struct proposals *proposals, const struct proposals_call *call,
			  const struct callee *callee);

/*
 * The best first, threads taking turns, a function for another thread after all others: of the paths, and after every
 * PROPOSALS_EACH of them one beside; at most `max`, and
 * PROPOSALS_RANKED.
 */
uint32_t proposals_rank(const struct proposals *proposals, struct proposal *ranked,
			uint32_t max);

#endif
