/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_ORDER_H
#define DADRACE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/why.h"
#include "spec/change.h"

struct hold_site;

/*
 * An order: in which sequence the steps of threads happen. Thread I is the bring-up, thread II
 * the sender of the packets, thread DAD the kernel's worker that runs addrconf_dad_work for an
 * address of the device. One step a line:
 *
 *   I held at stop until II held
 *   II starts when I held
 *   II held at return of rt6_uncached_list_add until I done
 *
 *   II held at rt6_insert_exception until I has done "route-delete"
 *   I does "route-delete" when II held
 *
 * A hold is a busy delay at a site (sites.h) or in any kernel function, at its entry or its
 * return, the first time in a trial that the thread gets there after the window has opened, or
 * another time ("II held at the 2nd pass of fib6_lookup", ORDER_PASSES_MAX at most). It ends when
 * another thread is held (at any hold of the order) or done, or after a time ("for 300 us"), and
 * at the latest after ORDER_MOST_MS, which breaks the order. Done means, for I:
 * its second flag set has returned; for II: its packets are sent, and so is the DAD answer that
 * counts from the opening of the window; for DAD: the held addrconf_dad_work has returned.
 *
 * DAD's worker takes the RTNL, which thread I's flag set needs. So only a hold at
 * addrconf_dad_work itself lets DAD wait for I to be done.
 *
 * Thread I makes at most one change between its flag sets (changes.def): at once after the
 * first, or when another thread is held. It waits for that outside the kernel, as long as a
 * hold waits at most.
 *
 * Pure: text in, steps out.
 */
enum {
	ORDER_HOLDS_MAX = 12, /* also of places that are hooked at a time */
	ORDER_MOST_MS = 2000, /* far from soft lockup (20 s) and RCU stall (21 s) */
	ORDER_PLACE = 64,
	ORDER_PASSES_MAX = 9,
	ORDER_WORDS = ORDER_PLACE + 96, /* a step in words */
};

enum order_thread {
	ORDER_THREAD_NONE,
	ORDER_THREAD_I,
	ORDER_THREAD_II,
	ORDER_THREAD_DAD,
	ORDER_THREADS,
};
extern const char *const order_thread_names[]; /* of ORDER_THREAD_NONE: NULL */

enum order_until {
	ORDER_UNTIL_TIME,
	ORDER_UNTIL_HELD, /* the other thread is at one of its holds */
	ORDER_UNTIL_DONE,
	ORDER_UNTIL_CHANGED, /* thread I has made its change */
	ORDER_UNTILS,
};
extern const char *const order_until_names[];

struct order_hold {
	enum order_thread thread;
	bool at_return;
	char place[ORDER_PLACE];      /* as it is written: a site or a function */
	const struct hold_site *site; /* NULL: place is a function */
	uint32_t skips; /* passes before the one that is held; 0: it is the first */
	enum order_until until;
	enum order_thread other; /* whom it waits for; ORDER_THREAD_NONE of ORDER_UNTIL_TIME */
	uint64_t time_us;	 /* of ORDER_UNTIL_TIME */
	uint32_t hook;		 /* which of the places that are hooked it is, from 0 */
};

struct order {
	struct order_hold holds[ORDER_HOLDS_MAX];
	uint32_t nr_holds;
	/* II sends when this thread is held; ORDER_THREAD_NONE: when the window opens */
	enum order_thread starts_when;
	enum change_kind change;       /* that a step names; CHANGE_NONE: none does */
	enum order_thread change_when; /* who is held then; ORDER_THREAD_NONE: at once */
};

/*
 * Reads one step into the order. -EINVAL with the sentence, which names the words that are
 * wrong.
 */
int order_read(struct order *order, const char *step, struct why *why);

/*
 * Reads a place where a hold is possible, without its end: "I held at stop". It is added as a
 * hold whose end is not said.
 */
int order_read_place(struct order *order, const char *words, struct why *why);

/* A place in the words that order_read_place() reads. */
void order_write_place(const struct order_hold *place, char words[ORDER_WORDS]);

/*
 * A hold, the start of thread II and the change of thread I, in the words that order_read()
 * reads. `change` is the one that a hold may wait for.
 */
void order_write_hold(const struct order_hold *hold, enum change_kind change,
		      char words[ORDER_WORDS]);
void order_write_start(enum order_thread when, char words[ORDER_WORDS]);
void order_write_change(enum change_kind change, enum order_thread when,
			char words[ORDER_WORDS]);

/*
 * Whether the order can come about at all: whoever is waited for is held by a step, and no two
 * threads each wait for the other to be done, as a thread is done only after its holds. -EINVAL
 * with the sentence, which names the step and what is missing.
 */
int order_check(const struct order *order, struct why *why);

/* Whether who is held there has the RTNL, which thread I needs to go on. */
bool order_has_rtnl(const struct order_hold *place);

/* Whether a step holds DAD or waits for it. */
bool order_has_dad(const struct order *order);

#endif
