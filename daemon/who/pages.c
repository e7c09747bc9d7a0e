// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "who/paging.h"
#include "who/recording.h"

enum {
	CACHES_MAX = 4096,
	CACHE_SLOTS = 2 * CACHES_MAX,
	OBJECTS_MAX = 4096, /* of a slab: 32 KiB of 8 bytes */
	SHEAF_MAX = 1024,
	STRUCTS_MAX = 65536,
	ALIASES_MAX = 64,
	NODES_MAX = 64, /* NUMA nodes that are looked into */
};

struct cache {
	uint64_t address;
	bool makes_sense;
	bool is_dedicated;
	bool is_bulk;
	char name[48];
	uint32_t size, object_size, pad, offset;
	uint64_t random;
};

/* Which slots of a slab are free, once somebody has asked. */
struct slab_state {
	uint64_t page;
	uint8_t free[OBJECTS_MAX / 8];
};

struct pages {
	const struct image *image;
	const struct layout *layout;
	struct run *runs;
	uint32_t nr_runs, room;
	struct cache *caches[CACHE_SLOTS]; /* by hash of the address */
	uint32_t nr_caches;
	struct slab_state **states; /* by hash of the page */
	uint32_t nr_states, state_slots;
	struct span *structs; /* pages that struct pages are in, ascending */
	uint32_t nr_structs;
	uint64_t *sheaves; /* objects that are free in a sheaf, ascending */
	uint32_t nr_sheaved, sheaves_room;
	uint64_t odd;
	bool out_of_memory;
};

static uint64_t word_in(const uint8_t *at, uint32_t offset)
{
	uint64_t word;

	memcpy(&word, at + offset, sizeof(word));
	return word;
}

static uint32_t half_in(const uint8_t *at, uint32_t offset)
{
	uint32_t half;

	memcpy(&half, at + offset, sizeof(half));
	return half;
}

/* --- caches --- */

/*
 * Caches of file systems and of processes' memory: most of the slab, and without a pointer to
 * anything of the network. A merged one counts only when all that it serves are among them.
 */
static bool is_bulk(const struct pages *pages, const char *cache)
{
	static const char *const bulk[] = {
		"anon_vma",	     "anon_vma_chain", "btrfs_inode",
		"buffer_head",	     "dentry",	       "ext4_extent_status",
		"ext4_inode_cache",  "extent_status",  "fuse_inode",
		"lsm_inode_cache",   "ovl_inode",      "proc_inode_cache",
		"shmem_inode_cache", "vm_area_struct", "xfs_inode",
	};
	const char *names[ALIASES_MAX];
	uint32_t nr = pages_aliases(pages, cache, names, ALIASES_MAX), found = 0;

	for (uint32_t i = 0; i < nr; i++)
		for (size_t j = 0; j < sizeof(bulk) / sizeof(bulk[0]); j++)
			found += !strcmp(names[i], bulk[j]);
	return nr < ALIASES_MAX && found == nr;
}

static void read_cache(const struct pages *pages, uint64_t address, struct cache *cache)
{
	static const char *const shared[] = { "kmalloc", "dma-kmalloc", "rnd-kmalloc" };
	const struct image *image = pages->image;
	const uint32_t *at = pages->layout->at;
	uint32_t buffer = 1 << 20;

	*cache = (struct cache){ .address = address, .is_dedicated = true };
	image_text(image, image_u64(image, address + at[AT_CACHE_NAME]), cache->name,
		   sizeof(cache->name));
	cache->size = image_u32(image, address + at[AT_CACHE_SIZE]);
	cache->object_size = image_u32(image, address + at[AT_CACHE_OBJECT_SIZE]);
	cache->offset = image_u32(image, address + at[AT_CACHE_OFFSET]);
	if (layout_has(pages->layout, AT_CACHE_PAD))
		cache->pad = image_u32(image, address + at[AT_CACHE_PAD]);
	if (layout_has(pages->layout, AT_CACHE_RANDOM))
		cache->random = image_u64(image, address + at[AT_CACHE_RANDOM]);
	cache->makes_sense = cache->name[0] && cache->object_size >= 8 &&
			     cache->object_size <= cache->size && cache->size <= buffer &&
			     cache->pad < cache->size && cache->offset < cache->size;
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (!strncmp(cache->name, shared[i], strlen(shared[i])))
			cache->is_dedicated = false;
	cache->is_bulk = is_bulk(pages, cache->name);
}

