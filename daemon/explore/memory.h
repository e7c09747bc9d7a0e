/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPLORE_MEMORY_H
#define DADRACE_EXPLORE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What an explorer remembers of the things that it has met, each known by a hash: in which
 * generation it was met first, in how many trials it was there to be had, and in how many it came about. For
 * the explorer's own files.
 */
struct memory_entry {
	uint64_t key;
	uint32_t first; /* generation, from 1; 0: an empty place */
	uint32_t trials, came;
};

struct memory {
	struct memory_entry *entries;
	uint32_t nr, room; /* room: a power of two, or 0 */
};

void memory_free(struct memory *memory);

/* NULL: it was never met. It stays where it is until something else is met. */
const struct memory_entry *memory_find(const struct memory *memory, uint64_t key);

/* Finds it, or meets it in this generation. NULL: out of memory. */
struct memory_entry *memory_meet(struct memory *memory, uint64_t key, uint32_t generation);

/* Meets it in one more trial, in which it came about or not. -ENOMEM. */
int memory_note(struct memory *memory, uint64_t key, uint32_t generation, bool came);

#endif
