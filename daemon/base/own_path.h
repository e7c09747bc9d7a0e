/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_OWN_PATH_H
#define DADRACE_OWN_PATH_H

#include <stddef.h>

/*
 * The path of the running program, or of a file that lies beside it: what is installed together
 * is found from there, under any prefix. `beside` NULL: the program itself. 0 or -errno.
 */
int own_path(const char *beside, char *path, size_t size);

#endif