static const struct cache *cache_at(struct pages *pages, uint64_t address)
{
	uint32_t i = (uint32_t)hash_word(HASH_START, address);

	while (pages->caches[i %= CACHE_SLOTS] && pages->caches[i]->address != address)
		i++;
	if (!pages->caches[i] && pages->nr_caches < CACHES_MAX) {
		pages->caches[i] = malloc(sizeof(struct cache));
		if (!pages->caches[i])
			return NULL;
		read_cache(pages, address, pages->caches[i]);
		pages->nr_caches++;
	}
	return pages->caches[i] && pages->caches[i]->makes_sense ? pages->caches[i] : NULL;
}

/* --- what pages are used for --- */

#define TYPE_BITS 0xf0000000U /* PAGE_TYPE_BASE, while types were inverted bits */

static bool has_type(const struct layout *layout, uint32_t type, uint64_t value)
{
	return layout->slab_mark == SLAB_BY_BYTE ?
		       type >> 24 == value :
		       (type & TYPE_BITS) == TYPE_BITS && !(type & value);
}

static enum page_kind kind_of(const struct layout *layout, const uint8_t *page)
{
	uint32_t type = half_in(page, layout->at[AT_PAGE_TYPE]);
	uint32_t count = half_in(page, layout->at[AT_PAGE_COUNT]);

	if (layout->large && has_type(layout, type, layout->large))
		return PAGE_LARGE; /* has no count: pages are "frozen" since 6.15 */
	if (layout->slab_mark == SLAB_BY_FLAG ?
		    word_in(page, layout->at[AT_PAGE_FLAGS]) >> layout->slab & 1 :
		    has_type(layout, type, layout->slab))
		return PAGE_SLAB;
	if (!count || has_type(layout, type, layout->buddy))
		return PAGE_FREE;
	/* Also what the kernel shares with a process, such as the rings of BPF and of perf. */
	return word_in(page, layout->at[AT_PAGE_MAPPING]) ||
			       half_in(page, layout->at[AT_PAGE_MAPCOUNT]) < TYPE_BITS ?
		       PAGE_PRIVATE :
		       PAGE_KERNEL;
}

static void add_run(struct pages *pages, const struct run *run)
{
	if (pages->nr_runs == pages->room) {
		uint32_t room = pages->room ? 2 * pages->room : 4096;
		struct run *runs = realloc(pages->runs, room * sizeof(*runs));

		if (!runs) {
			pages->out_of_memory = true;
			return;
		}
		pages->runs = runs;
		pages->room = room;
	}
	pages->runs[pages->nr_runs++] = *run;
}

static void end_run(struct pages *pages, struct run *run)
{
	const struct cache *cache =
		run->nr && run->kind == PAGE_SLAB ? cache_at(pages, run->cache) : NULL;

	if (run->nr && run->kind == PAGE_SLAB && !cache)
		pages->odd += run->nr;
	run->is_bulk = cache && cache->is_bulk;
	if (run->nr && (cache || run->kind == PAGE_KERNEL || run->kind == PAGE_LARGE))
		add_run(pages, run);
	run->nr = 0;
}

/* The descriptions of pages are much memory, and point to nothing but pages and caches. */
static bool is_of_structs(const struct pages *pages, uint64_t page)
{
	uint32_t low = 0, high = pages->nr_structs;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (pages->structs[middle].to <= page)
			low = middle + 1;
		else
			high = middle;
	}
	return low < pages->nr_structs && pages->structs[low].from <= page;
}

/* That they are not found costs time only. */
static void find_structs(struct pages *pages)
{
	const struct image *image = pages->image;
	uint64_t table = paging_table(image, pages->layout);

	pages->structs = calloc(STRUCTS_MAX, sizeof(*pages->structs));
	for (uint32_t i = 0; pages->structs && i < image->nr_ram; i++) {
		uint64_t at =
			image->page_structs + image->ram[i].from * pages->layout->page_size;
		uint64_t to = image->page_structs + image->ram[i].to * pages->layout->page_size;

		while (at < to && pages->nr_structs < STRUCTS_MAX) {
			struct span behind = paging_behind(image, table, at);
			uint64_t size =
				behind.to ? (behind.to - behind.from) * IMAGE_PAGE : IMAGE_PAGE;

			if (behind.to - behind.from > 1) /* single pages are too many */
				pages->structs[pages->nr_structs++] = behind;
			at = (at & ~(size - 1)) + size;
		}
	}
	if (pages->nr_structs)
		qsort(pages->structs, pages->nr_structs, sizeof(*pages->structs), span_compare);
}

