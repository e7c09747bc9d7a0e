// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/instances.h"

#include <string.h>

enum { EXTENT_MAX = 1024, WORD = sizeof(uint64_t) };

/* How an instance leads to its probe. */
struct way {
	enum place first;
	enum place second; /* PLACES: the first word is to the probe */
};

static const struct way ways[] = {
	{ AT_RETHOOK_NODE_HOOK, AT_RETHOOK_DATA },
	{ AT_INSTANCE_HOLDER, AT_HOLDER_PROBE },
	{ AT_INSTANCE_PROBE, PLACES },
};

enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

struct search {
	const struct image *image;
	const struct layout *layout;
	const struct way *way;
};

static bool is_known(const struct layout *layout, const struct way *way)
{
	return layout_has(layout, way->first) &&
	       (way->second == PLACES || layout_has(layout, way->second));
}

static bool is_probe(const struct search *search, uint64_t probe)
{
	uint64_t handler, offset;
	const struct symbol *function;

	if (!image_is_pointer(search->image, probe))
		return false;
	image_sweep(search->image, probe + search->layout->at[AT_PROBE_HANDLER], &handler,
		    sizeof(handler));
	function = symbols_find(search->image->functions, handler, &offset);
	return function && !offset && !strcmp(function->name, "pre_handler_kretprobe");
}

/* So many bytes from `base` on are an instance, as far as its word that leads on tells; 0. */
static uint64_t extent(const struct search *search, uint64_t base, uint64_t word)
{
	const struct layout *layout = search->layout;
	uint64_t at = base + layout->at[search->way->first], probe = word, size;

	if (search->way->second != PLACES) {
		if (!image_is_direct(search->image, word) || word % WORD)
			return 0;
		image_sweep(search->image, word + layout->at[search->way->second], &probe,
			    sizeof(probe));
	}
	/* The probe has a pointer to its rethook, too. */
	if (!is_probe(search, probe) || at - probe < layout->probe_size)
		return 0;
	/* Each word that decided is recorded. */
	image_u64(search->image, at);
	if (search->way->second != PLACES)
		image_u64(search->image, word + layout->at[search->way->second]);
	image_u64(search->image, probe + layout->at[AT_PROBE_HANDLER]);
	size = layout->instance_size +
	       image_u64(search->image, probe + layout->at[AT_PROBE_DATA_SIZE]);
	return size <= EXTENT_MAX ? size : 0;
}

static uint64_t extent_at(const struct search *search, uint64_t base)
{
	uint64_t word;

	image_sweep(search->image, base + search->layout->at[search->way->first], &word,
		    sizeof(word));
	return extent(search, base, word);
}

/*
 * Of instances side by side. One that begins on the page before is told by the next one, which
 * is as large: pages of vmalloc() that follow each other are not neighbours.
 */
static bool is_among(const struct search *search, uint64_t address, const struct span *region)
{
	uint8_t bytes[2 * EXTENT_MAX];
	uint64_t first = search->layout->at[search->way->first];
	uint64_t from =
		address - region->from > EXTENT_MAX ? address - EXTENT_MAX : region->from;
	uint64_t to = region->to - address > EXTENT_MAX ? address + EXTENT_MAX : region->to;

	image_sweep(search->image, from, bytes, to - from);
	for (uint64_t at = from; at + WORD <= to; at += WORD) {
		uint64_t base = at - first, word, size;

		memcpy(&word, bytes + (at - from), sizeof(word));
		size = extent(search, base, word);
		if (size && address < base + size && base < address + size)
			return true;
	}
	return false;
}

bool instances_have(const struct image *image, const struct layout *layout, struct pages *pages,
		    uint64_t address)
{
	struct search search = { .image = image, .layout = layout };
	struct object object;
	bool is_object;

	if (!layout->instance_size || !layout_has(layout, AT_PROBE_HANDLER) ||
	    !layout_has(layout, AT_PROBE_DATA_SIZE))
		return false;
	is_object = pages_object(pages, address, &object);
	for (size_t i = 0; i < WAYS; i++) {
		struct span region = { address & ~(uint64_t)(IMAGE_PAGE - 1), 0 };

		region.to = region.from + IMAGE_PAGE;
		if (is_object)
			region = (struct span){ object.base, object.base + object.size };
		search.way = &ways[i];
		if (!is_known(layout, search.way))
			continue;
		if (is_object && address - object.base < extent_at(&search, object.base))
			return true;
		if (search.way->second != PLACES && is_among(&search, address, &region))
			return true;
	}
	return false;
}
