/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHILD_H
#define DADRACE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/why.h"

/*
 * Programs of this machine that we run: apt, the dynamic loader, and ourselves again. Each dies
 * with us, reads nothing, and is looked up in PATH.
 */

/*
 * Runs argv in `folder` (NULL: where we are) and gives what it wrote to standard output,
 * malloc'd; standard error is kept for the sentence. -ENOENT when it is not installed, -EIO
 * with its last words when it failed.
 */
int child_output(const char *const *argv, const char *folder, char **output, struct why *why);

struct child_ask {
	const char *const *argv;
	int input;	/* standard input, from a file of the caller's; -1: it reads nothing */
	int said;	/* standard output and standard error */
	bool is_nobody; /* nothing of root's rights or of our environment is left to it */
};

/*
 * Starts a program with no signal blocked or ignored, in a process group of its own. Its pid,
 * which the caller waits for, or -errno.
 */
pid_t child_start(const struct child_ask *ask);

/*
 * Appends to PATH the folders of system programs that it lacks: login shells leave them out for
 * everybody but root, and `su` keeps the caller's. Of a program that has just started; what it
 * runs inherits it. False: out of memory.
 */
bool child_complete_path(void);

/* Where the system keeps its programs; PATH of a guest. */
#define CHILD_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * Where execvp() would find a program: 0 with its path, -ENOENT, or -EACCES when it may not be
 * run.
 */
int child_find(const char *program, char *path, size_t size);

#endif
