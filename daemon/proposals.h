/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PROPOSALS_H
#define DADRACE_PROPOSALS_H

#include <stdint.h>

#include "order.h"

/*
 * Places where an explorer may hold threads, as ledgers show them: the functions on the paths by which each
 * thread holds and puts references.
 *
 *   ledger paths of trials without injection ──> functions, by thread ──> ranked places
 *
 * A path is thread I's when it runs in a system call, II's when that sends a packet or a softirq brings one
 * in, and DAD's when addrconf_dad_work is on it; others tell nothing. A function is worth
 * more the closer it is to the counter, when references are both taken and dropped below it, and the more
 * threads pass it. One that a thread only takes references below is held at its return: they have been taken then.
 * How often it was passed counts for nothing, so that chance does not decide.
 *
 * Pure.
 */
enum { PROPOSALS_FUNCTIONS = 512, PROPOSALS_DEPTH = 5 };

struct proposals {
	struct proposals_function {
		char name[ORDER_PLACE];
		struct {
			bool holds, puts;
			uint32_t depth; /* least: 0 is who holds or puts */
		} of[ORDER_THREADS];
	} functions[PROPOSALS_FUNCTIONS];
	uint32_t nr;
	uint32_t paths; /* that tell something */
};

/* A path as ledgers have it: "inner < outer < [syscall]". What has no room is left out. */
void proposals_add(struct proposals *proposals, const char *stack, uint64_t holds,
		   uint64_t puts);

struct proposal {
	struct order_hold place; /* as order_read_place() reads it */
	uint32_t worth;
	char why[160];
};

/* The best first, threads taking turns, a function for another thread after all others; at most `max`. */
uint32_t proposals_rank(const struct proposals *proposals, struct proposal *ranked,
			uint32_t max);

#endif
