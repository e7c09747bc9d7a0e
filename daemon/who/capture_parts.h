/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_CAPTURE_PARTS_H
#define DADRACE_WHO_CAPTURE_PARTS_H

#include <stdint.h>

/* What a capture consists of; capture.c reads it, capture_write.c writes it. */

#define CAPTURE_HEAD "dadrace capture "

enum capture_kind {
	CAPTURE_BASES = 1, /* struct capture_bases */
	CAPTURE_CPUS,	   /* uint64_t each: image.cpu_offsets */
	CAPTURE_RAM,	   /* struct span each */
	CAPTURE_ALIASES,   /* name and group of each, ended by zero */
	CAPTURE_FUNCTIONS, /* as /proc/kallsyms has them */
	CAPTURE_TYPES,	   /* BTF; the kernel's first, then one part for each module */
	CAPTURE_QUESTION,  /* struct capture_question */
	CAPTURE_LOOK,	   /* begins a look: cells, each a struct capture_cell and its words */
	CAPTURE_RUNS,	   /* of the look: struct capture_run each */
	CAPTURE_SCAN,	   /* of the look, in order: struct word each */
	CAPTURE_CHANGES, /* of the look: struct capture_change each, those of a word in order */
	CAPTURE_CPU_SYMBOLS, /* struct capture_cpu_symbol, and its name, ended by zero */
	CAPTURE_KINDS,
};

struct capture_part {
	uint32_t kind, reserved;
	uint64_t size;
};

struct capture_question {
	char device[64]; /* name; "" for any */
	char object[64]; /* as --object takes it; "" */
	uint32_t ifindex, netns, home, all_waiting;
	uint32_t check_netns[2];
};

struct capture_bases {
	uint64_t direct_map, page_structs, task, task_reads;
};

struct capture_cpu_symbol {
	uint32_t offset, size;
};

struct capture_cell {
	uint64_t number;
	uint64_t set; /* for each word of the cell a bit: it is not zero, and follows */
};

struct capture_change {
	uint64_t address, word, looks; /* see struct cell_change */
};

struct capture_run {
	uint64_t page, nr, cache, kind;
};

#endif
