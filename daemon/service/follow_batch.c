// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/tail.h"
#include "service/follow_batch.h"

enum { BATCH_BYTES = 65536, FRAME_BYTES = 96 };

size_t batch_brief_length(const char *line, size_t length)
{
	static const char after_arm[] = ",\"site\":\"";
	const char *at = memmem(line, length, after_arm, sizeof(after_arm) - 1);

	return at ? (size_t)(at - line) : length;
}

static bool has_room(struct batch **batch, size_t *room, size_t more)
{
	size_t needed = (*batch)->length + more + FRAME_BYTES;
	struct batch *grown;

	if (needed <= *room)
		return true;
	needed = needed < 2 * *room ? 2 * *room : needed;
	grown = realloc(*batch, sizeof(**batch) + needed);
	if (!grown)
		return false;
	*batch = grown;
	*room = needed;
	return true;
}

/* The line is JSON already. */
static void add(struct batch *batch, enum line_type type, const char *line, size_t length)
{
	static const char head[] = "{\"parameters\":{\"line\":";
	bool is_cut = batch->brief && type == LINE_TRIAL;
	size_t kept = is_cut ? batch_brief_length(line, length) : length;
	char *at = batch->text + batch->length;

	memcpy(at, head, sizeof(head) - 1);
	at += sizeof(head) - 1;
	kept -= kept == length; /* its end */
	memcpy(at, line, kept);
	at += kept;
	if (kept < length - 1) {
		*at++ = '}'; /* of the spec */
		*at++ = '}';
	}
	at += snprintf(at, FRAME_BYTES, ",\"next\":%" PRIu64 "},\"continues\":true}",
		       batch->to);
	batch->length = (size_t)(at + 1 - batch->text);
}

struct batch *batch_read(const char *path, const struct batch_ask *ask)
{
	size_t room = BATCH_BYTES / 8, length;
	struct batch *batch = malloc(sizeof(*batch) + room);
	struct tail *tail = batch ? tail_open(path, ask->from) : NULL;
	enum line_type type;
	const char *line;

	if (batch)
		*batch = (struct batch){
			.references = 1, .from = ask->from, .to = ask->from, .brief = ask->brief
		};
	while (tail && batch->length < BATCH_BYTES &&
	       (type = tail_peek(tail, &line, &length)) != LINE_NONE &&
	       (type != LINE_OTHER || ask->is_over) && has_room(&batch, &room, length)) {
		tail_take(tail);
		batch->to = tail_at(tail);
		add(batch, type, line, length);
	}
	tail_close(tail);
	if (batch && batch->length)
		return batch;
	free(batch);
	return NULL;
}

struct batch *batch_hold(struct batch *batch)
{
	batch->references++;
	return batch;
}

void batch_drop(void *arg)
{
	struct batch *batch = arg;

	if (batch && !--batch->references)
		free(batch);
}
