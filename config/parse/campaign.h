/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CAMPAIGN_H
#define DADRACE_CAMPAIGN_H

#include <stddef.h>
#include <stdio.h>

#include "base/fields.h"
#include "base/why.h"
#include "spec/campaign.h"

extern const struct fields campaign_fields;

/*
 * Reads a campaign file ("-" is standard input, NULL is none: the defaults) and applies `sets`
 * ("window.hold_us=[1000,5000]", "lanes=4", "bringup.command=[ifconfig, '{dut}', up]"; the
 * value is YAML, the later one wins) on top, then checks what the schema cannot (an inbound
 * echo needs a peer, the targets fit the direction, a command is there when kind is command).
 *
 * Of window.hold_us and window.hold_range the one given later holds; both in one file, or in
 * one override, is an error.
 *
 * The campaign is malloc'd and owned by the caller: campaign_free(). Errors: -EINVAL for what
 * the file says (the sentence names file, line, column, key, what was found and what is
 * allowed), -ENOMEM, otherwise the errno of open or read. `out` is then untouched.
 */
int campaign_load(const char *path, const char *const *sets, size_t nr_sets,
		  struct campaign **out, struct why *why);

/* The same for a text in memory; `name` is what the sentences call it. */
int campaign_load_text(const char *name, const char *text, size_t length,
		       const char *const *sets, size_t nr_sets, struct campaign **out,
		       struct why *why);

/* Frees the campaign with all that it points to. NULL is allowed. */
void campaign_free(struct campaign *campaign);

/* The resolved campaign as YAML that campaign_load reads back to the same. 0 or -errno. */
int campaign_dump(const struct campaign *campaign, FILE *out);

/* The most that `lanes: auto` gives on this machine. */
uint32_t campaign_lanes_here(void);

/* --help-config: a campaign file with every key, its default, meaning and what is allowed. */
void campaign_help(FILE *out);

#endif