/* Pages that were allocated as one, such as a large kmalloc() before 6.15, are one object. */
static void begin_large(struct pages *pages, struct run *run, enum page_kind *kind)
{
	uint64_t head = run->page + run->nr - 1;

	run->nr--;
	end_run(pages, run);
	*kind = PAGE_LARGE;
	*run = (struct run){ .page = head, .nr = 1, .kind = *kind };
}

/* A tail page is what its head is; the head comes before it. */
static void see_page(struct pages *pages, const uint8_t *page, uint64_t number, struct run *run)
{
	const struct layout *layout = pages->layout;
	bool is_tail = word_in(page, layout->at[AT_PAGE_HEAD]) & 1 && run->nr;
	enum page_kind kind = is_tail ? run->kind : kind_of(layout, page);

	if (kind == PAGE_KERNEL && is_of_structs(pages, number))
		kind = PAGE_PRIVATE;
	if (kind == PAGE_KERNEL && is_tail)
		begin_large(pages, run, &kind);
	if (run->nr && run->kind == kind && (is_tail || kind < PAGE_SLAB)) {
		run->nr++;
		return;
	}
	end_run(pages, run);
	*run = (struct run){ .page = number, .nr = 1, .kind = kind };
	if (kind == PAGE_SLAB)
		run->cache = word_in(page, layout->at[AT_SLAB_CACHE]);
}

static void see_span(struct pages *pages, const struct span *span)
{
	static uint8_t piece[IMAGE_PIECE];
	uint32_t size = pages->layout->page_size, most = IMAGE_PIECE / size;
	struct run run = { 0 };

	for (uint64_t page = span->from; page < span->to; page += most) {
		uint64_t nr = span->to - page < most ? span->to - page : most;

		image_sweep(pages->image, pages->image->page_structs + page * size, piece,
			    nr * size);
		for (uint64_t i = 0; i < nr; i++)
			see_page(pages, piece + i * size, page + i, &run);
	}
	end_run(pages, &run);
}

static void find_runs(struct pages *pages)
{
	find_structs(pages);
	for (uint32_t i = 0; i < pages->image->nr_ram; i++)
		see_span(pages, &pages->image->ram[i]);
}

static void take_runs(struct pages *pages, const struct recording *recorded)
{
	for (uint32_t i = 0; i < recorded->nr_runs; i++) {
		struct run run = recorded->runs[i];

		end_run(pages, &run);
	}
}

/* --- free objects in sheaves, since 6.18 --- */

static void note_sheaved(struct pages *pages, uint64_t object)
{
	if (pages->nr_sheaved == pages->sheaves_room) {
		uint32_t room = pages->sheaves_room ? 2 * pages->sheaves_room : 1024;
		uint64_t *sheaves = realloc(pages->sheaves, room * sizeof(*sheaves));

		if (!sheaves)
			return;
		pages->sheaves = sheaves;
		pages->sheaves_room = room;
	}
	pages->sheaves[pages->nr_sheaved++] = object;
}

static void read_sheaf(struct pages *pages, uint64_t sheaf)
{
	const uint32_t *at = pages->layout->at;
	uint64_t objects[SHEAF_MAX];
	uint32_t nr;

	if (!image_is_pointer(pages->image, sheaf))
		return;
	nr = image_u32(pages->image, sheaf + at[AT_SHEAF_SIZE]);
	if (!nr || nr > SHEAF_MAX ||
	    image_read(pages->image, sheaf + at[AT_SHEAF_OBJECTS], objects,
		       nr * sizeof(*objects)))
		return;
	for (uint32_t i = 0; i < nr; i++)
		note_sheaved(pages, objects[i]);
}

static void read_barn(struct pages *pages, uint64_t barn)
{
	const struct image *image = pages->image;
	uint64_t head = barn + pages->layout->at[AT_BARN_FULL], at = image_u64(image, head);

	for (uint32_t i = 0; i < SHEAF_MAX && image_is_pointer(image, at) && at != head; i++) {
		read_sheaf(pages, at - pages->layout->at[AT_SHEAF_LIST]);
		at = image_u64(image, at);
	}
}

