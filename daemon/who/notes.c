// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/notes.h"

#include <stdlib.h>
#include <string.h>

#include "who/instances.h"
#include "who/paging.h"

enum { NOTES_MAX = 1 << 20, SIZE_MAX_NOTED = 1 << 26, SEEN_MAX = 4096 };

struct notes {
	const struct image *image;
	const struct layout *layout;
	struct pages *pages;
	uint64_t table;	   /* of pages */
	struct span *list; /* of the direct map */
	uint32_t nr, room;
	uint64_t seen[SEEN_MAX];
	uint32_t nr_seen;
};

struct notes *notes_open(const struct image *image, const struct layout *layout,
			 struct pages *pages)
{
	struct notes *notes = calloc(1, sizeof(*notes));

	if (!notes)
		return NULL;
	notes->image = image;
	notes->layout = layout;
	notes->pages = pages;
	notes->table = paging_table(image, layout);
	return notes;
}

void notes_close(struct notes *notes)
{
	if (!notes)
		return;
	free(notes->list);
	free(notes);
}

static void add_span(struct notes *notes, uint64_t from, uint64_t size)
{
	if (notes->nr == notes->room) {
		uint32_t room = notes->room ? 2 * notes->room : 256;
		struct span *list =
			room > NOTES_MAX ? NULL : realloc(notes->list, room * sizeof(*list));

		if (!list)
			return;
		notes->list = list;
		notes->room = room;
	}
	notes->list[notes->nr++] = (struct span){ from, from + size };
}

/* What vmalloc() has mapped is noted where the direct map has it. */
static void add_mapped(struct notes *notes, uint64_t from, uint64_t size)
{
	for (uint64_t at = from & ~(uint64_t)(IMAGE_PAGE - 1); at < from + size;
	     at += IMAGE_PAGE) {
		uint64_t direct = paging_direct(notes->image, notes->table, at);

		if (direct)
			add_span(notes, direct, IMAGE_PAGE);
	}
}

static void add(struct notes *notes, uint64_t from, uint64_t size)
{
	if (!from || size > SIZE_MAX_NOTED)
		return;
	if (image_is_direct(notes->image, from))
		add_span(notes, from, size);
	else
		add_mapped(notes, from, size);
}

static void add_object(struct notes *notes, uint64_t address)
{
	struct object object;

	if (pages_object(notes->pages, address, &object))
		add(notes, object.base, object.size);
}

/* --- stacks of tasks that are gone --- */

static void see_stack(struct notes *notes, uint64_t vm)
{
	const uint32_t *at = notes->layout->at;

	if (vm)
		add(notes, image_u64(notes->image, vm + at[AT_VM_ADDRESS]),
		    (uint64_t)image_u32(notes->image, vm + at[AT_VM_PAGES]) * IMAGE_PAGE);
}

/* A CPU keeps some for the next tasks: kernel/fork.c. */
static void see_cached_stack(struct notes *notes, uint64_t vm)
{
	if (layout_has(notes->layout, AT_VM_ADDRESS) && layout_has(notes->layout, AT_VM_PAGES))
		see_stack(notes, vm);
}

/* --- what is freed behind RCU --- */

static bool is_new(struct notes *notes, uint64_t address)
{
	for (uint32_t i = 0; i < notes->nr_seen; i++)
		if (notes->seen[i] == address)
			return false;
	if (notes->nr_seen == SEEN_MAX)
		return false;
	notes->seen[notes->nr_seen++] = address;
	return true;
}

/*
 * kfree_rcu() lists what it frees in pages (struct kvfree_rcu_bulk_data), which a CPU keeps for
 * the next time as they are: what was freed may be another object now. Their first or their
 * second word leads to the next one.
 */
static void see_freed(struct notes *notes, uint64_t page)
{
	while (page && page % IMAGE_PAGE == 0 && image_is_direct(notes->image, page) &&
	       is_new(notes, page)) {
		add(notes, page, IMAGE_PAGE);
		see_freed(notes, image_u64(notes->image, page + sizeof(uint64_t)));
		page = image_u64(notes->image, page);
	}
}

/* --- what CPUs keep --- */

/* Per-CPU variables whose words lead to memory that is not cleared. */
static const struct {
	const char *name;
	void (*see)(struct notes *notes, uint64_t word);
} kept_by_cpus[] = {
	{ "cached_stacks", see_cached_stack },
	{ "krc", see_freed },
};

static void see_words(struct notes *notes, uint64_t at, uint32_t size,
		      void (*see)(struct notes *notes, uint64_t word))
{
	for (uint32_t i = 0; i + sizeof(uint64_t) <= size; i += sizeof(uint64_t))
		see(notes, image_u64(notes->image, at + i));
}

void notes_see_cpus(struct notes *notes, const struct cpu_variables *variables)
{
	const size_t kinds = sizeof(kept_by_cpus) / sizeof(kept_by_cpus[0]);
	uint32_t nr;
	const struct cpu_variable *list = cpu_variables_list(variables, &nr);

	for (uint32_t i = 0; i < nr; i++)
		for (size_t kind = 0; kind < kinds; kind++) {
			if (strcmp(list[i].name, kept_by_cpus[kind].name) != 0)
				continue;
			for (uint32_t cpu = 0; cpu < notes->image->nr_cpus; cpu++)
				see_words(notes, cpu_variables_at(variables, &list[i], cpu),
					  list[i].size, kept_by_cpus[kind].see);
		}
}

