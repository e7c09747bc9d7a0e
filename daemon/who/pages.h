/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_PAGES_H
#define DADRACE_WHO_PAGES_H

#include "who/image.h"
#include "who/layout.h"

/*
 * What each page of memory is used for, and the objects of the slab allocator in it.
 */
struct pages;

enum page_kind {
	PAGE_UNKNOWN, /* no memory, or of no kind that is read */
	PAGE_FREE,
	PAGE_PRIVATE, /* of a process, or of the page cache: never read */
	PAGE_KERNEL,  /* stacks, vmalloc, per-CPU data, the kernel's image, ... */
	PAGE_SLAB,
	PAGE_LARGE, /* several pages that are one allocation, mostly of kmalloc() */
};

/* A stretch of pages of one kind; of one slab or one large allocation. */
struct run {
	uint64_t page, nr;
	uint64_t cache; /* struct kmem_cache of a slab */
	enum page_kind kind;
	bool is_bulk; /* points to nothing of the network: left out of scans */
	bool is_kept; /* in the recording */
};

struct pages_sums {
	uint64_t slab; /* pages */
	uint64_t odd;  /* pages of slabs whose cache makes no sense */
};

/* An object of the slab allocator, or a large allocation. */
struct object {
	uint64_t base;
	uint32_t size;	   /* that its user asked for; of kmalloc: that of the bucket */
	uint32_t slot;	   /* its index in the slab */
	const char *cache; /* the name; of merged caches, of one of them */
	bool is_dedicated; /* the cache is for one type (or a few that were merged) */
	bool is_free;	   /* it is not in use: on a freelist */
};

int pages_open(const struct image *image, const struct layout *layout, struct pages **out,
	       struct why *why);
void pages_close(struct pages *pages);

void pages_count(const struct pages *pages, struct pages_sums *sums);

/* In ascending order, those of PAGE_KERNEL, PAGE_SLAB and PAGE_LARGE only. */
const struct run *pages_runs(const struct pages *pages, uint32_t *nr);

enum page_kind pages_kind(const struct pages *pages, uint64_t address);

/* Per-CPU pointers of caches, those that are not 0: as many as fit. Returns how many. */
uint32_t pages_cpu_pointers(const struct pages *pages, uint64_t *list, uint32_t max);

/* The object that an address lies in; false when it lies in none. */
bool pages_object(struct pages *pages, uint64_t address, struct object *object);

/*
 * Whether the object is one in which the allocator notes free ones (struct slab_sheaf), `word`
 * among them: what was handed out since stays noted there, and is not held.
 */
bool pages_is_sheaf(struct pages *pages, const struct object *object, uint64_t word);

/*
 * The aliases of a merged cache, in `names`: as many as fit, the cache's own name at least.
 */
uint32_t pages_aliases(const struct pages *pages, const char *cache, const char **names,
		       uint32_t max);

#endif
