/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_ORDER_H
#define DADRACE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "why.h"

/*
 * An order: how the steps of two threads are to follow each other, as the seed's chronological list
 * tells them. Thread I is the bring-up, thread II the sender of the echoes. One step a line:
 *
 *   I held at veth_close until II held
 *   II starts when I held
 *   II held at return of rt6_uncached_list_add until I done
 *
 * A hold is a busy delay inside the kernel function, at its entry or its return, the first time
 * that the thread comes by in a trial. It ends when the other thread is held (anywhere, at a
 * hold of the order) or done (I: its second flag set has returned; II: its send has returned), or after a
 * time ("for 300 us"); always after ORDER_MOST_MS at the latest, which breaks the order.
 *
 * Pure: text in, steps out.
 */
enum {
	ORDER_HOLDS_MAX = 4,
	ORDER_MOST_MS = 2000, /* far from soft lockup (20 s) and RCU stall (21 s) */
	ORDER_FUNCTION = 64,
};

enum order_thread { ORDER_THREAD_I = 1, ORDER_THREAD_II = 2 };

enum order_until {
	ORDER_UNTIL_TIME,
	ORDER_UNTIL_HELD, /* the other thread is at one of its holds */
	ORDER_UNTIL_DONE,
};

struct order_hold {
	enum order_thread thread;
	bool at_return;
	char function[ORDER_FUNCTION];
	enum order_until until;
	uint64_t time_us; /* of ORDER_UNTIL_TIME */
};

struct order {
	struct order_hold holds[ORDER_HOLDS_MAX];
	uint32_t nr_holds;
	bool starts_when_held; /* II sends when I is held, not when the window opens */
};

/* Reads one step into the order. -EINVAL with the sentence, which names the words that are wrong. */
int order_read(struct order *order, const char *step, struct why *why);

#endif