/* Until 7.2 a node has its barn; since then both are in a table of the cache. */
static void read_barns(struct pages *pages, uint64_t cache)
{
	const struct layout *layout = pages->layout;
	const struct image *image = pages->image;
	uint64_t nodes = cache + layout->at[AT_CACHE_NODES];
	bool in_table = layout_has(layout, AT_NODES_BARN);
	uint32_t stride = in_table ? 16 : 8;

	for (uint32_t i = 0; i < NODES_MAX; i++) {
		uint64_t node = image_u64(
			image, nodes + i * stride + (in_table ? layout->at[AT_NODES_NODE] : 0));
		uint64_t barn;

		if (!image_is_pointer(image, node))
			return;
		barn = in_table ? image_u64(image,
					    nodes + i * stride + layout->at[AT_NODES_BARN]) :
				  image_u64(image, node + layout->at[AT_NODE_BARN]);
		if (image_is_pointer(image, barn))
			read_barn(pages, barn);
	}
}

static void read_sheaves(struct pages *pages, uint64_t cache)
{
	static const enum place of_cpu[] = { AT_SHEAVES_MAIN, AT_SHEAVES_SPARE,
					     AT_SHEAVES_RCU };
	const struct layout *layout = pages->layout;
	const struct image *image = pages->image;
	uint64_t sheaves = image_u64(image, cache + layout->at[AT_CACHE_SHEAVES]);

	if (!sheaves)
		return;
	for (uint32_t cpu = 0; cpu < image->nr_cpus; cpu++)
		for (size_t i = 0; i < sizeof(of_cpu) / sizeof(of_cpu[0]); i++)
			if (layout_has(layout, of_cpu[i]))
				read_sheaf(pages,
					   image_u64(image, sheaves + image->cpu_offsets[cpu] +
								    layout->at[of_cpu[i]]));
	if (layout_has(layout, AT_BARN_FULL) && layout_has(layout, AT_SHEAF_LIST) &&
	    layout_has(layout, AT_CACHE_NODES) &&
	    (layout_has(layout, AT_NODE_BARN) || layout_has(layout, AT_NODES_BARN)))
		read_barns(pages, cache);
}

