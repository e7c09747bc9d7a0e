/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TICKET_H
#define DADRACE_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fields.h"

/*
 * A campaign that the service has accepted: what is known of it beside its text and its results.
 * Pure: told what time it is and what happened, it says what follows.
 *
 *            +--pause--> PAUSED --resume--+
 *            |                            v
 *   submit --+--------------------------> QUEUED --chosen--> RUNNING --ended--> ENDED
 *                                          ^   |                |
 *                                          |   +----cancel------|-------------> ENDED (cancelled)
 *                                          +--busy, failed, -----+
 *                                             service stopped
 *
 * Times are of the wall clock, in milliseconds since 1970: they outlive a reboot. 0 is "none".
 */
enum ticket_state {
	TICKET_QUEUED,
	TICKET_PAUSED,
	TICKET_RUNNING,
	TICKET_ENDED,
	TICKET_STATES,
};
extern const char *const ticket_state_names[];

enum {
	TICKET_FAILURES_MAX = 3, /* runs that failed in a row before it is given up */
	TICKET_BOOTS_MAX = 3,	 /* boots that ended in it without one more trial */
	TICKET_RETRY_MS = 15000, /* after a busy machine, or a failure */
};

struct ticket { /* NOLINT(clang-analyzer-optin.performance.Padding): in the order of its table */
	char *id; /* also the name of its folder */
	char *name;
	char *submitted_by;
	enum ticket_state state;
	int64_t priority; /* the higher is run first */
	uint32_t every_s; /* 0: once */
	uint32_t number;  /* of a repeated one: 1, 2, ... */
	uint64_t submitted_unix_ms;
	uint64_t not_before_unix_ms;
	uint64_t retry_unix_ms; /* after a busy machine or a failure: not before this either */
	uint64_t started_unix_ms; /* its first run */
	uint64_t ended_unix_ms;
	uint32_t runs;	   /* how often it was begun: more than once after a crash or a stop */
	uint32_t failures; /* in a row, of the program that runs it */
	uint32_t boots;	   /* in a row, that ended while it ran, without one more trial */
	char *boot_id;	   /* in which it was begun last */
	uint32_t trials;   /* whose lines are kept */
	bool cancelled;
	int64_t exit_code; /* INT64_MIN: not ended */
	char *verdict;
	char *reason; /* why it is where it is: one sentence */
};

extern const struct fields ticket_fields;

void ticket_drop(struct ticket *ticket); /* frees the texts */

/* Sets one of the texts to a copy; NULL is allowed. Out of memory leaves NULL. */
void ticket_text(char **text, const char *value);

/* Reads what fields_to_json() wrote; the texts are copies. 0, -EINVAL or -ENOMEM. */
int ticket_read(const json_t *json, struct ticket *ticket);

/*
 * The one to run next, found by considering each: of those that are due the one of the highest priority,
 * then the one that has waited longest. Begins as { .wake_unix_ms = UINT64_MAX }.
 */
struct ticket_choice {
	struct ticket *next;   /* NULL: none is due */
	uint64_t wake_unix_ms; /* when another becomes due; UINT64_MAX: none will */
};
void ticket_consider(struct ticket *ticket, uint64_t now_unix_ms, struct ticket_choice *choice);

/* How a run ended: what the program and its results say. */
struct ticket_outcome {
	bool ended;	     /* there is a summary, and nothing is left to run */
	bool by_signal;	     /* the program was killed */
	int code;	     /* its exit code, or the summary's */
	const char *verdict; /* of the summary; NULL */
	const char *reason;  /* of the summary, or the program's last words; NULL */
	uint32_t trials;     /* lines that are kept now */
	uint64_t now_unix_ms;
};

void ticket_begin(struct ticket *ticket, const char *boot_id, uint64_t now_unix_ms);
void ticket_after_run(struct ticket *ticket, const struct ticket_outcome *outcome);

/*
 * What was running when the service died: it goes on, unless boots have ended in it again and again
 * at the same trial. `trials` is how many lines were kept.
 */
void ticket_recover(struct ticket *ticket, const char *boot_id, uint32_t trials,
		    uint64_t now_unix_ms);
void ticket_end(struct ticket *ticket, int code, const char *reason, uint64_t now_unix_ms);

/* When the next run of a repeated campaign is due; those that were missed are left out. */
uint64_t ticket_next_due(const struct ticket *ticket, uint64_t now_unix_ms);

#endif
