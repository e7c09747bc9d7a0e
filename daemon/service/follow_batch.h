/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FOLLOW_BATCH_H
#define DADRACE_FOLLOW_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Lines of results.ndjson as replies to Follow, each with the line and the place after it. A
 * batch is made once and sent to all followers at the same place.
 */
struct batch {
	uint32_t references; /* batch_drop() of the last one frees it */
	uint64_t from, to;   /* places in the file */
	bool brief;
	size_t length;
	char text[];
};

/* What to read. */
struct batch_ask {
	uint64_t from;
	bool brief;   /* of a trial only verdict, reason, number and arm */
	bool is_over; /* false: a resumed run may cut off the lines of the end, so they are left
			 out */
};

/* About 64 KiB of lines, at least one. NULL: none is written yet, or out of memory. */
struct batch *batch_read(const char *path, const struct batch_ask *ask);

/*
 * The length of a trial's line up to number and arm in its spec, which "}}" closes; most of the
 * line follows. The whole length: there is no such place. A quote in a text is escaped, so the
 * pattern cannot match inside one.
 */
size_t batch_brief_length(const char *line, size_t length);

struct batch *batch_hold(struct batch *batch);
void batch_drop(void *batch); /* or NULL */

#endif
