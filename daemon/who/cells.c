// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { SLOTS_AT_FIRST = 4096 };

/* Where the index of a cell is, or would be; the slots are a power of two, and never full. */
static uint32_t *slot_of(const struct cells *cells, uint64_t number)
{
	uint32_t i = (uint32_t)hash_word(HASH_START, number);

	while (cells->slots[i &= cells->nr_slots - 1] &&
	       cells->list[cells->slots[i] - 1].number != number)
		i++;
	return &cells->slots[i];
}

static bool grow_slots(struct cells *cells)
{
	uint32_t nr = cells->nr_slots ? 2 * cells->nr_slots : SLOTS_AT_FIRST;
	uint32_t *slots = calloc(nr, sizeof(*slots));

	if (!slots)
		return false;
	free(cells->slots);
	cells->slots = slots;
	cells->nr_slots = nr;
	for (uint32_t i = 0; i < cells->nr; i++)
		*slot_of(cells, cells->list[i].number) = i + 1;
	return true;
}

static bool grow_list(struct cells *cells)
{
	uint32_t room = cells->room ? 2 * cells->room : SLOTS_AT_FIRST / 2;
	struct cell *list = realloc(cells->list, room * sizeof(*list));

	if (!list)
		return false;
	cells->list = list;
	cells->room = room;
	return true;
}

static bool has_room(struct cells *cells)
{
	return cells->nr < CELLS_MAX && (cells->nr < cells->room || grow_list(cells)) &&
	       (2 * cells->nr < cells->nr_slots || grow_slots(cells));
}

struct cell *cells_at(struct cells *cells, uint64_t number)
{
	uint32_t *slot = cells->nr_slots ? slot_of(cells, number) : NULL;

	if (slot && *slot)
		return &cells->list[*slot - 1];
	if (!has_room(cells)) {
		cells->is_full = true;
		return NULL;
	}
	cells->list[cells->nr] = (struct cell){ .number = number };
	*slot_of(cells, number) = ++cells->nr;
	return &cells->list[cells->nr - 1];
}

static const struct cell *find(const struct cells *cells, uint64_t number)
{
	uint32_t index = cells->nr_slots ? *slot_of(cells, number) : 0;

	return index ? &cells->list[index - 1] : NULL;
}

static void put_byte(struct cell *cell, uint32_t at, uint8_t byte, bool is_exact)
{
	uint64_t bit = 1ULL << at;

	if (!is_exact && cell->exact & bit)
		return;
	((uint8_t *)cell->words)[at] = byte;
	if (is_exact)
		cell->exact |= bit;
}

void cells_put(struct cells *cells, uint64_t address, const void *bytes, size_t size,
	       bool is_exact)
{
	const uint8_t *from = bytes;
	struct cell *cell = NULL;

	for (size_t i = 0; i < size; i++) {
		uint64_t at = address + i;

		if (!cell || cell->number != at / CELL_SIZE)
			cell = cells_at(cells, at / CELL_SIZE);
		if (!cell)
			return;
		put_byte(cell, at % CELL_SIZE, from[i], is_exact);
	}
}

int cells_read(void *from, uint64_t address, void *to, size_t size)
{
	const struct cells *cells = from;
	uint8_t *bytes = to;
	bool is_known = false;

	memset(to, 0, size);
	while (size) {
		uint32_t at = address % CELL_SIZE;
		size_t part = size < CELL_SIZE - at ? size : CELL_SIZE - at;
		const struct cell *cell = find(cells, address / CELL_SIZE);

		if (cell)
			memcpy(bytes, (const uint8_t *)cell->words + at, part);
		is_known |= cell != NULL;
		address += part;
		bytes += part;
		size -= part;
	}
	return is_known ? 0 : -EFAULT;
}

void cells_clear(struct cells *cells)
{
	free(cells->list);
	free(cells->slots);
	*cells = (struct cells){ 0 };
}
