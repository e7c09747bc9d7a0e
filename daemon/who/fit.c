// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/fit.h"

#include <stdlib.h>
#include <string.h>

#include "who/members.h"

/* include/linux/poison.h */
#define LIST_POISON1 0xdead000000000100
#define LIST_POISON2 0xdead000000000122
#define ERRORS_FROM  0xfffffffffffff000
#define IMAGE_FROM   0xffffffff80000000 /* the kernel's own code and its modules */

enum {
	COUNT_MAX = 100000,
	ONLY_POINTER = 8,
	NO_FUNCTION = -8, /* a return address, say: no member of any structure holds one */
	WITHOUT_FUNCTION = -4,
};

struct fitting {
	struct kernel *kernel;
	uint64_t base;
	uint32_t size;
	const uint8_t *bytes;
	double sum;
	double *unions; /* by offset: the best of what may be there */
	bool *in_union;
	bool lacks_function;
};

static uint64_t word_at(const struct fitting *fitting, uint32_t offset)
{
	uint64_t word;

	memcpy(&word, fitting->bytes + offset, sizeof(word));
	return word;
}

static double fit_function(const struct fitting *fitting, uint64_t word)
{
	uint64_t offset;
	const struct symbol *symbol =
		symbols_find(fitting->kernel->image->functions, word, &offset);

	return word >= IMAGE_FROM && symbol && !offset ? 3 : NO_FUNCTION;
}

static double fit_object(const struct fitting *fitting, const struct leaf *leaf, uint64_t word)
{
	struct kernel *kernel = fitting->kernel;
	uint32_t size = type_size(leaf->target);
	struct object object;

	if (!pages_object(kernel->pages, word, &object)) {
		if (!image_is_direct(kernel->image, word))
			return 0.5; /* vmalloc, or the kernel's image */
		return pages_kind(kernel->pages, word) == PAGE_KERNEL ? 0.3 : -4;
	}
	if (size > object.base + object.size - word)
		return -4;
	if (word != object.base)
		return 0.3;
	if (size == object.size || (!object.is_dedicated && 2 * size > object.size))
		return 1.5;
	return 0.7;
}

static double fit_pointer(const struct fitting *fitting, const struct leaf *leaf)
{
	const struct image *image = fitting->kernel->image;
	uint64_t word = word_at(fitting, leaf->offset);

	if (!word)
		return 0.05;
	if (word >= ERRORS_FROM)
		return 0.5;
	if (!image_is_pointer(image, word))
		return -4;
	if (type_is_function(leaf->target))
		return fit_function(fitting, word);
	if (type_is_struct(leaf->target))
		return fit_object(fitting, leaf, word);
	return !image_is_direct(image, word) ||
			       pages_kind(fitting->kernel->pages, word) != PAGE_UNKNOWN ?
		       0.5 :
		       -4;
}

static double fit_list(const struct fitting *fitting, const struct leaf *leaf)
{
	const struct image *image = fitting->kernel->image;
	uint64_t here = fitting->base + leaf->offset;
	uint64_t next = word_at(fitting, leaf->offset);
	uint64_t previous = word_at(fitting, leaf->offset + 8);

	if (!next && !previous)
		return 0;
	if (next == LIST_POISON1 || previous == LIST_POISON2)
		return 2;
	if (!image_is_pointer(image, next) || !image_is_pointer(image, previous))
		return -4;
	return image_pointer(image, next + 8) == here ||
			       image_pointer(image, previous) == here ?
		       3 :
		       -2;
}

static double fit_hlist(const struct fitting *fitting, const struct leaf *leaf)
{
	const struct image *image = fitting->kernel->image;
	uint64_t place = word_at(fitting, leaf->offset + 8); /* of what points to here */

	if (!place)
		return 0;
	if (place == LIST_POISON2)
		return 2;
	if (!image_is_pointer(image, place))
		return -4;
	return image_pointer(image, place) == fitting->base + leaf->offset ? 3 : -2;
}

static double fit_count(const struct fitting *fitting, const struct leaf *leaf)
{
	int32_t count;

	memcpy(&count, fitting->bytes + leaf->offset, sizeof(count));
	if (leaf->kind == LEAF_RCUREF)
		return count >= -1 && count < COUNT_MAX ? 0.5 : -4;
	return !count ? 0 : count > 0 && count < COUNT_MAX ? 1 : -4;
}

static uint32_t leaf_size(enum leaf_kind kind)
{
	switch (kind) {
	case LEAF_POINTER: return ONLY_POINTER;
	case LEAF_LIST:
	case LEAF_HLIST: return 2 * ONLY_POINTER;
	case LEAF_COUNT:
	case LEAF_RCUREF: return sizeof(int32_t);
	case LEAF_BOOL: return 1;
	case LEAF_RCU: return 0;
	}
	return 0;
}

/* What work and timers call is set when they are made, and stays: not of what is in use. */
static bool lacks_function(const struct fitting *fitting, const struct leaf *leaf)
{
	return leaf->kind == LEAF_POINTER && type_is_function(leaf->target) &&
	       (!strcmp(leaf->owner, "work_struct") || !strcmp(leaf->owner, "timer_list")) &&
	       !word_at(fitting, leaf->offset);
}

static double fit_leaf(const struct fitting *fitting, const struct leaf *leaf)
{
	switch (leaf->kind) {
	case LEAF_POINTER: return fit_pointer(fitting, leaf);
	case LEAF_LIST: return fit_list(fitting, leaf);
	case LEAF_HLIST: return fit_hlist(fitting, leaf);
	case LEAF_COUNT:
	case LEAF_RCUREF: return fit_count(fitting, leaf);
	case LEAF_BOOL: return fitting->bytes[leaf->offset] > 1 ? -2 : 0;
	case LEAF_RCU: return 0;
	}
	return 0;
}

/* Of a union only one member is there: the best one counts, and less. */
static bool see_leaf(const struct leaf *leaf, void *context)
{
	struct fitting *fitting = context;
	double points;

	if (leaf->offset + leaf_size(leaf->kind) > fitting->size)
		return false;
	points = fit_leaf(fitting, leaf);
	fitting->lacks_function |= !leaf->in_union && lacks_function(fitting, leaf);
	if (!leaf->in_union) {
		fitting->sum += points;
	} else if (!fitting->in_union[leaf->offset] ||
		   fitting->unions[leaf->offset] < 0.7 * points) {
		fitting->in_union[leaf->offset] = true;
		fitting->unions[leaf->offset] = 0.7 * points;
	}
	return false;
}

double fit(struct kernel *kernel, struct type type, uint64_t base, uint32_t size)
{
	uint32_t of_type = type_size(type);
	struct fitting fitting = { .kernel = kernel,
				   .base = base,
				   .size = of_type < size ? of_type : size };
	uint8_t *bytes = malloc(fitting.size + 1);

	fitting.bytes = bytes;
	fitting.unions = calloc(fitting.size + 1, sizeof(*fitting.unions));
	fitting.in_union = calloc(fitting.size + 1, sizeof(*fitting.in_union));
	if (bytes && fitting.unions && fitting.in_union) {
		image_read_holes(kernel->image, base, bytes, fitting.size);
		type_walk(type, see_leaf, &fitting);
		for (uint32_t i = 0; i < fitting.size; i++)
			fitting.sum += fitting.unions[i];
		fitting.sum += fitting.lacks_function ? WITHOUT_FUNCTION : 0;
	}
	free(bytes);
	free(fitting.unions);
	free(fitting.in_union);
	return fitting.sum;
}
