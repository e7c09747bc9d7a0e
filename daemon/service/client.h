/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SERVICE_CLIENT_H
#define DADRACE_SERVICE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/exits.h"
#include "base/fields.h"

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

/*
 * Submits the text of a campaign file ("-": standard input) with further parameters, a JSON object that is
 * taken: its id, malloc'd; NULL after a sentence.
 */
char *ctl_submit(struct ctl *ctl, const char *file, json_t *parameters, enum exits *code);

/*
 * Follows a campaign to its end: as JSON lines, or as sentences for people. When the service is restarted
 * meanwhile, it goes on where it was. Returns the campaign's exit code, or that of what went wrong.
 */
enum exits ctl_follow(struct ctl *ctl, const char *id, bool json);

#endif
