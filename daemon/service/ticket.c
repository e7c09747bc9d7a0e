// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "service/ticket.h"
#include "trial/verdict.h"

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
	{ "id", FIELD_TEXT, AT(char *, id), .doc = "Identifier of the campaign, and name of its folder" },
	{ "name", FIELD_TEXT, AT(char *, name), .doc = "Name in the campaign file" },
	{ "submitted_by", FIELD_TEXT, AT(char *, submitted_by), .doc = "Who submitted the campaign" },
	{ "state", FIELD_ENUM, AT(enum ticket_state, state), .names = ticket_state_names,
	  .nr_names = TICKET_STATES, .doc = "State of the campaign" },
	{ "priority", FIELD_I64, AT(int64_t, priority), .doc = "Campaigns of higher priority run first" },
	{ "every_s", FIELD_U32, AT(uint32_t, every_s), OR_NULL, .doc = "Interval of the repetition" },
	{ "number", FIELD_U32, AT(uint32_t, number), .doc = "Number of the repetition, from 1" },
	{ "submitted_unix_ms", FIELD_U64, AT(uint64_t, submitted_unix_ms), .doc = "Time of submission" },
	{ "not_before_unix_ms", FIELD_U64, AT(uint64_t, not_before_unix_ms), OR_NULL,
	  .doc = "Earliest start" },
	{ "retry_unix_ms", FIELD_U64, AT(uint64_t, retry_unix_ms), OR_NULL,
	  .doc = "Earliest next attempt after a busy machine or a failure" },
	{ "started_unix_ms", FIELD_U64, AT(uint64_t, started_unix_ms), OR_NULL,
	  .doc = "First start" },
	{ "ended_unix_ms", FIELD_U64, AT(uint64_t, ended_unix_ms), OR_NULL, .doc = "Time of the end" },
	{ "runs", FIELD_U32, AT(uint32_t, runs),
	  .doc = "Number of starts: more than one after a crash or a stop" },
	{ "failures", FIELD_U32, AT(uint32_t, failures), .doc = "Failed runs in a row" },
	{ "boots", FIELD_U32, AT(uint32_t, boots),
	  .doc = "Boots in a row that ended during the run without a further trial" },
	{ "boot_id", FIELD_TEXT, AT(char *, boot_id), OR_NULL, .doc = "Boot of the last start" },
	{ "trials", FIELD_U32, AT(uint32_t, trials), .doc = "Trials in the results" },
	{ "cancelled", FIELD_BOOL, AT(bool, cancelled), .doc = "Whether the campaign was cancelled" },
	{ "exit_code", FIELD_I64, AT(int64_t, exit_code), OR_NULL, .doc = "Exit code, as of `dadrace run`" },
	{ "verdict", FIELD_TEXT, AT(char *, verdict), OR_NULL, .doc = "Verdict of the summary" },
	{ "unfinished", FIELD_TEXT, AT(char *, unfinished), OR_NULL,
	  .doc = "Why the results are not complete; null: they are, or there are none yet" },
	{ "reason", FIELD_TEXT, AT(char *, reason), OR_NULL, .doc = "Why the campaign is in this state" },
	{ "kernel", FIELD_TEXT, AT(char *, kernel), OR_NULL, .doc = "Release of the kernel that the results are about" },
	{ "finding", FIELD_TEXT, AT(char *, finding), OR_NULL, .doc = "Signature of the first finding" },
	{ "bound_ppm", FIELD_U64, AT(uint64_t, bound_ppm), OR_NULL,
	  .doc = "Of a clean campaign: fewer than this many of a million trials are faulty, at 95%" },
	{ .name = NULL }
};
/* clang-format on */

