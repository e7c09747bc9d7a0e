// SPDX-License-Identifier: GPL-2.0-or-later
#include "explore/memory.h"

#include <errno.h>
#include <stdlib.h>

enum { LEAST_ROOM = 1024 };

void memory_free(struct memory *memory)
{
	free(memory->entries);
	*memory = (struct memory){ 0 };
}

/* The entry of the key, or the empty entry where it belongs. */
static struct memory_entry *place_of(struct memory_entry *entries, uint32_t room, uint64_t key)
{
	uint32_t at = (uint32_t)(key & (room - 1));

	while (entries[at].first && entries[at].key != key)
		at = (at + 1) & (room - 1);
	return &entries[at];
}

const struct memory_entry *memory_find(const struct memory *memory, uint64_t key)
{
	const struct memory_entry *entry =
		memory->room ? place_of(memory->entries, memory->room, key) : NULL;

	return entry && entry->first ? entry : NULL;
}

static int grow(struct memory *memory)
{
	uint32_t room = memory->room ? memory->room * 2 : LEAST_ROOM;
	struct memory_entry *entries = calloc(room, sizeof(*entries));

	if (!entries)
		return -1;
	for (uint32_t i = 0; i < memory->room; i++)
		if (memory->entries[i].first)
			*place_of(entries, room, memory->entries[i].key) = memory->entries[i];
	free(memory->entries);
	memory->entries = entries;
	memory->room = room;
	return 0;
}

struct memory_entry *memory_meet(struct memory *memory, uint64_t key, uint32_t generation)
{
	struct memory_entry *entry;

	if (memory->nr * 2 >= memory->room && grow(memory))
		return NULL;
	entry = place_of(memory->entries, memory->room, key);
	if (!entry->first) {
		*entry = (struct memory_entry){ .key = key, .first = generation };
		memory->nr++;
	}
	return entry;
}

int memory_note(struct memory *memory, uint64_t key, uint32_t generation, bool came)
{
	struct memory_entry *entry = memory_meet(memory, key, generation);

	if (!entry)
		return -ENOMEM;
	entry->trials++;
	entry->came += came;
	return 0;
}
