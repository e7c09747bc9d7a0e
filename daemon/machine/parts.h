/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MACHINE_PARTS_H
#define DADRACE_MACHINE_PARTS_H

#include <stddef.h>

#include "machine/machine.h"

/*
 * What the files of machine.h share.
 *
 *   machine.c   which kernel it is
 *   lock.c      one run at a time
 *   dirty.c     the mark of a machine that a leak has made unfit
 *   kept.c      namespaces that runs have kept
 */

/* The file's first size - 1 bytes without the newlines at the end; "" when it cannot be read. */
void machine_text(const char *path, char *text, size_t size);

/* Creates MACHINE_FOLDER if it is not there. */
int machine_folder(struct why *why);

#endif
