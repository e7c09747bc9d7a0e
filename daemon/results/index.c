// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "results/index.h"

struct place {
	uint64_t at;
	uint32_t trial;
	uint32_t attempt : 31;
	uint32_t is_ledger : 1;
};

struct places {
	char *path;
	uint64_t seen; /* bytes that have been looked through */
	struct place *list;
	size_t nr, room;
};

struct places *places_new(const char *path)
{
	struct places *places = calloc(1, sizeof(*places));

	if (places)
		places->path = strdup(path);
	if (places && !places->path) {
		free(places);
		return NULL;
	}
	return places;
}

void places_free(struct places *places)
{
	if (!places)
		return;
	free(places->list);
	free(places->path);
	free(places);
}

/*
 * The number after these words, as every line has them: a quote in a text is escaped. 0: none.
 */
static uint32_t number_after(const char *line, size_t length, const char *words)
{
	const char *at = memmem(line, length, words, strlen(words));

	return at ? (uint32_t)strtoul(at + strlen(words), NULL, 10) : 0;
}

static struct place place_of(enum line_type type, const char *line, size_t length)
{
	if (type == LINE_TRIAL)
		return (struct place){
			.trial = number_after(line, length, "\"spec\":{\"trial\":"),
		};
	return (struct place){
		.trial = number_after(line, length, "\"trial\":"),
		.attempt = number_after(line, length, "\"attempt\":") & INT32_MAX,
		.is_ledger = true,
	};
}

static bool keep(struct places *places, const struct place *place)
{
	if (places->nr == places->room) {
		size_t room = places->room ? places->room * 2 : 256;
		struct place *more = reallocarray(places->list, room, sizeof(*more));

		if (!more)
			return false;
		places->list = more;
		places->room = room;
	}
	places->list[places->nr++] = *place;
	return true;
}

/* Stops after the trials and their ledgers: later lines may be cut off again. */
static void look_on(struct places *places)
{
	struct tail *tail = tail_open(places->path, places->seen);
	enum line_type type;
	const char *line;
	size_t length;

	while (tail && (type = tail_peek(tail, &line, &length)) != LINE_NONE &&
	       type != LINE_OTHER) {
		struct place place = place_of(type, line, length);

		place.at = tail_at(tail);
		if ((type == LINE_TRIAL || type == LINE_LEDGER) && !keep(places, &place))
			break;
		tail_take(tail);
		places->seen = tail_at(tail);
	}
	tail_close(tail);
}

bool places_find(struct places *places, enum line_type type, uint32_t trial, uint32_t attempt,
		 uint64_t *at)
{
	look_on(places);
	for (size_t i = 0; i < places->nr; i++) {
		const struct place *place = &places->list[i];

		if (place->trial != trial || place->attempt != attempt ||
		    place->is_ledger != (type == LINE_LEDGER))
			continue;
		*at = place->at;
		return true;
	}
	return false;
}
