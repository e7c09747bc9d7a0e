// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse/load.h"

static bool is_number(const struct field *row)
{
	return row->type == FIELD_U32 || row->type == FIELD_U64 || row->type == FIELD_I64;
}

static void key_add(struct keys *keys, const struct field *row, int parent)
{
	struct key key = { .row = row, .parent = parent };
	int id = keys->nr++;

	if (id >= KEYS_MAX || (is_number(row) && row->min >= row->max))
		abort();
	if (id != ROOT)
		snprintf(key.path, sizeof(key.path), "%s%s%s", keys->list[parent].path,
			 parent == ROOT ? "" : ".", row->name);
	keys->list[id] = key;
	if (row->type == FIELD_OBJECT)
		for (const struct field *sub = row->sub->rows; sub->name; sub++)
			key_add(keys, sub, id);
}

void keys_lay(struct keys *keys, const struct fields *fields)
{
	keys->nr = 0;
	keys->root = (struct field){
		.name = fields->name,
		.type = FIELD_OBJECT,
		.sub = fields,
	};
	key_add(keys, &keys->root, ROOT);
}

int key_child(const struct keys *keys, int parent, const char *name, size_t length)
{
	for (int id = ROOT + 1; id < keys->nr; id++) {
		const struct key *key = &keys->list[id];

		if (key->parent == parent && strlen(key->row->name) == length &&
		    !memcmp(key->row->name, name, length))
			return id;
	}
	return -1;
}

int key_at(const struct keys *keys, const char *path)
{
	for (int id = ROOT + 1; id < keys->nr; id++)
		if (!strcmp(keys->list[id].path, path))
			return id;
	return -1;
}
