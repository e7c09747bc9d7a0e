// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "service/client_parts.h"

enum {
	RETURN_S = 60, /* to wait for a service that went away while a campaign was followed */
	RETRY_MS = 100,
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void print_line(const json_t *line)
{
	const char *type = text_of(line, "type");

	if (!strcmp(type, "campaign"))
		printf("Campaign %s runs on Linux %s\n",
		       text_of(json_object_get(line, "campaign"), "name"),
		       text_of(json_object_get(line, "machine"), "release"));
	else if (!strcmp(type, "trial"))
		printf("trial %" PRIu64 " %s: %s - %s\n",
		       fields_count(json_object_get(line, "spec"), "trial"),
		       text_of(json_object_get(line, "spec"), "arm"), text_of(line, "verdict"),
		       text_of(line, "reason"));
	else if (!strcmp(type, "finding"))
		printf("Finding: %s in %" PRIu64 " trials: %s\n", text_of(line, "signature"),
		       fields_count(line, "count"), text_of(line, "reason"));
}

static enum exits how_it_ended(const json_t *campaign, enum ctl_prints prints)
{
	int64_t code = EXIT_INTERNAL;
	const char *verdict = text_of(campaign, "verdict");
	const char *unfinished = text_of(campaign, "unfinished");

	if (prints == CTL_END_JSON) {
		json_dumpf(campaign, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (prints != CTL_LINES) {
		printf("%s%s%sVerdict: %s - %s\n", *unfinished ? "Unfinished, " : "",
		       unfinished, *unfinished ? "\n" : "", *verdict ? verdict : "none",
		       text_of(campaign, "reason"));
	}
	fields_integer(json_object_get(campaign, "exit_code"), 0, UINT8_MAX, &code);
	return (enum exits)code;
}

/*
 * The line in a reply to Follow, without the frame that dadraced puts around it
 * (follow_batch.c); NULL: another reply, which has to be parsed.
 */
static const char *line_of(const char *message, size_t size, size_t *length, uint64_t *next)
{
	static const char head[] = "{\"parameters\":{\"line\":{",
			  tail[] = "},\"continues\":true}", place[] = ",\"next\":";
	const char *end = message + size - (sizeof(tail) - 1);

	if (size < sizeof(head) + sizeof(tail) ||
	    strncmp(message, head, sizeof(head) - 1) != 0 || strcmp(end, tail) != 0)
		return NULL;
	while (end > message && *end != ',')
		end--;
	if (strncmp(end, place, sizeof(place) - 1) != 0)
		return NULL;
	*next = strtoull(end + sizeof(place) - 1, NULL, 10);
	message += sizeof(head) - 2;
	*length = (size_t)(end - message);
	return message;
}

enum followed {
	GOES_ON,
	ENDED,
	GONE, /* the service, or the connection */
};

/* The next reply; `next` is the place after its line. */
static enum followed follow_one(struct ctl *ctl, enum ctl_prints prints, uint64_t *next,
				enum exits *code)
{
	size_t size = 0, length = 0;
	const char *message = ctl_receive(ctl, &size);
	const char *text =
		prints == CTL_LINES && message ? line_of(message, size, &length, next) : NULL;
	json_t *reply, *line;

	if (!message)
		return GONE;
	if (text) {
		fwrite(text, 1, length, stdout);
		putchar('\n');
		return GOES_ON;
	}
	reply = ctl_understand(ctl, message, code);
	line = json_object_get(reply, "line");
	if (json_is_object(line))
		*next = fields_count(reply, "next");
	if (json_is_null(line)) {
		*code = how_it_ended(json_object_get(reply, "campaign"), prints);
	} else if (line && prints == CTL_LINES) {
		json_dumpf(line, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (line && prints == CTL_TRIALS) {
		print_line(line);
	}
	json_decref(reply);
	return reply && ctl->continues ? GOES_ON : ENDED;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

enum exits ctl_follow(struct ctl *ctl, const char *id, enum ctl_prints prints)
{
	enum exits code = EXIT_INTERNAL;
	enum followed followed = GONE;
	uint64_t next = 0;
	int tries = 0; /* since the last line */

	while (followed != ENDED && tries < RETURN_S * 1000 / RETRY_MS && !memory_was_short()) {
		if (tries == 1)
			fputs("dadrace: dadraced closed the connection; following continues when it is back\n",
			      stderr);
		if (tries)
			pause_ms(RETRY_MS);
		if (tries++ && !ctl_connect(ctl))
			continue;
		if (!ctl_send(ctl, "Follow",
			      json_pack("{ss sb sI}", "id", id, "brief", prints != CTL_LINES,
					"after", (json_int_t)next),
			      true))
			continue;
		ctl_deadline(ctl, 0); /* the next trial may end much later */
		while ((followed = follow_one(ctl, prints, &next, &code)) == GOES_ON)
			tries = 1;
	}
	if (followed == GONE)
		ctl_understand(ctl, NULL, &code);
	return code;
}