const struct fields ticket_fields = {
	.name = "ticket",
	.doc = "A campaign in the queue of the service, or ended",
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
	struct ticket read = { .state = TICKET_STATES, .exit_code = INT64_MIN };

	if (fields_from_json_known(&ticket_fields, json, &read) || !read.id || !read.name ||
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
	ticket_text(&ticket->unfinished, "still running");
	ticket_text(&ticket->reason, NULL);
}

static void leave_unfinished(struct ticket *ticket, const char *how)
{
	char text[96];

	snprintf(text, sizeof(text), "%s after %u trial%s", how, ticket->trials,
		 ticket->trials == 1 ? "" : "s");
	ticket_text(&ticket->unfinished, ticket->trials ? text : NULL);
}

void ticket_end(struct ticket *ticket, int code, const char *reason, uint64_t now_unix_ms)
{
	ticket->state = TICKET_ENDED;
	ticket->exit_code = code;
	ticket->ended_unix_ms = now_unix_ms;
	ticket_text(&ticket->reason, reason);
}

/* A run that ends inconclusive by itself, without a new trial, would be repeated for ever. */
static bool has_failed(const struct ticket_outcome *outcome, bool has_advanced)
{
	return outcome->by_signal || outcome->code == EXIT_INTERNAL ||
	       outcome->code == EXIT_RESIDUE ||
	       (outcome->code == EXIT_INCONCLUSIVE && !outcome->interrupted && !has_advanced);
}

/* A busy machine never ends a campaign; a failed run is repeated a few times. */
static bool is_tried_again(struct ticket *ticket, const struct ticket_outcome *outcome,
			   bool failed)
{
	if (outcome->code == EXIT_BUSY && !outcome->by_signal)
		return true;
	return failed && ++ticket->failures < TICKET_FAILURES_MAX;
}

/* By a pause or a stop of the service: there is no summary, and the run did not fail. */
static bool was_interrupted(const struct ticket_outcome *outcome)
{
	return !outcome->by_signal &&
	       (outcome->code == EXIT_CLEAN || outcome->code == EXIT_FAULT ||
		outcome->code == EXIT_INCONCLUSIVE);
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

void ticket_outcome_of(const json_t *summary, struct ticket_outcome *outcome)
{
	const json_t *findings = json_object_get(summary, "findings");

	outcome->verdict = text_of(summary, "verdict");
	outcome->reason = text_of(summary, "reason");
	outcome->kernel = text_of(json_object_get(summary, "machine"), "release");
	outcome->finding = text_of(json_array_get(findings, 0), "signature");
	if (outcome->verdict &&
	    !strcmp(outcome->verdict, campaign_verdict_names[CAMPAIGN_CLEAN]))
		outcome->bound_ppm = fields_count(summary, "fault_rate_bound_ppm");
}

void ticket_after_run(struct ticket *ticket, const struct ticket_outcome *outcome)
{
	bool has_advanced = outcome->trials > ticket->trials;
	bool failed = has_failed(outcome, has_advanced);

	if (has_advanced)
		ticket->boots = ticket->failures = 0;
	ticket->trials = outcome->trials;
	ticket_text(&ticket->verdict, outcome->verdict);
	ticket_text(&ticket->kernel, outcome->kernel);
	ticket_text(&ticket->finding, outcome->finding);
	ticket->bound_ppm = outcome->bound_ppm;
	if (outcome->ended) {
		ticket_text(&ticket->unfinished, NULL);
		ticket_end(ticket, outcome->code, outcome->reason, outcome->now_unix_ms);
	} else if (ticket->cancelled) {
		leave_unfinished(ticket, "cancelled");
		ticket_end(ticket, outcome->code == EXIT_FAULT ? EXIT_FAULT : EXIT_INCONCLUSIVE,
			   outcome->verdict ? outcome->reason : "cancelled",
			   outcome->now_unix_ms);
	} else if (is_tried_again(ticket, outcome, failed)) {
		leave_unfinished(ticket, "stopped by an error");
		ticket->state = TICKET_QUEUED;
		ticket->retry_unix_ms = outcome->now_unix_ms + TICKET_RETRY_MS;
		ticket_text(&ticket->reason, outcome->reason);
	} else if (!failed && was_interrupted(outcome)) {
		leave_unfinished(ticket, "interrupted");
		ticket->state = TICKET_QUEUED;
		ticket_text(&ticket->reason, "the campaign continues with the next trial");
	} else {
		leave_unfinished(ticket, "stopped by an error");
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
	leave_unfinished(ticket, "interrupted");
	if (ticket->boots >= TICKET_BOOTS_MAX) {
		snprintf(
			reason, sizeof(reason),
			"given up: the machine went down %u times during the trial after trial %u",
			ticket->boots, trials);
		ticket_end(ticket, EXIT_INTERNAL, reason, now_unix_ms);
		return;
	}
	ticket->state = TICKET_QUEUED;
	ticket_text(&ticket->reason,
		    "the service stopped during the run; the campaign continues");
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
