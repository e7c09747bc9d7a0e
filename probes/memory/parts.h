/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MEMORY_PARTS_H
#define DADRACE_MEMORY_PARTS_H

#include "memory/memory.h"

/*
 *   memory.c     opens a reader and puts the image together
 *     bases.c    where physical memory and its descriptions are mapped, found by a page of ours
 *     facts.c    what the kernel says of itself: types, symbols, memory, caches
 *     bpf.c      the reader by BPF
 *     kcore.c    the reader by /proc/kcore
 */
struct memory_bpf;

struct memory {
	struct image image;
	struct memory_bpf *skel;
	const uint8_t *piece; /* of the BPF map */
	int kcore;
	struct kcore_part *parts;
	uint32_t nr_parts;
	struct symbols *functions;
	struct span *ram;
	struct image_alias *aliases;
	struct image_cpu_symbol *cpu_symbols;
	uint64_t copies[IMAGE_PIECE / IMAGE_PAGE];
};

/* --- bpf.c --- */

/* -errno with a sentence when the program cannot be loaded, or cannot be run. */
int bpf_reader_open(struct memory *memory, struct why *why);
void bpf_reader_close(struct memory *memory);

/* Our task, and where the per-CPU data are. */
int bpf_reader_find(struct memory *memory, struct why *why);

/* --- kcore.c --- */

int kcore_reader_open(struct memory *memory, struct why *why);
void kcore_reader_close(struct memory *memory);

/* All that bases_find() and bpf_reader_find() find, from the symbols of data. */
int kcore_reader_find(struct memory *memory, struct why *why);

/* --- facts.c --- */

int facts_read(struct memory *memory, struct why *why);
void facts_free(struct memory *memory);

/* The numbers of the pages that `nr` pages of our own memory lie in; 0: unknown. */
void facts_own_pages(const void *at, uint64_t *pages, uint32_t nr);

/* --- bases.c --- */

/* direct_map and page_structs; the task must be known. */
int bases_find(struct memory *memory, struct why *why);

#endif
