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
 * Paths are those of the guest: absolute, and with a root they begin there.
 */
#define ROOT_DADRACE "/usr/bin/dadrace"

/* The file of a path here, links followed: 0, -ENOENT. `root` NULL: this machine. */
int root_file(const char *root, const char *path, char file[PATH_MAX]);

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
