/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_CELLS_H
#define DADRACE_WHO_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory of which only some cells are known; what is unknown beside a known one is zero. */
enum { CELL_SIZE = 64, CELL_WORDS = CELL_SIZE / 8, CELLS_MAX = 1 << 20 };

struct cell {
	uint64_t number; /* its address / CELL_SIZE */
	uint64_t words[CELL_WORDS];
	uint64_t exact; /* for each byte a bit */
};

struct cells {
	struct cell *list;
	uint32_t nr, room;
	uint32_t *slots; /* by hash of the number: an index into the list, and one; 0: free */
	uint32_t nr_slots;
	bool is_full; /* CELLS_MAX, or memory ran out: some are missing */
};

void cells_clear(struct cells *cells);

/* The cell, made where there is none; NULL when there is no room for it. */
struct cell *cells_at(struct cells *cells, uint64_t number);

/* Bytes that are not exact never replace exact ones. */
void cells_put(struct cells *cells, uint64_t address, const void *bytes, size_t size,
	       bool is_exact);

/* As image.read: -EFAULT where no cell of the range is known; `cells` is a struct cells. */
int cells_read(void *cells, uint64_t address, void *to, size_t size);

#endif
