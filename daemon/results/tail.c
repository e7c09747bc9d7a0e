// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/tail.h"

enum { ROOM_FIRST = 65536, ROOM_MOST = 16 << 20 };

struct tail {
	int fd;
	uint64_t at;  /* what has been taken */
	char *buffer; /* the file from `at` - `begin` on */
	size_t begin; /* taken of it */
	size_t used, room;
	size_t length; /* of the line that was shown */
};

struct tail *tail_open(const char *path, uint64_t at)
{
	struct tail *tail = calloc(1, sizeof(*tail));

	if (!tail)
		return NULL;
	tail->at = at;
	tail->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (tail->fd < 0) {
		free(tail);
		return NULL;
	}
	return tail;
}

void tail_close(struct tail *tail)
{
	if (!tail)
		return;
	close(tail->fd);
	free(tail->buffer);
	free(tail);
}

static size_t find_end(const struct tail *tail)
{
	const char *from = tail->buffer + tail->begin;
	const char *end =
		tail->used > tail->begin ? memchr(from, '\n', tail->used - tail->begin) : NULL;

	return end ? (size_t)(end + 1 - from) : 0;
}

/* Reads on from what was taken; false when nothing new came. */
static int refill(struct tail *tail)
{
	size_t before = tail->used - tail->begin;
	ssize_t n;

	if (before + ROOM_FIRST / 2 > tail->room) {
		size_t room = tail->room ? tail->room * 2 : ROOM_FIRST;
		char *more = room > ROOM_MOST ? NULL : realloc(tail->buffer, room);

		if (!more)
			return 0;
		tail->buffer = more;
		tail->room = room;
	}
	n = pread(tail->fd, tail->buffer, tail->room, (off_t)tail->at);
	tail->begin = 0;
	tail->used = n > 0 ? (size_t)n : 0;
	return tail->used > before;
}

static int is_type(const char *line, size_t length, const char *type)
{
	size_t n = strlen(type);

	return length > n + 10 && !memcmp(line, "{\"type\":\"", 9) &&
	       !memcmp(line + 9, type, n);
}

enum line_type tail_peek(struct tail *tail, const char **line, size_t *length)
{
	tail->length = find_end(tail);
	while (!tail->length && refill(tail))
		tail->length = find_end(tail);
	if (!tail->length)
		return LINE_NONE;
	*line = tail->buffer + tail->begin;
	*length = tail->length;
	if (is_type(*line, *length, "trial\""))
		return LINE_TRIAL;
	if (is_type(*line, *length, "control\""))
		return LINE_CONTROL;
	if (is_type(*line, *length, "ledger\""))
		return LINE_LEDGER;
	return is_type(*line, *length, "campaign\"") ? LINE_CAMPAIGN : LINE_OTHER;
}

void tail_take(struct tail *tail)
{
	tail->at += tail->length;
	tail->begin += tail->length;
	tail->length = 0;
}

void tail_forget(struct tail *tail)
{
	tail->begin = tail->used = tail->length = 0;
	free(tail->buffer);
	tail->buffer = NULL;
	tail->room = 0;
}

uint64_t tail_at(const struct tail *tail)
{
	return tail->at;
}
