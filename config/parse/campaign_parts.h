/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CAMPAIGN_PARTS_H
#define DADRACE_CAMPAIGN_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "parse/campaign.h"

/*
 * The parts of the campaign, for its own files: how a file becomes a campaign.
 *
 *   fallbacks ──> layer 0 ──┐
 *   the file  ──> layer 1 ──┼──> given[]: for each key the latest layer ──> one complete text
 *   --set ... ──> layer 2.. ┘    that named it, its place and its words              │
 *                                          │                                         │ libcyaml
 *                                          └────────> checks <──── struct campaign <─┘
 *
 *   campaign.c           load, dump, help, free; the complete text, and libcyaml
 *     campaign_read.c    layers: libyaml's events against the keys
 *     campaign_check.c   what the table cannot say: keys that do not go together
 *     campaign_say.c     sentences about a key and its place
 *       campaign_keys.c  the table of all keys, and the libcyaml schema made from it
 *
 * Each layer is read by libyaml's events against campaign_fields: libcyaml reports an
 * unexpected key at the token before it, takes 010 for eight, lets a second key of the same
 * name win and does not say which keys were there; a sentence with the right line and column,
 * and layers, need all of that. What has passed is put together as one complete text, which
 * libcyaml loads, dumps and frees by a schema made from the same table.
 *
 * libcyaml is included by campaign.c and campaign_keys.c only, libyaml by campaign_read.c.
 */

/* ---- campaign_keys.c --------------------------------------------------------------------- */

#define CAP_US	 600000000u /* the longest hold, and the latest echo */
#define KEYS_MAX 112
#define ROOT	 0

/* The table laid flat, parents before children: made by campaign_schema(), constant then. */
struct key {
	const struct field *row;
	char path[64];
	int parent;
};
extern struct key campaign_keys[KEYS_MAX];
extern int nr_campaign_keys;

/* Made once, in storage of its own, so that loading, dumping and freeing cannot fail for it. */
const struct cyaml_schema_value *campaign_schema(void);

/* By name (of `length` bytes) below a parent; -1: there is none. */
int key_child(int parent, const char *name, size_t length);

/* By the whole path, which is one of the table's. */
int key_find(const char *path);

/* ---- what is known while a campaign is loaded -------------------------------------------- */

#define LAYER_FALLBACK 0
#define LAYER_FILE     1
#define LAYER_SETS     2

/* What a layer says about a key. */
struct given {
	int layer;
	size_t line, column; /* of the key; 1 is the first */
	char **words;	     /* one, or as many as the list has */
	uint32_t nr_words;
};

struct load {
	const char *name; /* of the file */
	const char *const *sets;
	struct why *why;
	struct given given[KEYS_MAX];
};

/* ---- campaign_say.c ---------------------------------------------------------------------- */

/* Adds to a text what fits. */
__attribute__((format(printf, 3, 4))) void text_add(char *text, size_t size, const char *fmt,
						    ...);

/* Other people's text inside a sentence: short, on one line, harmless to a terminal. */
struct shown {
	char text[64];
};
struct shown show(const char *text);

/* What would be right: the keys below one, a value of a key, or an element of its list. */
struct allowed {
	char text[400];
};
#define allowed_add(allowed, word)                                 \
	text_add((allowed)->text, sizeof((allowed)->text), "%s%s", \
		 *(allowed)->text ? ", " : "", word)
struct allowed allowed_keys(int parent);
struct allowed allowed_values(int id);

/* A sentence about a place in a layer. `key` ROOT: about no key. Returns -EINVAL. */
__attribute__((format(printf, 6, 7))) int complain(const struct load *load, int layer,
						   size_t line, size_t column, int key,
						   const char *fmt, ...);

/* A sentence about a key's value: it stands where the key was last given. */
#define complain_key(load, id, ...)                                     \
	complain(load, (load)->given[id].layer, (load)->given[id].line, \
		 (load)->given[id].column, id, __VA_ARGS__)

/* Returns -ENOMEM. */
int complain_memory(const struct load *load);

/* ---- campaign_read.c --------------------------------------------------------------------- */

/* Reads a layer's text, which is about a key (ROOT: all of them). */
int read_layer(struct load *load, int layer, int id, const char *text, size_t length);

/* Makes a key what it is when nobody gives it. */
int read_fallback(struct load *load, int id);

/* load->sets[layer - LAYER_SETS], key=value: the value is read as if it stood at the key. */
int read_set(struct load *load, int layer);

void given_drop(struct given *given);

/* ---- campaign_check.c -------------------------------------------------------------------- */

/* Of list and range the one given later holds, and the other goes. */
int resolve_hold(struct load *load);

/* Existing devices live among others: by default no dst entries are watched there. */
int resolve_objects(struct load *load);

/* Everything else; a sentence about the first thing that does not fit. */
int check_all(const struct load *load, const struct campaign *campaign);

#endif
