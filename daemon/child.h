/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHILD_H
#define DADRACE_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#include "why.h"

/*
 * Programs of this machine that we run to an end: apt, the dynamic loader. Each dies with us, reads
 * nothing, and is looked up in PATH.
 */

/*
 * Runs argv in `folder` (NULL: where we are) and gives what it wrote to standard output, malloc'd;
 * standard error is kept for the sentence. -ENOENT when it is not installed, -EIO with its last
 * words when it failed.
 */
int child_output(const char *const *argv, const char *folder, char **output, struct why *why);

/* Where execvp() would find a program: 0 with its path, -ENOENT, or -EACCES when it may not be run. */
int child_find(const char *program, char *path, size_t size);

#endif
