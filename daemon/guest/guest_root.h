/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_GUEST_ROOT_H
#define DADRACE_GUEST_ROOT_H

#include <limits.h>
#include <stdbool.h>

#include "base/why.h"
#include "guest/architecture.h"

/*
 * Where the programs of a guest come from: this machine, or a folder that is the root of a
 * system of the guest's architecture (vm.root), whose links stay below it. None of the
 * folder's programs is run: their libraries are read from their ELF headers.
 *
 * The guest runs what is in the folder, and what is in a file of it gets into the guest's
 * image. So only root and the caller may own the folder and each file that is read, and write
 * to them, which is looked at each time that they are opened; and what a path has led to is
 * read from there, by its descriptor: a link that changes meanwhile leads nowhere.
 *
 * Paths are those of the guest: absolute, and with a root they begin there.
 */
#define ROOT_DADRACE "/usr/bin/dadrace"

/* Whether others than root and the caller may change what is in the folder: -EPERM. */
int root_check(const char *root, struct why *why);

/*
 * The regular file of a path, links followed: a descriptor to read, which the caller closes, or
 * a negative errno; -EPERM: others may change it. `root` NULL: this machine.
 */
int root_open(const char *root, const char *path);

/* What an error of root_open() means. */
const char *root_error(int err);

bool root_has(const char *root, const char *path);	   /* as a regular file */
bool root_has_program(const char *root, const char *path); /* which may be run */

/* As execvp() would find it, with a root in CHILD_PATH: 0 with the path, or -ENOENT. */
int root_find(const char *root, const char *program, char path[PATH_MAX]);

/*
 * Calls `each` with the loader and the libraries that a program or library of a root names;
 * ends with the first error. What is not an ELF file names none. -EINVAL: the program is of
 * another architecture, or a library is not in the root.
 */
int root_libraries(const char *root, const struct architecture *architecture, const char *path,
		   int (*each)(void *arg, const char *library), void *arg, struct why *why);

#endif
