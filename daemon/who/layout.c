// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/layout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SPELLINGS = 2, SPELLING = 96, PAGE_STRUCT_MAX = 4096, BITS = 64 };

/* clang-format off */
static const struct {
	bool needed;
	const char *spellings[SPELLINGS + 1];
} places[PLACES] = {
#define X(place, is_needed, ...) [AT_##place] = { is_needed, { __VA_ARGS__ } },
	LAYOUT_PLACES(X)
#undef X
};

static const struct {
	const char *name;
	size_t offset;
} sizes[] = {
	{ "page", offsetof(struct layout, page_size) },
	{ "net_device", offsetof(struct layout, device_size) },
	{ "netdev_queue", offsetof(struct layout, queue_size) },
	{ "ctl_table", offsetof(struct layout, ctl_table_size) },
	{ "upid", offsetof(struct layout, upid_size) },
};
/* clang-format on */

static bool find_place(const struct types *types, const char *spelling, uint32_t *offset)
{
	char structure[SPELLING];
	const char *dot = strchr(spelling, '.');

	snprintf(structure, sizeof(structure), "%.*s", (int)(dot - spelling), spelling);
	return types_member(types, structure, dot + 1, offset);
}

static int lacks(const char *what, struct why *why)
{
	return why_exit(
		why, EXIT_CANNOT, ENOTSUP,
		"this kernel's types (BTF) have no %s, which is needed to read its memory; nothing is guessed",
		what);
}

static bool is_bit(int64_t number)
{
	return number >= 0 && number < BITS;
}

/* Members of descriptions of pages are taken out of what was read in one piece. */
static int check_page(const struct layout *layout, struct why *why)
{
	static const enum place of_page[] = { AT_PAGE_FLAGS,   AT_PAGE_TYPE,  AT_PAGE_HEAD,
					      AT_PAGE_MAPPING, AT_PAGE_COUNT, AT_PAGE_MAPCOUNT,
					      AT_SLAB_CACHE };
	bool is_good = layout->page_size <= PAGE_STRUCT_MAX;

	for (size_t i = 0; i < sizeof(of_page) / sizeof(of_page[0]); i++)
		is_good = is_good && layout->at[of_page[i]] + 8ULL <= layout->page_size;
	return is_good ? 0 :
			 why_exit(why, EXIT_CANNOT, ENOTSUP,
				  "this kernel's struct page (%u bytes) is not that of x86-64",
				  layout->page_size);
}

/* include/linux/page-flags.h: the same fact in the three ways that kernels had it. */
static int find_slab_mark(const struct types *types, struct layout *layout, struct why *why)
{
	enum { BUDDY_BIT = 0x80 }; /* of 5.10 to 6.9, where it is no enumerator */
	int64_t slab, buddy, large;

	if (types_enum(types, "pagetype", "PGTY_slab", &slab) &&
	    types_enum(types, "pagetype", "PGTY_buddy", &buddy)) {
		layout->slab_mark = SLAB_BY_BYTE;
		if (types_enum(types, "pagetype", "PGTY_large_kmalloc", &large))
			layout->large = (uint64_t)large;
	} else if (types_enum(types, "pagetype", "PG_slab", &slab) &&
		   types_enum(types, "pagetype", "PG_buddy", &buddy)) {
		layout->slab_mark = SLAB_BY_BITS;
	} else if (types_enum(types, "pageflags", "PG_slab", &slab) && is_bit(slab)) {
		layout->slab_mark = SLAB_BY_FLAG;
		buddy = BUDDY_BIT;
	} else {
		return lacks("enumerator PG_slab or PGTY_slab", why);
	}
	layout->slab = (uint64_t)slab;
	layout->buddy = (uint64_t)buddy;
	return 0;
}

int layout_find(const struct types *types, struct layout *layout, struct why *why)
{
	int64_t bit;

	*layout = (struct layout){ .linkwatch_bit = -1 };
	for (int i = 0; i < PLACES; i++) {
		bool found = false;

		layout->at[i] = (uint32_t)NO_PLACE;
		for (int j = 0; !found && places[i].spellings[j]; j++)
			found = find_place(types, places[i].spellings[j], &layout->at[i]);
		if (!found && places[i].needed)
			return lacks(places[i].spellings[0], why);
	}
	if (!layout_has(layout, AT_DEVICE_CPU_COUNT) && !layout_has(layout, AT_DEVICE_COUNT))
		return lacks("net_device.pcpu_refcnt or net_device.dev_refcnt", why);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint32_t size = type_size(types_struct(types, sizes[i].name));

		if (!size)
			return lacks(sizes[i].name, why);
		memcpy((char *)layout + sizes[i].offset, &size, sizeof(size));
	}
	layout->instance_size = type_size(types_struct(types, "kretprobe_instance"));
	layout->probe_size = type_size(types_struct(types, "kretprobe"));
	layout->has_trackers = types_has_typedef(types, "netdevice_tracker");
	if (types_enum(types, "netdev_state_t", "__LINK_STATE_LINKWATCH_PENDING", &bit) &&
	    is_bit(bit))
		layout->linkwatch_bit = (int32_t)bit;
	return check_page(layout, why) ? -ENOTSUP : find_slab_mark(types, layout, why);
}
