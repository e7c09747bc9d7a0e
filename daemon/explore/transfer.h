/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_LEARNED_H
#define DADRACE_LEARNED_H

#include "base/why.h"
#include "explore/explore.h"

/*
 * An explorer's knowledge as text: one line of JSON a trial. It goes into a fresh guest, so
 * that the campaign continues there unchanged.
 */

/* malloc'd; "" when nothing was learned. NULL: out of memory. */
char *learned_write(const struct explorer *explorer);

/*
 * Reads the file. Errors are sentences: it cannot be read, or has a line that is not
 * understood.
 */
int learned_read(const char *path, struct explorer *explorer, struct why *why);

#endif
