/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SERVICE_CLIENT_H
#define DADRACE_SERVICE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/exits.h"
#include "base/fields.h"
#include "base/options.h"

/*
 * The client side of the control socket (varlink.h): one call at a time, waiting for its reply.
 */
struct ctl;

enum { CTL_DEADLINE_S = 60 };

/*
 * Replies must come within the deadline, except while a campaign is followed. NULL with *code
 * set after an error was printed to standard error.
 */
struct ctl *ctl_open(const char *socket, uint32_t deadline_s, enum exits *code);
void ctl_close(struct ctl *ctl);

/*
 * Calls a method of the service; takes `parameters`. Returns the parameters of the reply, a new
 * reference; NULL with *code set after an error was printed.
 */
json_t *ctl_call(struct ctl *ctl, const char *method, json_t *parameters, enum exits *code);

/* Parameters of a submission, a new object, that override keys of the campaign file. */
json_t *ctl_sets(const struct option_texts *sets);

/*
 * Submits a campaign file ("-": standard input), which errors name, with further parameters, a
 * JSON object that is taken. Returns the id, malloc'd; NULL with *code set after an error was
 * printed.
 */
char *ctl_submit(struct ctl *ctl, const char *file, json_t *parameters, enum exits *code);

/* What is printed of a campaign that is followed. */
enum ctl_prints {
	CTL_TRIALS,   /* as sentences, and the verdict */
	CTL_LINES,    /* of the results */
	CTL_END,      /* the verdict */
	CTL_END_JSON, /* the campaign, as `dadrace ctl list --json` has it */
};

/*
 * Follows a campaign to its end. Continues at the same place when the service is restarted
 * meanwhile. Returns the exit code of the campaign, or of an error.
 */
enum exits ctl_follow(struct ctl *ctl, const char *id, enum ctl_prints prints);

#endif
