// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { NAME_SLOTS = 256 };

struct finder {
	const char *const *names;
	int16_t slots[NAME_SLOTS]; /* by hash: an index into names; -1: free */
	struct members *members;
	struct type type;
};

static uint32_t slot_of(const struct finder *finder, const char *name)
{
	uint32_t i = (uint32_t)hash_bytes(HASH_START, name, strlen(name));

	while (finder->slots[i %= NAME_SLOTS] >= 0 &&
	       strcmp(finder->names[finder->slots[i]], name) != 0)
		i++;
	return i;
}

static bool see_leaf(const struct leaf *leaf, void *context)
{
	struct finder *finder = context;
	struct members *members = finder->members;
	int16_t target;

	if (leaf->kind != LEAF_POINTER || !type_is_struct(leaf->target))
		return false;
	target = finder->slots[slot_of(finder, type_name(leaf->target))];
	if (target < 0)
		return false;
	if (members->nr == members->room) {
		uint32_t room = members->room ? 2 * members->room : 1024;
		struct member *list = realloc(members->list, room * sizeof(*list));

		if (!list) {
			members->out_of_memory = true;
			return true;
		}
		members->list = list;
		members->room = room;
	}
	members->list[members->nr++] = (struct member){
		.type = finder->type,
		.size = type_size(finder->type),
		.offset = leaf->offset,
		.target = (uint32_t)target,
		.owner = leaf->owner,
		.member = leaf->member,
	};
	return false;
}

static void see_struct(struct type type, void *context)
{
	struct finder *finder = context;
	uint32_t size = type_size(type);

	finder->type = type;
	if (size >= STRUCT_MIN && size <= STRUCT_MAX)
		type_walk(type, see_leaf, finder);
}

int members_find(const struct types *types, const char *const *names, uint32_t nr_names,
		 struct members *members)
{
	struct finder finder = { .names = names, .members = members };

	*members = (struct members){ 0 };
	memset(finder.slots, -1, sizeof(finder.slots));
	for (uint32_t i = 0; i < nr_names && i < MEMBER_TARGETS; i++)
		finder.slots[slot_of(&finder, names[i])] = (int16_t)i;
	types_each_struct(types, see_struct, &finder);
	if (!members->out_of_memory)
		return 0;
	members_clear(members);
	return -ENOMEM;
}

void members_clear(struct members *members)
{
	free(members->list);
	*members = (struct members){ 0 };
}

struct path_finder {
	const struct member *member;
	char *path;
};

static bool see_path(const struct leaf *leaf, void *context)
{
	const struct path_finder *finder = context;

	if (leaf->kind != LEAF_POINTER || leaf->offset != finder->member->offset ||
	    strcmp(leaf->owner, finder->member->owner) != 0 ||
	    strcmp(leaf->member, finder->member->member) != 0)
		return false;
	leaf_path(leaf, finder->path);
	return true;
}

void member_path(const struct member *member, char path[TYPE_PATH])
{
	struct path_finder finder = { member, path };

	path[0] = '\0';
	type_walk(member->type, see_path, &finder);
}
