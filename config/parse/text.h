/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TEXT_H
#define DADRACE_TEXT_H

#include <stddef.h>

#include "base/why.h"

/*
 * Reads a whole file of at most 1 MiB; "-" is standard input. `text` is malloc'd, without a
 * zero at its end. Errors: the errno of open or read, -EINVAL for a longer one, each with a
 * sentence.
 */
int text_read(const char *path, char **text, size_t *length, struct why *why);

#endif
