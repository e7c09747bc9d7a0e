/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_LEARNED_H
#define DADRACE_LEARNED_H

#include "explore/explore.h"
#include "base/why.h"

/*
 * What an explorer has learned, as a text that another one learns again: a line of JSON for each trial. It
 * goes into a fresh guest, so that a campaign goes on there as if it were the same.
 */

/* malloc'd; "" when nothing was learned. NULL: out of memory. */
char *learned_write(const struct explorer *explorer);

/* Reads the file. Errors are sentences: it cannot be read, or has a line that is not understood. */
int learned_read(const char *path, struct explorer *explorer, struct why *why);

#endif
