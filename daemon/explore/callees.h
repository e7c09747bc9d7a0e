/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CALLEES_H
#define DADRACE_CALLEES_H

#include <stdbool.h>

#include "ledger/symbols.h"
#include "spec/order.h"

/*
 * Calls beside a known call, read from a function's machine code:
 *
 *   ... call ip6_rt_cache_alloc ─ call __rcu_read_unlock ─ call rt6_uncached_list_add ...
 *       the known call            generic, skipped         called after it, distance 1
 *
 * Instructions are not decoded. The opcode of a direct call or jump (x86-64: e8, e9, then the
 * distance in four bytes) counts when its target is exactly the start of a function. Of the
 * 2^32 possible targets a few hundred thousand are, so another byte passes for a call once in
 * several ten thousand. Jumps count because a function that ends in a call jumps there.
 *
 * "Beside" means in the code: at most 128 bytes apart (some lines of C), without a return or a
 * four-byte jump inside the function between them. Short jumps are ignored, because most bytes
 * that look like one are part of something else; so the next call in the code is usually, but
 * not always, the next one in time. Indirect calls are not seen. Neither is a known call whose
 * function was inlined.
 *
 * Pure. Only x86-64 code is understood.
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

/*
 * `code` lies at `start` in the kernel; it calls `known`, a name without suffixes. `is_generic`
 * are skipped, and so are parts that the compiler split off (".cold", ".part.0") and the
 * function itself.
 */
void callees_beside(const struct symbols *symbols, uint64_t start, const uint8_t *code,
		    size_t size, const char *known, bool (*is_generic)(const char *name),
		    struct callees *out);

#endif
