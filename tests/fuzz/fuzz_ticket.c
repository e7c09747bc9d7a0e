// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "service/metrics_last.h"
#include "service/overview.h"

enum { MOST = 64 };

/* What a restarted service and notify_command are told of a ticket is the same ticket. */
static void say_again(const struct ticket *ticket)
{
	json_auto_t *said = fields_to_json(&ticket_fields, ticket);
	struct ticket again;

	if (!said || ticket_read(said, &again))
		abort();
	json_auto_t *as_before = fields_to_json(&ticket_fields, &again);

	if (!json_equal(said, as_before))
		abort();
	ticket_drop(&again);
}

static void show(const struct ticket *const *tickets, uint32_t nr)
{
	const struct overview overview = {
		.tickets = tickets, .nr = nr, .host = "", .filter = "a"
	};
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (!out || !overview_print(&overview, out) || !metrics_print_last(tickets, nr, out) ||
	    fclose(out))
		abort();
	input_check_shown(text);
	free(text);
}

/* Any bytes as tickets that a service has left, one a line: refused, or scheduled and shown. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ticket tickets[MOST];
	const struct ticket *list[MOST];
	struct ticket_choice choice = { .wake_unix_ms = UINT64_MAX };
	FILE *lines = input_stream(data, size);
	char *line = NULL;
	size_t room = 0;
	uint32_t nr = 0;

	while (lines && nr < MOST && getline(&line, &room, lines) > 0) {
		json_auto_t *json = fields_parse(line);

		if (!json || ticket_read(json, &tickets[nr]))
			continue;
		say_again(&tickets[nr]);
		ticket_consider(&tickets[nr], 1796000000000, &choice);
		list[nr] = &tickets[nr];
		nr++;
	}
	show(list, nr);
	while (nr--)
		ticket_drop(&tickets[nr]);
	free(line);
	if (lines)
		fclose(lines);
	return 0;
}
