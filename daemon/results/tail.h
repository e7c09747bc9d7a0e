/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TAIL_H
#define DADRACE_TAIL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads results.ndjson line by line while another process writes it.
 *
 * A place in the file is a number of bytes, always after a whole line. A run that is resumed
 * cuts off the lines of the end and writes on; so nobody who reads a running campaign goes
 * beyond the trials and their ledgers, and what was read ahead is forgotten at each pause.
 */
struct tail;

enum line_type {
	LINE_NONE, /* there is no whole one yet */
	LINE_CAMPAIGN,
	LINE_CONTROL,
	LINE_TRIAL,
	LINE_LEDGER,
	LINE_OTHER, /* finding, summary: those of the end */
};

/* NULL: the file cannot be opened, or memory ran out. */
struct tail *tail_open(const char *path, uint64_t at);
void tail_close(struct tail *tail);

/* The next line, with its end, until the next call; it is not taken yet. */
enum line_type tail_peek(struct tail *tail, const char **line, size_t *length);
void tail_take(struct tail *tail);

/* Before a pause. */
void tail_forget(struct tail *tail);

uint64_t tail_at(const struct tail *tail);

#endif
