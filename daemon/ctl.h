/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CTL_H
#define DADRACE_CTL_H

#include <stdbool.h>
#include <stdint.h>

#include "exits.h"
#include "fields.h"

/*
 * The other end of the control socket (varlink.h): one call at a time, each waited for.
 */
struct ctl;

/* Sentences go to standard error; NULL after one. */
struct ctl *ctl_open(const char *socket);
void ctl_close(struct ctl *ctl);

/*
 * Calls a method of the service; takes `parameters`. The parameters of the reply, a new reference; NULL
 * after a sentence, with *code set.
 */
json_t *ctl_call(struct ctl *ctl, const char *method, json_t *parameters, enum exits *code);

/* Submits a campaign's text: its id, malloc'd; NULL after a sentence. 0 and NULL leave out. */
struct ctl_submission {
	const char *file; /* "-": standard input */
	int64_t priority;
	uint64_t not_before; /* seconds since 1970 */
	uint32_t every_s;
};
char *ctl_submit(struct ctl *ctl, const struct ctl_submission *submission, enum exits *code);

/*
 * Follows a campaign to its end: as JSON lines, or as sentences for people. Returns its exit code, or
 * that of what went wrong.
 */
enum exits ctl_follow(struct ctl *ctl, const char *id, bool json);

#endif
