// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "service/ticket.h"

const char *const ticket_state_names[] = { "queued", "paused", "running", "ended" };
_Static_assert(sizeof(ticket_state_names) / sizeof(ticket_state_names[0]) == TICKET_STATES,
	       "a name per state");

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#define AT(ctype, member) \
	.offset = offsetof(struct ticket, member) * \
		  _Generic(((struct ticket *)NULL)->member, ctype: (size_t)1)
#define OR_NULL .nullable = true
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field ticket_rows[] = {
	{ "id", FIELD_TEXT, AT(char *, id), .doc = "Names it, also below the state folder" },
	{ "name", FIELD_TEXT, AT(char *, name), .doc = "What its file calls it" },
	{ "submitted_by", FIELD_TEXT, AT(char *, submitted_by), .doc = "Who gave it to the service" },
	{ "state", FIELD_ENUM, AT(enum ticket_state, state), .names = ticket_state_names,
	  .nr_names = TICKET_STATES, .doc = "Where it is" },
	{ "priority", FIELD_I64, AT(int64_t, priority), .doc = "The higher is run first" },
	{ "every_s", FIELD_U32, AT(uint32_t, every_s), OR_NULL, .doc = "It is repeated this often" },
	{ "number", FIELD_U32, AT(uint32_t, number), .doc = "Of a repeated one: 1, 2, ..." },
	{ "submitted_unix_ms", FIELD_U64, AT(uint64_t, submitted_unix_ms), .doc = "When it was accepted" },
	{ "not_before_unix_ms", FIELD_U64, AT(uint64_t, not_before_unix_ms), OR_NULL,
	  .doc = "It is not begun before" },
	{ "retry_unix_ms", FIELD_U64, AT(uint64_t, retry_unix_ms), OR_NULL,
	  .doc = "After a busy machine or a failure: it is not begun before this either" },
	{ "started_unix_ms", FIELD_U64, AT(uint64_t, started_unix_ms), OR_NULL,
	  .doc = "When it was begun for the first time" },
	{ "ended_unix_ms", FIELD_U64, AT(uint64_t, ended_unix_ms), OR_NULL, .doc = "When it ended" },
	{ "runs", FIELD_U32, AT(uint32_t, runs),
	  .doc = "How often it was begun: more than once after a crash or a stop" },
	{ "failures", FIELD_U32, AT(uint32_t, failures), .doc = "Runs in a row that failed" },
	{ "boots", FIELD_U32, AT(uint32_t, boots),
	  .doc = "Boots in a row that ended while it ran, without one more trial" },
	{ "boot_id", FIELD_TEXT, AT(char *, boot_id), OR_NULL, .doc = "The boot in which it was begun last" },
	{ "trials", FIELD_U32, AT(uint32_t, trials), .doc = "Trials whose lines are kept" },
	{ "cancelled", FIELD_BOOL, AT(bool, cancelled), .doc = "Somebody has cancelled it" },
	{ "exit_code", FIELD_I64, AT(int64_t, exit_code), OR_NULL, .doc = "As of `dadrace run`" },
	{ "verdict", FIELD_TEXT, AT(char *, verdict), OR_NULL, .doc = "Of its summary" },
	{ "reason", FIELD_TEXT, AT(char *, reason), OR_NULL, .doc = "Why it is where it is" },
	{ .name = NULL }
};
/* clang-format on */

const struct fields ticket_fields = {
	.name = "ticket",
	.doc = "A campaign that the service has accepted",
	.rows = ticket_rows,
	.size = sizeof(struct ticket),
};

/* Each text of the table in turn. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared */
#define EACH_TEXT(row)                                                    \
	for (const struct field *row = ticket_rows; (row)->name; (row)++) \
		if ((row)->type == FIELD_TEXT)
/* NOLINTEND(bugprone-macro-parentheses) */

static char **text_at(struct ticket *ticket, const struct field *row)
{
	return (char **)(void *)((char *)ticket + row->offset);
}

void ticket_drop(struct ticket *ticket)
{
	EACH_TEXT(row)
	ticket_text(text_at(ticket, row), NULL);
}

void ticket_text(char **text, const char *value)
{
	char *copy = value ? strdup(value) : NULL;

	free(*text);
	*text = copy;
}

int ticket_read(const json_t *json, struct ticket *ticket)
{
	struct ticket read = { 0 };

	if (fields_from_json(&ticket_fields, json, &read) || !read.id || !read.name ||
	    read.state >= TICKET_STATES)
		return -EINVAL;
	EACH_TEXT(row)
	{
		char **text = text_at(&read, row);

		*text = *text ? strdup(*text) : NULL; /* until now it was the JSON's */
	}
	if (!read.id || !read.name) {
		ticket_drop(&read);
		return -ENOMEM;
	}
	*ticket = read;
	return 0;
}

