/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FILES_H
#define DADRACE_FILES_H

#include <stddef.h>

/*
 * Writes all of the text, however many turns it takes. 0, or -errno: a part may then be
 * written.
 */
int file_write_all(int fd, const char *text, size_t length);

#endif
