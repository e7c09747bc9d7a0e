// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

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

static bool is_short(void)
{
	memory_note_short();
	return false;
}

static bool grow_slots(struct cells *cells)
{
	uint32_t nr = cells->nr_slots ? 2 * cells->nr_slots : SLOTS_AT_FIRST;
	uint32_t *slots = calloc(nr, sizeof(*slots));

	if (!slots)
		return is_short();
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
		return is_short();
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

static struct cell *find(const struct cells *cells, uint64_t number)
{
	uint32_t index = cells->nr_slots ? *slot_of(cells, number) : 0;

	return index ? &cells->list[index - 1] : NULL;
}

/* --- looks that are recorded --- */

static bool add_change(struct cells *cells, const struct cell_change *change)
{
	uint32_t room = cells->changes_room ? 2 * cells->changes_room : 64;
	struct cell_change *changes = cells->changes;

	if (cells->nr_changes == CHANGES_MAX)
		return false;
	if (cells->nr_changes == cells->changes_room) {
		changes = realloc(changes, room * sizeof(*changes));
		if (!changes)
			return is_short();
		cells->changes = changes;
		cells->changes_room = room;
	}
	changes[cells->nr_changes++] = *change;
	return true;
}

static void note_change(struct cells *cells, const struct cell *cell, uint32_t which,
			uint32_t looks)
{
	const struct cell_change change = {
		.address = cell->number * CELL_SIZE + which * sizeof(uint64_t),
		.word = cell->words[which],
		.looks = looks,
	};

	cells->is_full |= !add_change(cells, &change);
}

static uint64_t bytes_of(uint64_t bits, uint32_t which)
{
	uint64_t mask = 0;

	for (uint32_t i = 0; i < 8; i++)
		if (bits >> (8 * which + i) & 1)
			mask |= 0xffULL << 8 * i;
	return mask;
}

/* The bytes of `word` that `mask` has are seen. What becomes known first is no change. */
static void see(struct cells *cells, struct cell *cell, uint32_t which, uint64_t word,
		uint64_t mask)
{
	uint64_t was = cell->words[which], is = (was & ~mask) | (word & mask);
	bool differs = (was ^ is) & bytes_of(cell->known, which);

	if (differs && !(cell->changed >> which & 1)) {
		cell->changed |= (uint8_t)(1 << which);
		note_change(cells, cell, which, 0);
	}
	cell->words[which] = is;
	if (cell->changed >> which & 1 && was != is)
		note_change(cells, cell, which, cell->looks[which]);
	cell->looks[which]++;
}

static uint64_t bits_of(uint32_t at, uint32_t nr)
{
	return ((1ULL << nr) - 1) << at;
}

void cells_put(struct cells *cells, uint64_t address, const void *bytes, size_t size)
{
	const uint8_t *from = bytes;

	while (size) {
		uint32_t at = address % 8, nr = size < 8 - at ? (uint32_t)size : 8 - at;
		uint32_t in_cell = address % CELL_SIZE;
		struct cell *cell = cells_at(cells, address / CELL_SIZE);
		uint64_t word = 0;

		if (!cell)
			return;
		memcpy((uint8_t *)&word + at, from, nr);
		see(cells, cell, in_cell / 8, word, bytes_of(bits_of(at, nr), 0));
		cell->known |= bits_of(in_cell, nr);
		cell->exact |= bits_of(in_cell, nr);
		address += nr;
		from += nr;
		size -= nr;
	}
}

void cells_put_word(struct cells *cells, uint64_t address, uint64_t word,
		    uint64_t (*without_content)(const void *context, uint64_t word),
		    const void *context)
{
	struct cell *cell = cells_at(cells, address / CELL_SIZE);
	uint32_t which = address % CELL_SIZE / 8;
	uint64_t bits = bits_of(8 * which, 8), exact, kept;

	if (!cell)
		return;
	exact = bytes_of(cell->exact, which);
	kept = without_content(context, word);
	if ((without_content(context, cell->words[which]) ^ kept) & exact) {
		cell->exact &= ~bits;
		exact = 0;
	}
	see(cells, cell, which, kept, ~exact);
	cell->known |= bits;
}

/* --- looks that are made again --- */

void cells_seen(const struct cells *cells, uint64_t address, size_t size)
{
	for (uint64_t at = address & ~7ULL; at < address + size; at += 8) {
		struct cell *cell = find(cells, at / CELL_SIZE);

		if (cell)
			cell->looks[at % CELL_SIZE / 8]++;
	}
}

/* From the last to the first, so that each is put in front of those that follow it. */
void cells_take_changes(struct cells *cells, struct cell_change *changes, uint32_t nr)
{
	free(cells->changes);
	cells->changes = changes;
	cells->nr_changes = cells->changes_room = nr;
	for (uint32_t i = nr; i > 0; i--) {
		struct cell *cell = find(cells, changes[i - 1].address / CELL_SIZE);
		uint32_t which = changes[i - 1].address % CELL_SIZE / 8;

		if (!cell)
			continue;
		changes[i - 1].next = cell->next[which];
		cell->next[which] = i;
	}
}

static void catch_up(const struct cells *cells, struct cell *cell, uint32_t which)
{
	while (cell->next[which]) {
		const struct cell_change *change = &cells->changes[cell->next[which] - 1];

		if (change->looks > cell->looks[which])
			return;
		cell->words[which] = change->word;
		cell->next[which] = change->next;
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
		struct cell *cell = find(cells, address / CELL_SIZE);

		for (uint32_t i = at / 8; cell && i <= (at + part - 1) / 8; i++)
			catch_up(cells, cell, i);
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
	free(cells->changes);
	free(cells->slots);
	*cells = (struct cells){ 0 };
}