static bool goes_before(const struct ticket *a, const struct ticket *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->submitted_unix_ms != b->submitted_unix_ms)
		return a->submitted_unix_ms < b->submitted_unix_ms;
	return strcmp(a->id, b->id) < 0;
}

static uint64_t due(const struct ticket *ticket)
{
	return ticket->retry_unix_ms > ticket->not_before_unix_ms ? ticket->retry_unix_ms :
								    ticket->not_before_unix_ms;
}

void ticket_consider(struct ticket *ticket, uint64_t now_unix_ms, struct ticket_choice *choice)
{
	if (ticket->state != TICKET_QUEUED)
		return;
	if (due(ticket) > now_unix_ms) {
		if (due(ticket) < choice->wake_unix_ms)
			choice->wake_unix_ms = due(ticket);
	} else if (!choice->next || goes_before(ticket, choice->next)) {
		choice->next = ticket;
	}
}

void ticket_begin(struct ticket *ticket, const char *boot_id, uint64_t now_unix_ms)
{
	ticket->state = TICKET_RUNNING;
	ticket->runs++;
	if (!ticket->started_unix_ms)
		ticket->started_unix_ms = now_unix_ms;
	ticket_text(&ticket->boot_id, boot_id);
	ticket_text(&ticket->reason, NULL);
}

void ticket_end(struct ticket *ticket, int code, const char *reason, uint64_t now_unix_ms)
{
	ticket->state = TICKET_ENDED;
	ticket->exit_code = code;
	ticket->ended_unix_ms = now_unix_ms;
	ticket_text(&ticket->reason, reason);
}

/* A busy machine never costs a campaign; what failed may pass another time. */
static bool is_tried_again(struct ticket *ticket, const struct ticket_outcome *outcome)
{
	if (outcome->code == EXIT_BUSY && !outcome->by_signal)
		return true;
	return (outcome->by_signal || outcome->code == EXIT_INTERNAL ||
		outcome->code == EXIT_RESIDUE) &&
	       ++ticket->failures < TICKET_FAILURES_MAX;
}

/* By a pause, or because the service stops: there was no summary, and no failure either. */
static bool was_interrupted(const struct ticket_outcome *outcome)
{
	return !outcome->by_signal &&
	       (outcome->code == EXIT_CLEAN || outcome->code == EXIT_FAULT ||
		outcome->code == EXIT_INCONCLUSIVE);
}

void ticket_after_run(struct ticket *ticket, const struct ticket_outcome *outcome)
{
	char reason[1024];

	if (outcome->trials > ticket->trials)
		ticket->boots = ticket->failures = 0;
	ticket->trials = outcome->trials;
	ticket_text(&ticket->verdict, outcome->verdict);
	if (!outcome->ended && ticket->cancelled) {
		snprintf(reason, sizeof(reason), "cancelled after %u trials", ticket->trials);
		ticket_end(ticket, EXIT_INCONCLUSIVE, reason, outcome->now_unix_ms);
	} else if (!outcome->ended && is_tried_again(ticket, outcome)) {
		ticket->state = TICKET_QUEUED;
		ticket->retry_unix_ms = outcome->now_unix_ms + TICKET_RETRY_MS;
		ticket_text(&ticket->reason, outcome->reason);
	} else if (!outcome->ended && was_interrupted(outcome)) {
		ticket->state = TICKET_QUEUED;
		ticket_text(&ticket->reason, "interrupted; it will go on where it ended");
	} else {
		ticket_end(ticket, outcome->code, outcome->reason, outcome->now_unix_ms);
	}
}

void ticket_recover(struct ticket *ticket, const char *boot_id, uint32_t trials,
		    uint64_t now_unix_ms)
{
	bool other_boot = !ticket->boot_id || strcmp(ticket->boot_id, boot_id) != 0;
	char reason[128];

	if (trials > ticket->trials)
		ticket->boots = 0;
	else if (other_boot)
		ticket->boots++;
	ticket->trials = trials;
	if (ticket->boots >= TICKET_BOOTS_MAX) {
		snprintf(reason, sizeof(reason),
			 "given up: the machine went down %u times in the trial after %u",
			 ticket->boots, trials);
		ticket_end(ticket, EXIT_INTERNAL, reason, now_unix_ms);
		return;
	}
	ticket->state = TICKET_QUEUED;
	ticket_text(&ticket->reason, "the service ended while it ran; it will go on");
}

uint64_t ticket_next_due(const struct ticket *ticket, uint64_t now_unix_ms)
{
	uint64_t every_ms = ticket->every_s * 1000ULL;
	uint64_t last = ticket->not_before_unix_ms > ticket->submitted_unix_ms ?
				ticket->not_before_unix_ms :
				ticket->submitted_unix_ms;

	if (last > now_unix_ms)
		return last + every_ms;
	return last + ((now_unix_ms - last) / every_ms + 1) * every_ms;
}
