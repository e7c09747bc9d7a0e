/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_VMCORE_H
#define DADRACE_VMCORE_H

#include "base/why.h"
#include "who/image.h"

/*
 * The memory of a kernel in a file: a vmcore of kdump, or what a hypervisor writes of a guest,
 * as ELF or compressed by makedumpfile. Types (BTF), symbols and the list of memory are those
 * that the kernel has of itself, so that nothing but the file is needed.
 *
 * A file comes from anywhere: nothing in it is believed.
 */
struct vmcore;

/*
 * Errors have a sentence and EXIT_CONFIG: it cannot be read, is no such file, is damaged, is of
 * another architecture, or lacks something, which is named with what to give instead.
 */
int vmcore_open(const char *path, struct vmcore **out, struct why *why);
void vmcore_close(struct vmcore *vmcore);

/* All of it stands still: a second look sees the same. Owned by the vmcore. */
const struct image *vmcore_image(const struct vmcore *vmcore);

/* "6.12.118+deb13-cloud-amd64" */
const char *vmcore_release(const struct vmcore *vmcore);

/* The inode number of the network namespace that init is in; 0: unknown. */
uint32_t vmcore_home(const struct vmcore *vmcore);

/* How many modules at least have types (BTF) that cannot be read: their objects have none. */
uint32_t vmcore_untyped(const struct vmcore *vmcore);

/*
 * Pages that should be in the file could not be read: with a sentence and EXIT_CONFIG, -EIO. To
 * be asked when all has been read: what the missing pages point to is not known.
 */
int vmcore_check(const struct vmcore *vmcore, struct why *why);

#endif
