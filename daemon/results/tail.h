/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_LINES_H
#define DADRACE_LINES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads results.ndjson line by line while another process writes it.
 *
 * A place in the file is a number of bytes, always after a whole line. A run that is resumed
 * cuts off the lines of the end and writes on; so nobody who reads a running campaign goes beyond
 * the trials and their ledgers, and what was read ahead is forgotten at each pause.
 */
struct lines;

enum line_type {
	LINE_NONE, /* there is no whole one yet */
	LINE_CAMPAIGN,
	LINE_TRIAL,
	LINE_LEDGER,
	LINE_OTHER, /* finding, summary: those of the end */
};

/* NULL: the file cannot be opened, or memory ran out. */
struct lines *lines_open(const char *path, uint64_t at);
void lines_close(struct lines *lines);

/* The next line, with its end, until the next call; it is not taken yet. */
enum line_type lines_peek(struct lines *lines, const char **line, size_t *length);
void lines_take(struct lines *lines);

/* Before a pause. */
void lines_forget(struct lines *lines);

uint64_t lines_at(const struct lines *lines);

#endif
