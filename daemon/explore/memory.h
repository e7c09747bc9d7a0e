/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPLORE_MEMORY_H
#define DADRACE_EXPLORE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The explorer's memory, by hash: in which generation something was first seen, in how many
 * trials it could have occurred, and in how many it did. For the explorer's own files.
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

/* NULL: never seen. The entry is valid until the next change of the memory. */
const struct memory_entry *memory_find(const struct memory *memory, uint64_t key);

/* Finds the entry, or makes it in this generation. NULL: out of memory. */
struct memory_entry *memory_meet(struct memory *memory, uint64_t key, uint32_t generation);

/* Counts one more trial, in which it occurred or not. -ENOMEM. */
int memory_note(struct memory *memory, uint64_t key, uint32_t generation, bool came);

#endif
