// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "results/results.h"
#include "service/parts.h"

#define SUMMARY_FILE "summary.json"

json_t *keep_summary(const struct kept *kept, bool *final)
{
	char *text = store_read(kept->service->store, kept->ticket.id, SUMMARY_FILE);
	json_t *json = text ? fields_parse(text) : NULL;
	const char *by = json_string_value(json_object_get(json, "ended_by"));

	free(text);
	*final = by && results_ends_for_good(by);
	return json;
}

/* A running campaign shows its trials only: a resumed run cuts off the lines of the end. */
static bool shows(const struct kept *kept, enum line_type type)
{
	return type == LINE_OTHER ? kept->ticket.state == TICKET_ENDED : type != LINE_NONE;
}

char *keep_lines(const struct kept *kept, uint64_t after, bool brief, uint64_t *next,
		 bool *more)
{
	struct store_path path =
		store_path(kept->service->store, kept->ticket.id, RESULTS_FILE);
	struct tail *tail = tail_open(path.text, after);
	enum line_type type;
	const char *line;
	size_t length, used = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &used);

	*next = after;
	*more = false;
	while (tail && out && shows(kept, type = tail_peek(tail, &line, &length))) {
		size_t shown =
			brief && type == LINE_TRIAL ? batch_brief_length(line, length) : length;

		if (used + shown > PART_BYTES && used) {
			*more = true;
			break;
		}
		if (used)
			fputc(',', out);
		fwrite(line, 1, shown - (shown == length), out); /* without its end */
		fputs(shown < length ? "}}" : "", out);
		fflush(out);
		tail_take(tail);
		*next = tail_at(tail);
	}
	tail_close(tail);
	memstream_close(out, &text);
	return text;
}

void keep_forget_places(struct service *service)
{
	places_free(service->looked.places);
	service->looked = (struct looked){ 0 };
}

static struct places *places_of(const struct kept *kept, const char *path)
{
	struct service *service = kept->service;

	if (service->looked.kept != kept) {
		keep_forget_places(service);
		service->looked = (struct looked){ kept, places_new(path) };
	}
	return service->looked.places;
}

json_t *keep_line(const struct kept *kept, enum line_type type, uint32_t trial,
		  uint32_t attempt)
{
	struct store_path path =
		store_path(kept->service->store, kept->ticket.id, RESULTS_FILE);
	struct places *places = places_of(kept, path.text);
	struct tail *tail = NULL;
	json_t *json = NULL;
	const char *line;
	size_t length;
	uint64_t at;

	if (places && places_find(places, type, trial, attempt, &at))
		tail = tail_open(path.text, at);
	if (tail && tail_peek(tail, &line, &length) == type)
		json = fields_parse_bytes(line, length);
	tail_close(tail);
	return json;
}