/* --- what is opened --- */

/* Each CPU has one element more, for an update of a map that is full: kernel/bpf/hashtab.c. */
static void see_hash(struct notes *notes, uint64_t map, uint64_t entries)
{
	const uint32_t *at = notes->layout->at;

	if (layout_has(notes->layout, AT_HTAB_ELEMENTS) &&
	    layout_has(notes->layout, AT_HTAB_ELEMENT_SIZE))
		add(notes, image_u64(notes->image, map + at[AT_HTAB_ELEMENTS]),
		    (entries + notes->image->nr_cpus) *
			    image_u32(notes->image, map + at[AT_HTAB_ELEMENT_SIZE]));
}

static void see_array(struct notes *notes, uint64_t map, uint64_t entries)
{
	const uint32_t *at = notes->layout->at;

	if (layout_has(notes->layout, AT_ARRAY_VALUE) &&
	    layout_has(notes->layout, AT_ARRAY_ELEMENT_SIZE))
		add(notes, map + at[AT_ARRAY_VALUE],
		    entries * image_u32(notes->image, map + at[AT_ARRAY_ELEMENT_SIZE]));
}

/* Its pages, of which those with records are mapped a second time behind them. */
static void see_ring(struct notes *notes, uint64_t map, uint64_t entries)
{
	const uint32_t *at = notes->layout->at;
	uint64_t ring;

	(void)entries;
	if (!layout_has(notes->layout, AT_RING_BUFFER) ||
	    !layout_has(notes->layout, AT_RING_PAGES))
		return;
	ring = image_u64(notes->image, map + at[AT_RING_BUFFER]);
	add(notes, ring,
	    (uint64_t)image_u32(notes->image, ring + at[AT_RING_PAGES]) * IMAGE_PAGE);
}

/* By enum bpf_map_type, include/uapi/linux/bpf.h. */
enum { MAP_ARRAY_OF_MAPS = 12 };
static const struct {
	uint32_t type;
	void (*see)(struct notes *notes, uint64_t map, uint64_t entries);
} map_kinds[] = {
	{ 1, see_hash },
	{ 2, see_array },
	{ 9, see_hash }, /* that forgets the least recently used */
	{ 27, see_ring },
};

static void see_flat_map(struct notes *notes, uint64_t map)
{
	const uint32_t *at = notes->layout->at;
	uint32_t type = image_u32(notes->image, map + at[AT_MAP_TYPE]);

	for (size_t i = 0; map && i < sizeof(map_kinds) / sizeof(map_kinds[0]); i++)
		if (map_kinds[i].type == type)
			map_kinds[i].see(notes, map,
					 image_u32(notes->image, map + at[AT_MAP_ENTRIES]));
}

/* Of an array of maps those in it, too, which no process may have open. */
static void see_map(struct notes *notes, uint64_t map)
{
	const struct layout *layout = notes->layout;
	const uint32_t *at = layout->at;
	uint32_t entries;

	if (!layout_has(layout, AT_MAP_TYPE) || !layout_has(layout, AT_MAP_ENTRIES))
		return;
	see_flat_map(notes, map);
	if (image_u32(notes->image, map + at[AT_MAP_TYPE]) != MAP_ARRAY_OF_MAPS ||
	    !layout_has(layout, AT_ARRAY_VALUE))
		return;
	entries = image_u32(notes->image, map + at[AT_MAP_ENTRIES]);
	for (uint32_t i = 0; i < entries && i < SEEN_MAX; i++)
		see_flat_map(notes, image_u64(notes->image,
					      map + at[AT_ARRAY_VALUE] + i * sizeof(uint64_t)));
}

/* By the function that closes such a file. */
static const struct {
	const char *release;
	void (*see)(struct notes *notes, uint64_t private_data);
} kinds[] = {
	{ "bpf_map_release", see_map },
	{ "perf_release", add_object },
};

void notes_see_file(struct notes *notes, uint64_t file, uint64_t private_data)
{
	const struct image *image = notes->image;
	const uint32_t *at = notes->layout->at;
	uint64_t operations = image_u64(image, file + at[AT_FILE_OPERATIONS]), offset;
	const struct symbol *release = symbols_find(
		image->functions, image_u64(image, operations + at[AT_FILE_RELEASE]), &offset);

	for (size_t i = 0; release && !offset && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(release->name, kinds[i].release) && is_new(notes, private_data))
			kinds[i].see(notes, private_data);
}

/* --- answers --- */

void notes_sort(struct notes *notes)
{
	if (notes->nr)
		qsort(notes->list, notes->nr, sizeof(*notes->list), span_compare);
}

static int find_span(const void *key, const void *element)
{
	const uint64_t *address = key;
	const struct span *span = element;

	return *address < span->from ? -1 : *address >= span->to;
}

bool notes_has(const struct notes *notes, uint64_t address)
{
	return (notes->nr &&
		bsearch(&address, notes->list, notes->nr, sizeof(*notes->list), find_span)) ||
	       instances_have(notes->image, notes->layout, notes->pages, address);
}
