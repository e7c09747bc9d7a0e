/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TICKET_H
#define DADRACE_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fields.h"

/*
 * The ticket of a campaign: its place in the queue and its history, beside its text and its
 * results. Pure: given the time and what happened, it decides what follows.
 *
 *            +--pause--> PAUSED --resume--+
 *            |                            v
 *   submit --+--------------------------> QUEUED --chosen--> RUNNING --ended--> ENDED
 *                                          ^   |                |
 *                                          |   +----cancel------|-------------> ENDED
 *                                          +--busy, failed, -----+
 *                                             service stopped
 *
 * Times are wall-clock milliseconds since 1970, so that they survive a reboot. 0 is "none".
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
	TICKET_FAILURES_MAX = 3, /* failed runs in a row before the campaign is given up */
	TICKET_BOOTS_MAX = 3,	 /* boots in a row that ended during one and the same trial */
	TICKET_RETRY_MS = 15000, /* after a busy machine, or a failure */
};

struct ticket {	  /* NOLINT(clang-analyzer-optin.performance.Padding): order of the rows */
	char *id; /* also the name of its folder */
	char *name;
	char *submitted_by;
	enum ticket_state state;
	int64_t priority; /* the highest runs first */
	uint32_t every_s; /* 0: once */
	uint32_t number;  /* of the repetition: 1, 2, ... */
	uint64_t submitted_unix_ms;
	uint64_t not_before_unix_ms;
	uint64_t retry_unix_ms;	  /* earliest next attempt after a busy machine or a failure */
	uint64_t started_unix_ms; /* the first run */
	uint64_t ended_unix_ms;
	uint32_t runs;	   /* starts: more than one after a crash or a stop */
	uint32_t failures; /* failed runs in a row */
	uint32_t boots;	 /* boots in a row that ended during the run without a further trial */
	char *boot_id;	 /* of the last start */
	uint32_t trials; /* in the results */
	bool cancelled;
	int64_t exit_code; /* INT64_MIN: not ended */
	char *verdict;
	char *unfinished; /* why results are not complete; NULL: they are, or there are none */
	char *reason;	  /* why it is in this state: one sentence */
	char *kernel;	  /* release that the results are about; NULL: not known */
	char *finding;	  /* signature of the first one; NULL: none */
	uint64_t bound_ppm; /* of a clean one: its fault rate is below this; 0: no bound */
};

extern const struct fields ticket_fields;

void ticket_drop(struct ticket *ticket); /* frees the texts */

/* Replaces one of the texts by a copy; NULL is allowed. Without memory it becomes NULL. */
void ticket_text(char **text, const char *value);

/*
 * Reads what fields_to_json() wrote, of an earlier version, too; the texts are copies. 0,
 * -EINVAL or -ENOMEM.
 */
int ticket_read(const json_t *json, struct ticket *ticket);

/*
 * Chooses the next campaign by considering each: among those that are due the highest priority,
 * then the longest wait. Starts as { .wake_unix_ms = UINT64_MAX }.
 */
struct ticket_choice {
	struct ticket *next;   /* NULL: none is due */
	uint64_t wake_unix_ms; /* when the next becomes due; UINT64_MAX: never */
};
void ticket_consider(struct ticket *ticket, uint64_t now_unix_ms, struct ticket_choice *choice);

/* How a run ended, by its exit and its results. */
struct ticket_outcome {
	bool ended;	     /* there is a summary, and nothing is left to run */
	bool by_signal;	     /* the program was killed */
	bool interrupted;    /* the service asked it to end */
	int code;	     /* its exit code, or the summary's */
	const char *verdict; /* of the summary; NULL */
	const char *reason;  /* of the summary, or the last line of output; NULL */
	const char *kernel;
	const char *finding;
	uint64_t bound_ppm;
	uint32_t trials; /* in the results now */
	uint64_t now_unix_ms;
};

/* What the summary says of a run; its texts are those of the JSON. NULL: nothing. */
void ticket_outcome_of(const json_t *summary, struct ticket_outcome *outcome);

void ticket_begin(struct ticket *ticket, const char *boot_id, uint64_t now_unix_ms);
void ticket_after_run(struct ticket *ticket, const struct ticket_outcome *outcome);

/*
 * For a campaign that was running when the service died: it continues, unless boots have ended
 * at the same trial TICKET_BOOTS_MAX times. `trials` is the number in the results.
 */
void ticket_recover(struct ticket *ticket, const char *boot_id, uint32_t trials,
		    uint64_t now_unix_ms);
void ticket_end(struct ticket *ticket, int code, const char *reason, uint64_t now_unix_ms);

/* When the next repetition is due; missed ones are skipped. */
uint64_t ticket_next_due(const struct ticket *ticket, uint64_t now_unix_ms);

#endif
