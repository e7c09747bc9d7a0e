/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_IMAGE_H
#define DADRACE_WHO_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/symbols.h"
#include "who/types.h"

/*
 * A kernel's memory as it can be read, live or recorded, and what must be known about the
 * kernel to find anything in it. This room reads through it and never writes.
 *
 *   physical page N   is mapped at   direct_map + N * IMAGE_PAGE
 *                     described at   page_structs + N * sizeof(struct page)
 *   per-CPU pointer P of CPU C is at P + cpu_offsets[C]
 *
 * Free pages, the page cache and memory of processes are never read.
 */
enum { IMAGE_PAGE = 4096, IMAGE_CPUS_MAX = 1024, IMAGE_PIECE = 64 * 1024 };

struct span {
	uint64_t from, to; /* to is the first that is not in it */
};

/* By where they begin, for qsort(). */
int span_compare(const void *a, const void *b);

struct image_alias {
	const char *name;  /* of a slab cache */
	const char *group; /* what it is merged into; the same for all that share it */
};

/* A static per-CPU variable by its symbol, of a kernel whose types name none. */
struct image_cpu_symbol {
	const char *name;
	uint32_t offset, size;
};

struct recording;

struct image {
	/* All of it, or -EFAULT; the size is at most IMAGE_PIECE. */
	int (*read)(void *from, uint64_t address, void *to, size_t size);
	void *from;
	struct recording *record;   /* remembers what is read; NULL: nothing does */
	struct recording *recorded; /* what an earlier look read: all that there is; NULL */
	struct types *types;
	const struct symbols *functions;
	uint64_t direct_map, page_structs;
	uint64_t task;	 /* a task_struct; the list of all is walked from it */
	bool task_reads; /* it is the one that reads, and its traces are left out */
	uint64_t cpu_offsets[IMAGE_CPUS_MAX];
	uint32_t nr_cpus;
	const struct span *ram; /* numbers of pages, ascending */
	uint32_t nr_ram;
	const uint64_t *copies; /* numbers of the pages that the reader copies to, ascending */
	uint32_t nr_copies;
	const struct image_alias *aliases;
	uint32_t nr_aliases;
	const struct image_cpu_symbol *cpu_symbols;
	uint32_t nr_cpu_symbols;
};

/* Any size. 0, or -EFAULT when a part cannot be read. */
int image_read(const struct image *image, uint64_t address, void *to, size_t size);

/* The same; pages that cannot be read are zero. */
void image_read_holes(const struct image *image, uint64_t address, void *to, size_t size);

/*
 * The same for much memory of which little is of use: nothing of it is recorded but what
 * image_keep() names.
 */
void image_sweep(const struct image *image, uint64_t address, void *to, size_t size);
void image_keep(const struct image *image, uint64_t address, const void *bytes, size_t size);

/* A number; 0 when it cannot be read. */
uint64_t image_u64(const struct image *image, uint64_t address);
uint32_t image_u32(const struct image *image, uint64_t address);
uint8_t image_u8(const struct image *image, uint64_t address);

/* A word of which only matters what it points to; 0 when it cannot be read. */
uint64_t image_pointer(const struct image *image, uint64_t address);

/* A text, always ended; empty when it cannot be read. */
void image_text(const struct image *image, uint64_t address, char *text, size_t size);

/* Whether a name of lower-case letters, digits and underscores is there. */
bool image_has_word(const struct image *image, uint64_t address);

/* An int that is kept for each CPU, summed. False when one cannot be read. */
bool image_cpu_sum(const struct image *image, uint64_t pointer, int64_t *sum);

/* Whether a word may be a pointer to kernel memory, and one into the direct map. */
bool image_is_pointer(const struct image *image, uint64_t word);
bool image_is_direct(const struct image *image, uint64_t word);

static inline uint64_t image_page_of(const struct image *image, uint64_t address)
{
	return (address - image->direct_map) / IMAGE_PAGE;
}

static inline uint64_t image_at_page(const struct image *image, uint64_t page)
{
	return image->direct_map + page * IMAGE_PAGE;
}

/* Whether the page holds copies of what was read. */
bool image_is_copy(const struct image *image, uint64_t page);

#endif
