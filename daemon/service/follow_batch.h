/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FOLLOW_BATCH_H
#define DADRACE_FOLLOW_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Lines of results.ndjson as those get them who follow a campaign: replies of the control protocol, each
 * with the line and the place after it. A batch is made once and sent to all who are at the same place.
 */
struct batch {
	uint32_t references; /* freed by batch_drop() of the last one */
	uint64_t from, to;   /* places in the file */
	bool brief;
	size_t length;
	char text[];
};

/* What may be shown of the file. */
struct batch_ask {
	uint64_t from;
	bool brief;   /* of a trial only verdict, reason, number and arm */
	bool is_over; /* else the lines of the end may be cut off again, and are not shown */
};

/* 64 KiB of lines, one at least. NULL: there is none yet, or out of memory. */
struct batch *batch_read(const char *path, const struct batch_ask *ask);

struct batch *batch_hold(struct batch *batch);
void batch_drop(void *batch); /* or NULL */

#endif
