/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_BALANCE_H
#define DADRACE_WHO_BALANCE_H

#include "who/kernel.h"

/*
 * The account of an object that counts its users and that belongs to a device: its IPv6 part,
 * an address, a neighbour entry, a route.
 *
 *   reference count = explained + unexplained
 *
 * Explained are the pointers to it that count, and what it holds of itself: in a list, by a
 * timer that is armed, by work that is queued.
 */
enum { BALANCE_REASONS = 12 };

struct balance {
	bool is_made;
	bool has_moved; /* the count changed while it was read */
	int64_t count, explained, unexplained;
	const char *reasons[BALANCE_REASONS]; /* for what it holds of itself */
	uint32_t nr_reasons;
};

/* Whether a pointer in this member counts for an object of the type. */
bool balance_counts(struct type type, const char *owner, const char *member);

/*
 * Of an object that had `count` references, to which `pointers` that count were found. `device`
 * is the net_device it belongs to. Nothing is made for types that are not known well enough.
 */
void balance_make(const struct kernel *kernel, struct type type, uint64_t object,
		  uint64_t device, int64_t count, int64_t pointers, struct balance *balance);

#endif
