/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FAKE_KERNEL_H
#define DADRACE_FAKE_KERNEL_H

#include "who/kernel.h"

/* The function that runs first of each kretprobe, and another one. */
#define FAKE_PROBE_HANDLER 0xffffffff81001000
#define FAKE_FUNCTION	   0xffffffff81000000

/*
 * A kernel of a few hundred pages, laid out as the types (BTF) of the running kernel say, and
 * filled in by the test: caches, objects, a namespace, devices, tasks. Nothing of the running
 * kernel but its types is read, so that no privilege is needed.
 */
struct fake;

/* NULL where this kernel has no BTF. */
struct fake *fake_open(void);
void fake_close(struct fake *fake);

const struct image *fake_image(const struct fake *fake);

/* A cache of the slab allocator, and an object of it, zeroed. */
uint64_t fake_cache(struct fake *fake, const char *name, uint32_t size);
uint64_t fake_object(struct fake *fake, uint64_t cache);

/* Pages that were allocated as one, zeroed. */
uint64_t fake_large(struct fake *fake);

/* A page of the kernel's own, zeroed, of no cache and of no task. */
uint64_t fake_page(struct fake *fake);

/* Has the pages of CPU 0's data in use, so that they are looked through. */
void fake_cpu_area(struct fake *fake);

/* A static per-CPU variable of CPU 0; 0: this kernel's types name none of this name. */
uint64_t fake_cpu_variable(const struct fake *fake, const char *name);

/* How far from the start of the per-CPU section an address is. */
uint64_t fake_cpu_offset(const struct fake *fake, uint64_t address);

/* Frees an object to its slab's freelist, or to that of a CPU where the kernel has those. */
void fake_free(struct fake *fake, uint64_t cache, uint64_t object, bool to_cpu);

/* Writes a member, "net_device.ifindex". */
void fake_set(struct fake *fake, uint64_t object, const char *place, uint64_t value);
void fake_set_word(struct fake *fake, uint64_t address, uint64_t value);
void fake_set_text(struct fake *fake, uint64_t object, const char *place, const char *text);

/* The size of a structure, and where a member is in it. */
uint32_t fake_size(const struct fake *fake, const char *structure);
uint32_t fake_offset(const struct fake *fake, const char *place);

/*
 * A device with so many references besides those that it has at rest: one from 5.17 on, and the
 * one of its registration. Registered ones are in the namespace's list.
 */
uint64_t fake_device(struct fake *fake, const char *name, bool registered, int32_t held);

/* The stack of the task that is there: what a test puts on it is found. */
uint64_t fake_stack(const struct fake *fake);

/* Overwrites words of memory and of the descriptions of pages, other ones for each seed. */
void fake_damage(struct fake *fake, uint32_t seed);

/* Has a word be another one by the time that it is read alone: once more, at the end. */
void fake_change_later(struct fake *fake, uint64_t address, uint64_t value);

/* Has the task open the object, as the private data of a file; where the descriptor is. */
uint64_t fake_file(struct fake *fake, uint32_t fd, uint64_t object);

#endif
