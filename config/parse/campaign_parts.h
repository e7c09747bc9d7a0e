/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CAMPAIGN_PARTS_H
#define DADRACE_CAMPAIGN_PARTS_H

#include <stdbool.h>

#include "parse/campaign.h"
#include "parse/load.h"

/*
 * The parts of the campaign, for its own files. What layers.c has made of defaults, file and
 * --set (load.h) is put together as one complete text, which libcyaml loads, dumps and frees by
 * a schema made from the table of keys.
 *
 *   campaign.c           load
 *     campaign_cyaml.c   libcyaml: the struct of the words, dump, free
 *     campaign_lanes.c   lanes: auto
 *     campaign_check.c   what a row cannot say: keys that do not go together
 *       campaign_keys.c  the table of all keys
 *
 * libcyaml alone would not do: it reports an unexpected key at the token before it, takes 010
 * for eight, lets a second key of the same name win and does not say which keys were there.
 */

#define CAP_US 600000000u /* the longest hold, and the latest echo */

const struct keys *campaign_keys(void);

/* By the whole path, which is one of the table's. */
int key_find(const char *path);

/* What a trial has drawn, and the key that it is pinned by in a spec. */
struct pin {
	const char *drawn; /* its name in the results; NULL ends the table */
	const char *key;
	bool list;  /* of which exactly one element is allowed in a spec */
	bool stays; /* where nothing was drawn, or the campaign says the same itself */
};
extern const struct pin campaign_pins[];

/* The struct that a load's words say. -EPROTO: libcyaml refused what had been checked. */
int campaign_build(const struct load *load, struct campaign **out);

/* Of list and range the one given later holds, and the other goes. */
int resolve_hold(struct load *load);

/* Existing devices live among others: by default no dst entries are watched there. */
int resolve_objects(struct load *load);

/* Real devices wait for their carrier: by default the bring-up has longer there. */
int resolve_deadline(struct load *load);

/* lanes: auto becomes as many as this campaign can have on this machine. */
extern const char *const lanes_names[];
int resolve_lanes(struct load *load);

/* Everything else; a sentence about the first thing that does not fit. */
int check_all(const struct load *load, const struct campaign *campaign);

#endif
