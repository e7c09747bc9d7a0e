// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "service/entry.h"

const char *const entry_state_names[] = { "queued", "paused", "running", "ended" };
_Static_assert(sizeof(entry_state_names) / sizeof(entry_state_names[0]) == ENTRY_STATES,
	       "a name per state");

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#define AT(ctype, member) \
	.offset = offsetof(struct entry, member) * \
		  _Generic(((struct entry *)NULL)->member, ctype: (size_t)1)
#define OR_NULL .nullable = true
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field entry_rows[] = {
	{ "id", FIELD_TEXT, AT(char *, id), .doc = "Names it, also below the state folder" },
	{ "name", FIELD_TEXT, AT(char *, name), .doc = "What its file calls it" },
	{ "submitted_by", FIELD_TEXT, AT(char *, submitted_by), .doc = "Who gave it to the service" },
	{ "state", FIELD_ENUM, AT(enum entry_state, state), .names = entry_state_names,
	  .nr_names = ENTRY_STATES, .doc = "Where it is" },
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

const struct fields entry_fields = {
	.name = "entry",
	.doc = "A campaign that the service has accepted",
	.rows = entry_rows,
	.size = sizeof(struct entry),
};

/* Each text of the table in turn. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared */
#define EACH_TEXT(row)                                                   \
	for (const struct field *row = entry_rows; (row)->name; (row)++) \
		if ((row)->type == FIELD_TEXT)
/* NOLINTEND(bugprone-macro-parentheses) */

static char **text_at(struct entry *entry, const struct field *row)
{
	return (char **)(void *)((char *)entry + row->offset);
}

void entry_drop(struct entry *entry)
{
	EACH_TEXT(row)
	entry_text(text_at(entry, row), NULL);
}

void entry_text(char **text, const char *value)
{
	char *copy = value ? strdup(value) : NULL;

	free(*text);
	*text = copy;
}

int entry_read(const json_t *json, struct entry *entry)
{
	struct entry read = { 0 };

	if (fields_from_json(&entry_fields, json, &read) || !read.id || !read.name ||
	    read.state >= ENTRY_STATES)
		return -EINVAL;
	EACH_TEXT(row)
	{
		char **text = text_at(&read, row);

		*text = *text ? strdup(*text) : NULL; /* until now it was the JSON's */
	}
	if (!read.id || !read.name) {
		entry_drop(&read);
		return -ENOMEM;
	}
	*entry = read;
	return 0;
}

static bool goes_before(const struct entry *a, const struct entry *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->submitted_unix_ms != b->submitted_unix_ms)
		return a->submitted_unix_ms < b->submitted_unix_ms;
	return strcmp(a->id, b->id) < 0;
}

static uint64_t due(const struct entry *entry)
{
	return entry->retry_unix_ms > entry->not_before_unix_ms ? entry->retry_unix_ms :
								  entry->not_before_unix_ms;
}

void entry_consider(struct entry *entry, uint64_t now_unix_ms, struct entry_choice *choice)
{
	if (entry->state != ENTRY_QUEUED)
		return;
	if (due(entry) > now_unix_ms) {
		if (due(entry) < choice->wake_unix_ms)
			choice->wake_unix_ms = due(entry);
	} else if (!choice->next || goes_before(entry, choice->next)) {
		choice->next = entry;
	}
}

void entry_begin(struct entry *entry, const char *boot_id, uint64_t now_unix_ms)
{
	entry->state = ENTRY_RUNNING;
	entry->runs++;
	if (!entry->started_unix_ms)
		entry->started_unix_ms = now_unix_ms;
	entry_text(&entry->boot_id, boot_id);
	entry_text(&entry->reason, NULL);
}

void entry_end(struct entry *entry, int code, const char *reason, uint64_t now_unix_ms)
{
	entry->state = ENTRY_ENDED;
	entry->exit_code = code;
	entry->ended_unix_ms = now_unix_ms;
	entry_text(&entry->reason, reason);
}

/* A busy machine never costs a campaign; what failed may pass another time. */
static bool is_tried_again(struct entry *entry, const struct entry_outcome *outcome)
{
	if (outcome->code == EXIT_BUSY && !outcome->by_signal)
		return true;
	return (outcome->by_signal || outcome->code == EXIT_INTERNAL ||
		outcome->code == EXIT_RESIDUE) &&
	       ++entry->failures < ENTRY_FAILURES_MAX;
}

/* By a pause, or because the service stops: there was no summary, and no failure either. */
static bool was_interrupted(const struct entry_outcome *outcome)
{
	return !outcome->by_signal &&
	       (outcome->code == EXIT_CLEAN || outcome->code == EXIT_FAULT ||
		outcome->code == EXIT_INCONCLUSIVE);
}

void entry_after_run(struct entry *entry, const struct entry_outcome *outcome)
{
	char reason[1024];

	if (outcome->trials > entry->trials)
		entry->boots = entry->failures = 0;
	entry->trials = outcome->trials;
	entry_text(&entry->verdict, outcome->verdict);
	if (!outcome->ended && entry->cancelled) {
		snprintf(reason, sizeof(reason), "cancelled after %u trials", entry->trials);
		entry_end(entry, EXIT_INCONCLUSIVE, reason, outcome->now_unix_ms);
	} else if (!outcome->ended && is_tried_again(entry, outcome)) {
		entry->state = ENTRY_QUEUED;
		entry->retry_unix_ms = outcome->now_unix_ms + ENTRY_RETRY_MS;
		entry_text(&entry->reason, outcome->reason);
	} else if (!outcome->ended && was_interrupted(outcome)) {
		entry->state = ENTRY_QUEUED;
		entry_text(&entry->reason, "interrupted; it will go on where it ended");
	} else {
		entry_end(entry, outcome->code, outcome->reason, outcome->now_unix_ms);
	}
}

void entry_recover(struct entry *entry, const char *boot_id, uint32_t trials,
		   uint64_t now_unix_ms)
{
	bool other_boot = !entry->boot_id || strcmp(entry->boot_id, boot_id) != 0;
	char reason[128];

	if (trials > entry->trials)
		entry->boots = 0;
	else if (other_boot)
		entry->boots++;
	entry->trials = trials;
	if (entry->boots >= ENTRY_BOOTS_MAX) {
		snprintf(reason, sizeof(reason),
			 "given up: the machine went down %u times in the trial after %u",
			 entry->boots, trials);
		entry_end(entry, EXIT_INTERNAL, reason, now_unix_ms);
		return;
	}
	entry->state = ENTRY_QUEUED;
	entry_text(&entry->reason, "the service ended while it ran; it will go on");
}

uint64_t entry_next_due(const struct entry *entry, uint64_t now_unix_ms)
{
	uint64_t every_ms = entry->every_s * 1000ULL;
	uint64_t last = entry->not_before_unix_ms > entry->submitted_unix_ms ?
				entry->not_before_unix_ms :
				entry->submitted_unix_ms;

	if (last > now_unix_ms)
		return last + every_ms;
	return last + ((now_unix_ms - last) / every_ms + 1) * every_ms;
}
