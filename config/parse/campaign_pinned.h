/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CAMPAIGN_SPEC_H
#define DADRACE_CAMPAIGN_SPEC_H

#include "base/fields.h"

/*
 * A spec: one trial as a small text, to be run again, mailed, and shrunk.
 *
 *   {"spec":1,"trial_seed":"0x...","arms":["race"],"order":[...],"echo":{"count":1}}
 *
 * It is a campaign that is pinned to the one trial: lists of one element, the trial's own seed,
 * and only what differs from the defaults. JSON is YAML, so campaign_load() reads it back, and
 * every key of the campaign, also one that is added tomorrow, is in it without further work.
 * What is missing means the default of version 1; if a default ever changes, the version does.
 *
 * Left out is how a campaign is run: its name, seed, limits, lanes and kernel. A spec says what
 * is done to a kernel, not to which.
 */

/*
 * The spec of a trial. `campaign` is the resolved campaign as results give it, `trial` the
 * trial's "spec" there: what fields_to_json() makes of campaign_fields and spec_fields.
 * malloc'd; NULL when memory ran out.
 */
char *campaign_spec(const json_t *campaign, const json_t *trial);

/* The whole campaign as such a text, with all its arms, draws and limits. */
char *campaign_text(const json_t *campaign);

#endif
