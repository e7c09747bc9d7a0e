/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_INSTANCES_H
#define DADRACE_WHO_INSTANCES_H

#include "who/pages.h"

/*
 * The instances of kretprobes: what a probe notes of a call from its begin to its return. The
 * words stay when the call has returned, until the instance is used again; as old words on a
 * stack, they hold nothing.
 *
 * An instance is told by its own pointer to its probe, directly or through a rethook. Until
 * Linux 6.6 it is an object of kmalloc(); later many of them are one allocation, of kmalloc()
 * or of vmalloc() (lib/objpool.c).
 */
bool instances_have(const struct image *image, const struct layout *layout, struct pages *pages,
		    uint64_t address);

#endif
