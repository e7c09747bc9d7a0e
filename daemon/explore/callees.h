/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CALLEES_H
#define DADRACE_CALLEES_H

#include <stdbool.h>

#include "spec/order.h"
#include "ledger/symbols.h"

/*
 * What a function calls next to a call that is known, told from its machine code:
 *
 *   ... call ip6_rt_cache_alloc ─ call __rcu_read_unlock ─ call rt6_uncached_list_add ...
 *       the known one             generic, passed over     called behind it, distance 1
 *
 * Instructions are not decoded. A byte that is a direct call's or a jump's opcode (x86-64: e8, e9, then the distance
 * in four bytes) is taken for one when the target is exactly where a function starts: of the four thousand
 * million targets there are, some hundred thousand are that, so that such a byte of something else passes for a call
 * once in several ten thousand. A jump counts because a function that ends in a call jumps there.
 *
 * Next to each other is meant of the code: no more than 128 bytes, some lines of C, without a return or a jump in
 * four bytes inside the function between them. Short jumps are not looked for, because what looks like one is mostly a
 * part of something else; so the call behind is mostly the next one in time, but it need not be. Calls through pointers
 * are not seen, and neither is a known call whose function was inlined: then there is nothing to be next to.
 *
 * Pure; of other machines' code nothing is known.
 */
enum {
	CALLEES_MAX = 16,     /* of one known call in one function */
	CALLEES_DISTANCE = 2, /* the first and the second on each side */
};

struct callee {
	char name[ORDER_PLACE];
	bool behind;	   /* the known call; else before it */
	uint32_t distance; /* from 1: of those that are worth naming */
	uint32_t apart;	   /* bytes of code */
};

struct callees {
	struct callee list[CALLEES_MAX];
	uint32_t nr;
};

/* Whether the code of the machine that this is built for is known. */
extern const bool callees_known;

/*
 * `code` lies at `start` in the kernel; `known` is called by it, a name without suffixes. `is_generic` are passed over.
 * What the compiler has split off (".cold", ".part.0") is left out, and so is the function itself.
 */
void callees_beside(const struct symbols *symbols, uint64_t start, const uint8_t *code,
		    size_t size, const char *known, bool (*is_generic)(const char *name),
		    struct callees *out);

#endif