static int compare_words(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

static void read_all_sheaves(struct pages *pages)
{
	if (!layout_has(pages->layout, AT_CACHE_SHEAVES) ||
	    !layout_has(pages->layout, AT_SHEAF_OBJECTS))
		return;
	for (uint32_t i = 0; i < CACHE_SLOTS; i++)
		if (pages->caches[i] && pages->caches[i]->makes_sense)
			read_sheaves(pages, pages->caches[i]->address);
	if (pages->nr_sheaved)
		qsort(pages->sheaves, pages->nr_sheaved, sizeof(*pages->sheaves),
		      compare_words);
}

/* --- free objects in freelists --- */

struct slab {
	const struct run *run;
	const struct cache *cache;
	uint64_t from, size;
	const uint8_t *bytes; /* what is in it; NULL: not read */
};

/* mm/slub.c, freelist_ptr_decode(): of CONFIG_SLAB_FREELIST_HARDENED. */
static uint64_t next_free(const struct pages *pages, const struct slab *slab, uint64_t object)
{
	uint64_t place = object + slab->cache->offset;
	uint64_t word = word_in(slab->bytes, (uint32_t)(place - slab->from));

	image_keep(pages->image, place, &word, sizeof(word));
	return layout_has(pages->layout, AT_CACHE_RANDOM) ?
		       word ^ slab->cache->random ^ __builtin_bswap64(place) :
		       word;
}

static void walk_freelist(const struct pages *pages, const struct slab *slab, uint64_t object,
			  struct slab_state *state)
{
	for (uint32_t i = 0; i < OBJECTS_MAX && object >= slab->from; i++) {
		uint64_t offset = object - slab->from;
		uint64_t slot = offset / slab->cache->size;

		if (offset + slab->cache->offset + 8 > slab->size || slot >= OBJECTS_MAX)
			return;
		if (state->free[slot / 8] & 1 << slot % 8)
			return;
		state->free[slot / 8] |= (uint8_t)(1 << slot % 8);
		object = next_free(pages, slab, object);
	}
}

static void walk_freelists(const struct pages *pages, const struct slab *slab,
			   struct slab_state *state)
{
	const struct layout *layout = pages->layout;
	const struct image *image = pages->image;
	uint64_t head = image->page_structs + slab->run->page * layout->page_size;
	uint64_t of_cpus = 0;

	walk_freelist(pages, slab, image_u64(image, head + layout->at[AT_SLAB_FREELIST]),
		      state);
	if (layout_has(layout, AT_CACHE_CPU) && layout_has(layout, AT_CACHE_CPU_FREELIST))
		of_cpus = image_u64(image, slab->cache->address + layout->at[AT_CACHE_CPU]);
	for (uint32_t i = 0; of_cpus && i < image->nr_cpus; i++)
		walk_freelist(pages, slab,
			      image_u64(image, of_cpus + image->cpu_offsets[i] +
						       layout->at[AT_CACHE_CPU_FREELIST]),
			      state);
}

static bool grow_states(struct pages *pages)
{
	uint32_t slots = pages->state_slots ? 2 * pages->state_slots : 1024;
	struct slab_state **states = calloc(slots, sizeof(*states));

	if (!states)
		return false;
	for (uint32_t i = 0; i < pages->state_slots; i++) {
		uint32_t j;

		if (!pages->states[i])
			continue;
		j = (uint32_t)hash_word(HASH_START, pages->states[i]->page);
		while (states[j &= slots - 1])
			j++;
		states[j] = pages->states[i];
	}
	free(pages->states);
	pages->states = states;
	pages->state_slots = slots;
	return true;
}

static struct slab_state *state_of(struct pages *pages, struct slab *slab)
{
	uint32_t i = (uint32_t)hash_word(HASH_START, slab->run->page);
	struct slab_state *state;
	uint8_t *bytes;

	if (2 * pages->nr_states >= pages->state_slots && !grow_states(pages))
		return NULL;
	while (pages->states[i &= pages->state_slots - 1]) {
		if (pages->states[i]->page == slab->run->page)
			return pages->states[i];
		i++;
	}
	state = calloc(1, sizeof(*state));
	bytes = malloc(slab->size);
	if (!state || !bytes) {
		free(state);
		free(bytes);
		return NULL;
	}
	image_sweep(pages->image, slab->from, bytes, slab->size);
	slab->bytes = bytes;
	state->page = slab->run->page;
	walk_freelists(pages, slab, state);
	free(bytes);
	pages->states[i] = state;
	pages->nr_states++;
	return state;
}

static bool is_free(struct pages *pages, struct slab *slab, uint64_t base, uint32_t slot)
{
	struct slab_state *state = state_of(pages, slab);

	if (state && slot < OBJECTS_MAX && state->free[slot / 8] & 1 << slot % 8)
		return true;
	return pages->nr_sheaved &&
	       bsearch(&base, pages->sheaves, pages->nr_sheaved, sizeof(base), compare_words);
}

/* --- answers --- */

uint32_t pages_cpu_pointers(const struct pages *pages, uint64_t *list, uint32_t max)
{
	static const enum place of_cache[] = { AT_CACHE_CPU, AT_CACHE_SHEAVES };
	uint32_t nr = 0;

	for (uint32_t i = 0; i < CACHE_SLOTS; i++)
		for (size_t j = 0; j < sizeof(of_cache) / sizeof(of_cache[0]); j++) {
			const struct cache *cache = pages->caches[i];
			uint64_t pointer =
				cache && cache->makes_sense &&
						layout_has(pages->layout, of_cache[j]) ?
					image_u64(pages->image,
						  cache->address +
							  pages->layout->at[of_cache[j]]) :
					0;

			if (pointer && nr < max)
				list[nr++] = pointer;
		}
	return nr;
}

static void keep_run(const struct pages *pages, struct run *run)
{
	if (!pages->image->record || run->is_kept)
		return;
	run->is_kept = true;
	recording_keep_run(pages->image->record, run);
}

static const struct run *run_at(const struct pages *pages, uint64_t address)
{
	uint64_t page = image_page_of(pages->image, address);
	uint32_t low = 0, high = pages->nr_runs;

	if (!image_is_direct(pages->image, address))
		return NULL;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (pages->runs[middle].page + pages->runs[middle].nr <= page)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == pages->nr_runs || pages->runs[low].page > page)
		return NULL;
	keep_run(pages, &pages->runs[low]);
	return &pages->runs[low];
}

enum page_kind pages_kind(const struct pages *pages, uint64_t address)
{
	const struct run *run = run_at(pages, address);

	return run ? run->kind : PAGE_UNKNOWN;
}

