/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_PAGING_H
#define DADRACE_WHO_PAGING_H

#include "who/image.h"
#include "who/layout.h"

/* The kernel's part of the page tables, which all tasks share (x86-64, 4 levels or 5). */

/* Where they begin, in the direct map; 0: not found. */
uint64_t paging_table(const struct image *image, const struct layout *layout);

/* The pages behind the mapping that an address is in; an empty span when there is none. */
struct span paging_behind(const struct image *image, uint64_t table, uint64_t address);

/* Where the direct map has what is mapped at an address; 0: nowhere. */
uint64_t paging_direct(const struct image *image, uint64_t table, uint64_t address);

#endif
