// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/tail.h"

enum { ROOM_FIRST = 65536, ROOM_MOST = 16 << 20 };

struct lines {
	int fd;
	uint64_t at;  /* what has been taken */
	char *buffer; /* the file from `at` - `begin` on */
	size_t begin; /* taken of it */
	size_t used, room;
	size_t length; /* of the line that was shown */
};

struct lines *lines_open(const char *path, uint64_t at)
{
	struct lines *lines = calloc(1, sizeof(*lines));

	if (!lines)
		return NULL;
	lines->at = at;
	lines->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (lines->fd < 0) {
		free(lines);
		return NULL;
	}
	return lines;
}

void lines_close(struct lines *lines)
{
	if (!lines)
		return;
	close(lines->fd);
	free(lines->buffer);
	free(lines);
}

static size_t find_end(const struct lines *lines)
{
	const char *from = lines->buffer + lines->begin;
	const char *end = lines->used > lines->begin ?
				  memchr(from, '\n', lines->used - lines->begin) :
				  NULL;

	return end ? (size_t)(end + 1 - from) : 0;
}

/* Reads on from what was taken; false when nothing new came. */
static int refill(struct lines *lines)
{
	size_t before = lines->used - lines->begin;
	ssize_t n;

	if (before + ROOM_FIRST / 2 > lines->room) {
		size_t room = lines->room ? lines->room * 2 : ROOM_FIRST;
		char *more = room > ROOM_MOST ? NULL : realloc(lines->buffer, room);

		if (!more)
			return 0;
		lines->buffer = more;
		lines->room = room;
	}
	n = pread(lines->fd, lines->buffer, lines->room, (off_t)lines->at);
	lines->begin = 0;
	lines->used = n > 0 ? (size_t)n : 0;
	return lines->used > before;
}

static int is_type(const char *line, size_t length, const char *type)
{
	size_t n = strlen(type);

	return length > n + 10 && !memcmp(line, "{\"type\":\"", 9) &&
	       !memcmp(line + 9, type, n);
}

enum line_type lines_peek(struct lines *lines, const char **line, size_t *length)
{
	lines->length = find_end(lines);
	while (!lines->length && refill(lines))
		lines->length = find_end(lines);
	if (!lines->length)
		return LINE_NONE;
	*line = lines->buffer + lines->begin;
	*length = lines->length;
	if (is_type(*line, *length, "trial\""))
		return LINE_TRIAL;
	if (is_type(*line, *length, "ledger\""))
		return LINE_LEDGER;
	return is_type(*line, *length, "campaign\"") ? LINE_CAMPAIGN : LINE_OTHER;
}

void lines_take(struct lines *lines)
{
	lines->at += lines->length;
	lines->begin += lines->length;
	lines->length = 0;
}

void lines_forget(struct lines *lines)
{
	lines->begin = lines->used = lines->length = 0;
	free(lines->buffer);
	lines->buffer = NULL;
	lines->room = 0;
}

uint64_t lines_at(const struct lines *lines)
{
	return lines->at;
}
