/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_CELLS_H
#define DADRACE_WHO_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Memory of which only some cells are known; what is unknown beside a known one is zero.
 *
 * It was read while others wrote to it. A word that changed between two looks at it has a list
 * of what it was: each of its values is told as many times as it was seen.
 */
enum { CELL_SIZE = 64, CELL_WORDS = CELL_SIZE / 8, CELLS_MAX = 1 << 20, CHANGES_MAX = 1 << 20 };

struct cell {
	uint64_t number; /* its address / CELL_SIZE */
	uint64_t words[CELL_WORDS];
	uint64_t known, exact; /* for each byte a bit */
	uint32_t looks[CELL_WORDS];
	uint32_t next[CELL_WORDS]; /* change of the word, from 1; 0: none */
	uint8_t changed;	   /* for each word a bit */
};

struct cell_change {
	uint64_t address; /* of the word */
	uint64_t word;	  /* which it is from then on */
	uint32_t looks;	  /* at the word before */
	uint32_t next;	  /* of the same word, from 1; 0: none */
};

struct cells {
	struct cell *list;
	uint32_t nr, room;
	struct cell_change *changes; /* those of a word in their order */
	uint32_t nr_changes, changes_room;
	uint32_t *slots; /* by hash of the number: an index into the list, and one; 0: free */
	uint32_t nr_slots;
	bool is_full; /* CELLS_MAX, CHANGES_MAX, or memory ran out: some are missing */
};

void cells_clear(struct cells *cells);

/* The cell, made where there is none; NULL when there is no room for it. */
struct cell *cells_at(struct cells *cells, uint64_t number);

/*
 * A look at bytes. Those that are not exact never replace exact ones of a word that is still
 * the same, which `without_content` tells: it makes of an exact word one that is not.
 */
void cells_put(struct cells *cells, uint64_t address, const void *bytes, size_t size);
void cells_put_word(struct cells *cells, uint64_t address, uint64_t word,
		    uint64_t (*without_content)(const void *context, uint64_t word),
		    const void *context);

/* The same look, made again: what is read later is what was seen then. */
void cells_seen(const struct cells *cells, uint64_t address, size_t size);

/* The changes that a file has, in its order; they are freed with the cells. */
void cells_take_changes(struct cells *cells, struct cell_change *changes, uint32_t nr);

/* As image.read: -EFAULT where no cell of the range is known; `cells` is a struct cells. */
int cells_read(void *cells, uint64_t address, void *to, size_t size);

#endif
