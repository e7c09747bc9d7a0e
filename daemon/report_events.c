// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "evidence.h"
#include "report_events.h"
#include "results_lines.h"

/* What a moment's value says. */
enum value {
	VALUE_NONE,
	VALUE_FLAGS,  /* IFF_... */
	VALUE_RESULT, /* 0, a number of bytes, or a negative errno */
	VALUE_OVER,   /* references over the baseline */
	VALUE_TABLE,  /* a routing table */
	VALUE_STATUS, /* a wait status */
};

/* clang-format off */
static const struct event {
	const char *thread;
	const char *words;
	enum value value;
	const char *counted; /* by its sequence; NULL: echoes */
} events[] = {
	[MOMENT_START]         = { "",   "the trial starts: baseline read, the bring-up is let go", VALUE_NONE },
	[MOMENT_FLAGS_ENTER]   = { "I",  "a flag set enters the kernel", VALUE_FLAGS },
	[MOMENT_FLAGS_RETURN]  = { "I",  "the flag set returns", VALUE_RESULT },
	[MOMENT_OPENED]        = { "I",  "the window is open", VALUE_NONE },
	[MOMENT_HELD]          = { "I",  "held in the window", VALUE_NONE },
	[MOMENT_RELEASED]      = { "I",  "let go", VALUE_NONE },
	[MOMENT_CLOSED]        = { "I",  "the window closes: the next flag set comes", VALUE_NONE },
	[MOMENT_EXITED]        = { "I",  "the bring-up's process ends", VALUE_STATUS },
	[MOMENT_ECHO_SENT]     = { "II", "the echo is handed to the kernel", VALUE_NONE },
	[MOMENT_ECHO_IN]       = { "II", "the echo reaches the device's receive path", VALUE_NONE },
	[MOMENT_ECHO_OUT]      = { "II", "the echo enters the kernel", VALUE_NONE },
	[MOMENT_ECHO_ANSWERED] = { "II", "the kernel answers the send", VALUE_RESULT },
	[MOMENT_ROUTE]         = { "II", "a route is looked up", VALUE_TABLE },
	[MOMENT_SOURCE]        = { "II", "a source address is selected", VALUE_RESULT },
	[MOMENT_REPLY]         = { "II", "the echo reply path is entered", VALUE_NONE },
	[MOMENT_STEP_HELD]     = { NULL, "held", VALUE_NONE },
	[MOMENT_STEP_RELEASED] = { NULL, "let go", VALUE_RESULT },
	[MOMENT_DAD_PROBE]     = { "",   "the device asks for its address", VALUE_NONE, "probe" },
	[MOMENT_DAD_ANSWERED]  = { "II", "the peer answers", VALUE_RESULT, "answer" },
	[MOMENT_DAD_IN]        = { "II", "the answer reaches the device's receive path", VALUE_NONE, "answer" },
	[MOMENT_TENTATIVE]     = { "",   "an address is tentative", VALUE_NONE },
	[MOMENT_DADFAILED]     = { "",   "its DAD has failed", VALUE_NONE },
	[MOMENT_PERMANENT]     = { "",   "its DAD is done: the address is usable", VALUE_NONE },
	[MOMENT_ADDRESS_GONE]  = { "",   "an address is gone", VALUE_NONE },
	[MOMENT_LINK_UP]       = { "",   "the link is up", VALUE_NONE },
	[MOMENT_LINK_DOWN]     = { "",   "the link is down", VALUE_NONE },
	[MOMENT_LINK_GONE]     = { "",   "the device is gone", VALUE_NONE },
	[MOMENT_DOWN]          = { "",   "teardown: dadrace sets the device down", VALUE_NONE },
	[MOMENT_SETTLED]       = { "",   "all references are back", VALUE_NONE },
	[MOMENT_LOOK]          = { "",   "a further look: references are missing", VALUE_OVER },
	[MOMENT_UNREGISTER]    = { "",   "the device is unregistered", VALUE_NONE },
	[MOMENT_UNREGISTERED]  = { "",   "the unregister has returned", VALUE_NONE },
};
/* clang-format on */
_Static_assert(sizeof(events) / sizeof(events[0]) == MOMENTS, "events: one per moment");

static void print_value(enum value kind, int64_t value, FILE *out)
{
	const char *name = value < 0 ? strerrorname_np((int)-value) : NULL;

	switch (kind) {
	case VALUE_NONE: break;
	case VALUE_FLAGS:
		fprintf(out, " (flags 0x%" PRIx64 "%s)", (uint64_t)value,
			value & 1 ? ", up" : "");
		break;
	case VALUE_RESULT:
		if (value < 0)
			fprintf(out, ": fails, %s", name ? name : "unknown error");
		break;
	case VALUE_OVER: fprintf(out, " (%+" PRId64 ")", value); break;
	case VALUE_TABLE: fprintf(out, " (table %" PRId64 ")", value); break;
	case VALUE_STATUS:
		if (value)
			fprintf(out, " (wait status 0x%" PRIx64 ")", (uint64_t)value);
		break;
	}
}

/* The words of a hold of the order: steps without one are no holds. */
static const char *hold_of(const json_t *order, uint32_t number)
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
	const struct event *event = &events[moment->event];
	const char *hold = event->thread ? NULL : hold_of(order, moment->sequence);
	const char *thread = hold ? hold : event->thread ? event->thread : "";
	int length = (int)strcspn(thread, " ");

	fprintf(out, "  %12.3f ms  %.*s%*s  %s", (double)moment->at_ns / 1e6, length, thread,
		3 - length, "", event->words);
	print_value(event->value, moment->value, out);
	if (hold)
		fprintf(out, ": \"%s\"", hold);
	else if (moment->sequence)
		fprintf(out, " (%s %u)", event->counted ? event->counted : "echo",
			moment->sequence);
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
	struct moment_told last = { .event = MOMENTS };
	uint32_t times = 0;
	const json_t *json;
	size_t i;

	json_array_foreach(timeline, i, json)
	{
		struct moment_told moment = { .event = MOMENTS };

		if (fields_from_json_known(&moment_fields, json, &moment) ||
		    moment.event >= MOMENTS)
			continue; /* a moment of a later version: not in these words */
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
