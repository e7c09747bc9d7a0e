// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "vmcore/parts.h"

enum { STEPS_MAX = 65536, NAME_MAX_HERE = 128, DEPTH_MAX = 64 };

/* A member of a structure that is read by name; 0 where there is none, which is no pointer. */
static uint64_t at_member(const struct image *image, uint64_t object, const char *structure,
			  const char *member)
{
	uint32_t offset;

	if (!image_is_pointer(image, object) ||
	    !types_member(image->types, structure, member, &offset))
		return 0;
	return object + offset;
}

static uint64_t pointer_in(const struct image *image, uint64_t object, const char *structure,
			   const char *member)
{
	uint64_t at = at_member(image, object, structure, member);

	return at ? image_u64(image, at) : 0;
}

static void text_in(const struct image *image, uint64_t object, const char *structure,
		    const char *member, char text[NAME_MAX_HERE])
{
	image_text(image, pointer_in(image, object, structure, member), text, NAME_MAX_HERE);
}

/* --- memory --- */

/* kernel/resource.c: what /proc/iomem lists at its first level. */
uint32_t facts_ram(const struct image *image, uint64_t root, struct span ram[RAM_MAX])
{
	uint64_t at = pointer_in(image, root, "resource", "child"), end = 0;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < STEPS_MAX && nr < RAM_MAX && image_is_pointer(image, at);
	     i++, at = pointer_in(image, at, "resource", "sibling")) {
		struct span span = {
			pointer_in(image, at, "resource", "start") / IMAGE_PAGE,
			(pointer_in(image, at, "resource", "end") + 1) / IMAGE_PAGE,
		};
		char name[NAME_MAX_HERE];

		text_in(image, at, "resource", "name", name);
		if (strncmp(name, "System RAM", strlen("System RAM")) != 0 || span.from < end ||
		    span.to <= span.from)
			continue;
		ram[nr++] = span;
		end = span.to;
	}
	return nr;
}

/* --- caches --- */

struct links {
	const struct image *image;
	uint32_t node; /* of rb_node in kernfs_node */
	struct image_alias *list;
	uint32_t nr, steps;
};

/* fs/kernfs/symlink.c: a link has a target, where another entry has something else. */
static void see_entry(struct links *links, uint64_t entry)
{
	enum { KERNFS_LINK = 4, KERNFS_TYPE = 15 };
	const struct image *image = links->image;
	uint64_t flags = at_member(image, entry, "kernfs_node", "flags");
	struct image_alias *alias = &links->list[links->nr];
	char name[NAME_MAX_HERE], group[NAME_MAX_HERE];

	if (!flags || (image_u32(image, flags) & KERNFS_TYPE) != KERNFS_LINK)
		return;
	text_in(image, entry, "kernfs_node", "name", name);
	text_in(image, pointer_in(image, entry, "kernfs_node", "symlink.target_kn"),
		"kernfs_node", "name", group);
	if (!*name || !*group)
		return;
	alias->name = strdup(name);
	alias->group = strdup(group);
	links->nr += alias->name && alias->group;
}

/* A tree of entries, which ends at a depth that no balanced one has. */
static void see_tree(struct links *links, uint64_t node, uint32_t depth)
{
	const struct image *image = links->image;

	if (!image_is_pointer(image, node) || depth == DEPTH_MAX || links->nr == SLABS_MAX ||
	    links->steps++ == STEPS_MAX)
		return;
	see_tree(links, pointer_in(image, node, "rb_node", "rb_left"), depth + 1);
	if (links->nr < SLABS_MAX)
		see_entry(links, node - links->node);
	see_tree(links, pointer_in(image, node, "rb_node", "rb_right"), depth + 1);
}

uint32_t facts_aliases(const struct image *image, uint64_t set,
		       struct image_alias aliases[SLABS_MAX])
{
	struct links links = { .image = image, .list = aliases };
	uint64_t folder = pointer_in(image, set, "kset", "kobj.sd");

	if (!types_member(image->types, "kernfs_node", "rb", &links.node))
		return 0;
	see_tree(&links, pointer_in(image, folder, "kernfs_node", "dir.children.rb_node"), 0);
	return links.nr;
}

/* --- tasks --- */

uint64_t facts_task(const struct image *image, uint64_t idle)
{
	uint32_t tasks;
	uint64_t task = idle;

	if (!types_member(image->types, "task_struct", "tasks", &tasks))
		return idle;
	for (uint32_t i = 0; i < STEPS_MAX && image_is_pointer(image, task); i++) {
		if (pointer_in(image, task, "task_struct", "mm"))
			return task;
		task = image_u64(image, task + tasks) - tasks;
		if (task == idle)
			break;
	}
	return idle;
}

uint32_t facts_netns(const struct image *image, uint64_t task)
{
	uint64_t net = pointer_in(image, pointer_in(image, task, "task_struct", "nsproxy"),
				  "nsproxy", "net_ns");
	uint64_t at = at_member(image, net, "net", "ns.inum");

	return at ? image_u32(image, at) : 0;
}
