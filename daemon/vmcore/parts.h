/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_VMCORE_PARTS_H
#define DADRACE_VMCORE_PARTS_H

#include <stdio.h>

#include "vmcore/vmcore.h"

/*
 *   vmcore.c     opens a file and puts the image together
 *     file.c     its pages by their physical address, and its notes: the door to libkdumpfile
 *     flat.c     a file as it went through a pipe, put in order
 *     notes.c    the lines of VMCOREINFO
 *     space.c    virtual addresses, through the kernel's own page tables
 *     kallsyms.c the kernel's table of symbols
 *     modules.c  types and functions of its modules
 *     facts.c    what else the kernel knows of itself: memory, CPUs, caches
 */

/* --- file.c --- */

struct file;

int file_open(const char *path, struct file **out, struct why *why);
void file_close(struct file *file);

/* All of it, or -EFAULT; `address` is physical. */
int file_read(struct file *file, uint64_t address, void *to, size_t size);

/* The lines of VMCOREINFO, "KEY=VALUE"; NULL without one. Owned by the file. */
const char *file_notes(const struct file *file);

/* As vmcore_check(). */
int file_check(const struct file *file, struct why *why);

/* --- flat.c --- */

/* Whether it is a dump as it went through a pipe, which libkdumpfile reads since 0.5.3 only. */
bool flat_is(int fd);

/*
 * Puts its pieces in order, in a file without a name in `folder` ($TMPDIR, or /var/tmp): a
 * descriptor, or a negative errno; -ENODATA: the file ends too early.
 */
int flat_rearrange(int fd, const char **folder);

/* --- notes.c --- */

enum { NOTE_MAX = 128 };

/* The value of a line; false when there is none. */
bool note_text(const char *notes, const char *key, char value[NOTE_MAX]);

/* SYMBOL(NAME)=ffffffff..., NUMBER(NAME)=-123; 0 when there is none. */
uint64_t note_symbol(const char *notes, const char *name);
uint64_t note_number(const char *notes, const char *name);

/* --- space.c --- */

struct space {
	struct file *file;
	struct image tables; /* pages of the file as if they were mapped at its direct_map */
	uint64_t table;	     /* the kernel's own, as `tables` has it */
	uint64_t mask;	     /* bits that encryption of memory adds to addresses in tables */
	uint64_t direct_map, direct_end; /* 0: not known yet */
	uint64_t from, to, behind;	 /* what was looked up last: virtual, and physical */
};

/* -EINVAL with a sentence when the notes do not lead to page tables. */
int space_open(struct file *file, struct space *space, struct why *why);

/* Where physical memory is mapped, and how much of it there is: the tables are passed over. */
void space_set_direct(struct space *space, uint64_t direct_map, uint64_t size);

/* As image.read; `space` is a struct space. */
int space_read(void *space, uint64_t address, void *to, size_t size);

/* --- kallsyms.c --- */

/*
 * The addresses of the tables; base may be 0, as of kernels without one.
 * include/linux/kallsyms.h, kernel/kallsyms.c.
 */
struct kallsyms {
	uint64_t names, token_table, token_index, offsets, base;
	uint32_t nr;
};

/* A datum that is looked for, by name; 0: not found. */
struct kernel_datum {
	const char *name;
	uint64_t address;
};

/*
 * -ENOENT: the notes do not tell where the tables are (Linux before 6.0).
 */
int kallsyms_find(const struct image *image, const char *notes, struct kallsyms *kallsyms);

/*
 * Writes all of them as /proc/kallsyms does, and notes the data. -EINVAL: the tables make no
 * sense.
 */
int kallsyms_list(const struct image *image, const struct kallsyms *kallsyms, FILE *out,
		  struct kernel_datum *data, uint32_t nr_data);

/* --- modules.c --- */

enum { MODULES_MAX = 511, TYPES_MAX = 1 << 26 /* bytes, of one of them */ };

/* Functions of modules, as /proc/kallsyms has them. */
void modules_list(const struct image *image, uint64_t list, FILE *out);

/*
 * Their types, of at most MODULES_MAX; the caller frees their data. `missing`: of how many they
 * cannot be read, where the rest of a list that breaks off counts as one.
 */
uint32_t modules_types(const struct image *image, uint64_t list, struct types_raw *raw,
		       uint32_t *missing);

/* --- facts.c --- */

enum { RAM_MAX = 1024, SLABS_MAX = 4096 };

/* Stretches of System RAM below the root of all resources, ascending. */
uint32_t facts_ram(const struct image *image, uint64_t root, struct span ram[RAM_MAX]);

/* The caches that share their slabs, from sysfs; the caller frees names and groups. */
uint32_t facts_aliases(const struct image *image, uint64_t set,
		       struct image_alias aliases[SLABS_MAX]);

/* A task with memory of its own, whose page tables lead to the kernel's: init. */
uint64_t facts_task(const struct image *image, uint64_t idle);

/* The inode number of its network namespace. */
uint32_t facts_netns(const struct image *image, uint64_t task);

#endif
