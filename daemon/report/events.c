// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include "report/events.h"
#include "report/moment_words.h"

/* Steps of the order that hold nothing are not counted. */
const char *report_hold(const json_t *order, uint32_t number)
{
	const json_t *step;
	size_t i;

	json_array_foreach(order, i, step)
	{
		const char *words = json_string_value(step);

		if (words && strstr(words, " held at ") && --number == 0)
			return words;
	}
	return NULL;
}

static void print_event(const struct moment_told *moment, uint32_t times, const json_t *order,
			FILE *out)
{
	const struct moment_row *event = &moment_table[moment->event];
	const char *hold = event->thread ? NULL : report_hold(order, moment->sequence);
	const char *thread = hold ? hold : event->thread ? event->thread : "";
	int length = (int)strcspn(thread, " ");

	fprintf(out, "  %12.3f ms  %.*s%*s  %s", (double)moment->at_ns / 1e6, length, thread,
		3 - length, "", event->words);
	moment_print_value(moment, out);
	if (hold)
		fprintf(out, ": \"%s\"", hold);
	else if (moment->sequence)
		fprintf(out, " (%s %u)", event->counted, moment->sequence);
	if (times > 1)
		fprintf(out, ", %u times", times);
	fputc('\n', out);
}

static bool is_same(const struct moment_told *a, const struct moment_told *b)
{
	return a->event == b->event && a->value == b->value && a->sequence == b->sequence;
}

void report_events(const json_t *timeline, const json_t *order, FILE *out)
{
	struct moment_told last = { 0 };
	uint32_t times = 0;
	const json_t *json;
	size_t i;

	json_array_foreach(timeline, i, json)
	{
		struct moment_told moment = { 0 };

		if (fields_from_json_known(&moment_fields, json, &moment) ||
		    !moment_is_known(moment.event))
			continue; /* a moment of a later version */
		if (times && !is_same(&last, &moment)) {
			print_event(&last, times, order, out);
			times = 0;
		}
		if (!times++)
			last = moment;
	}
	if (times)
		print_event(&last, times, order, out);
}
