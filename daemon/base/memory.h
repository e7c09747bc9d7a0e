/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_BASE_MEMORY_H
#define DADRACE_BASE_MEMORY_H

#include <stdbool.h>
#include <stdio.h>

/*
 * That memory was short, once and for all in this process. Whatever finds it notes it, even
 * where the failure is passed over: a value that could not be made is missing from what is
 * written, and a text that could not be read looks like a wrong one.
 */
void memory_note_short(void);

bool memory_was_short(void);

/*
 * Closes what open_memstream() has opened: 0 when `text` has all that was written; else
 * -ENOMEM, and `text` is NULL. glibc's fclose() does not tell that its last realloc() failed.
 * `stream` NULL: it could not be opened.
 */
int memstream_close(FILE *stream, char **text);

#endif