bool pages_object(struct pages *pages, uint64_t address, struct object *object)
{
	const struct run *run = run_at(pages, address);
	struct slab slab = { .run = run };

	if (!run || run->kind < PAGE_SLAB)
		return false;
	slab.from = image_at_page(pages->image, run->page);
	slab.size = run->nr * IMAGE_PAGE;
	if (run->kind == PAGE_LARGE) {
		*object = (struct object){ .base = slab.from,
					   .size = (uint32_t)slab.size,
					   .cache = "kmalloc, whole pages" };
		return true;
	}
	slab.cache = cache_at(pages, run->cache);
	if (!slab.cache)
		return false;
	*object = (struct object){
		.slot = (uint32_t)((address - slab.from) / slab.cache->size),
		.size = slab.cache->object_size,
		.cache = slab.cache->name,
		.is_dedicated = slab.cache->is_dedicated,
	};
	object->base = slab.from + (uint64_t)object->slot * slab.cache->size + slab.cache->pad;
	/* Behind an object is what the allocator keeps there. */
	if (address < object->base || address >= object->base + object->size ||
	    object->base + object->size > slab.from + slab.size)
		return false;
	object->is_free = is_free(pages, &slab, object->base, object->slot);
	return true;
}

/* mm/slub.c, alloc_empty_sheaf(): by kmalloc(), with its places behind its head. */
static bool may_be_sheaf(const struct pages *pages, const struct object *object)
{
	return !object->is_dedicated && layout_has(pages->layout, AT_SHEAF_CACHE) &&
	       layout_has(pages->layout, AT_SHEAF_OBJECTS) &&
	       layout_has(pages->layout, AT_SHEAF_SIZE) &&
	       object->size > pages->layout->at[AT_SHEAF_OBJECTS];
}

bool pages_is_sheaf(struct pages *pages, const struct object *object, uint64_t word)
{
	const struct run *run = run_at(pages, word);
	const uint32_t *at = pages->layout->at;

	return run && run->kind == PAGE_SLAB && may_be_sheaf(pages, object) &&
	       image_pointer(pages->image, object->base + at[AT_SHEAF_CACHE]) == run->cache &&
	       image_u32(pages->image, object->base + at[AT_SHEAF_SIZE]) <=
		       (object->size - at[AT_SHEAF_OBJECTS]) / sizeof(uint64_t);
}

const struct run *pages_runs(const struct pages *pages, uint32_t *nr)
{
	*nr = pages->nr_runs;
	return pages->runs;
}

void pages_count(const struct pages *pages, struct pages_sums *sums)
{
	*sums = (struct pages_sums){ .odd = pages->odd };
	for (uint32_t i = 0; i < pages->nr_runs; i++)
		if (pages->runs[i].kind == PAGE_SLAB)
			sums->slab += pages->runs[i].nr;
}

uint32_t pages_aliases(const struct pages *pages, const char *cache, const char **names,
		       uint32_t max)
{
	const struct image *image = pages->image;
	const char *group = NULL;
	uint32_t nr = 0;

	for (uint32_t i = 0; !group && i < image->nr_aliases; i++)
		if (!strcmp(image->aliases[i].name, cache))
			group = image->aliases[i].group;
	for (uint32_t i = 0; group && nr < max && i < image->nr_aliases; i++)
		if (!strcmp(image->aliases[i].group, group))
			names[nr++] = image->aliases[i].name;
	if (!nr && max)
		names[nr++] = cache;
	return nr;
}

int pages_open(const struct image *image, const struct layout *layout, struct pages **out,
	       struct why *why)
{
	struct pages *pages = calloc(1, sizeof(*pages));

	if (!pages)
		return why_memory(why);
	pages->image = image;
	pages->layout = layout;
	if (image->recorded)
		take_runs(pages, image->recorded);
	else
		find_runs(pages);
	read_all_sheaves(pages);
	if (pages->out_of_memory) {
		pages_close(pages);
		return why_memory(why);
	}
	*out = pages;
	return 0;
}

void pages_close(struct pages *pages)
{
	if (!pages)
		return;
	for (uint32_t i = 0; i < CACHE_SLOTS; i++)
		free(pages->caches[i]);
	for (uint32_t i = 0; i < pages->state_slots; i++)
		free(pages->states[i]);
	free(pages->states);
	free(pages->structs);
	free(pages->sheaves);
	free(pages->runs);
	free(pages);
}
