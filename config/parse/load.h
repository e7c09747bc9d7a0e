/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_LOAD_H
#define DADRACE_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/fields.h"
#include "base/shown.h"
#include "base/text.h"
#include "base/why.h"

/*
 * How a YAML text becomes words for keys: for campaigns and for the service's configuration.
 *
 *   defaults  ──> layer 0 ──┐
 *   the file  ──> layer 1 ──┼──> given[]: for each key the latest layer that names it, its
 *   --set ... ──> layer 2.. ┘    place, and its words, each of the type and in the range that
 *                                its row allows
 *
 *   layers.c      libyaml's events against the keys
 *   complain.c    sentences about a key and its place, with what is allowed there
 *   keys.c        a table of fields, laid flat
 *
 * Each file uses those below it only.
 */

/* ---- keys.c ------------------------------------------------------------------------------ */

#define KEYS_MAX 112
#define ROOT	 0

struct key {
	const struct field *row;
	char path[64];
	int parent;
};

/* Parents stand before their children; list[ROOT] is the whole table. */
struct keys {
	int nr;
	struct field root;
	struct key list[KEYS_MAX];
};

/* Lays a table flat. Aborts at a mistake in it: too many keys, a number without a range. */
void keys_lay(struct keys *keys, const struct fields *fields);

/* By name (of `length` bytes) below a parent; -1: there is none. */
int key_child(const struct keys *keys, int parent, const char *name, size_t length);

/* By the whole path; -1: there is none. */
int key_at(const struct keys *keys, const char *path);

/* ---- what is known while a text is loaded ------------------------------------------------ */

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
	const struct keys *keys;
	const char *name; /* of the file */
	const char *const *sets;
	struct why *why;
	struct given given[KEYS_MAX];
};

/* ---- complain.c -------------------------------------------------------------------------- */

/* What would be right: the keys below one, a value of a key, or an element of its list. */
struct allowed {
	char text[4096];
};
#define allowed_add(allowed, word)                                 \
	text_add((allowed)->text, sizeof((allowed)->text), "%s%s", \
		 *(allowed)->text ? ", " : "", word)
struct allowed allowed_keys(const struct keys *keys, int parent);
struct allowed allowed_values(const struct keys *keys, int id);

/*
 * "allowed here: a, b", or "did you mean a? Allowed here: a, b". `meant` NULL: nothing is near.
 */
struct allowed allowed_instead(const char *meant, const char *where, struct allowed what);

/*
 * The key that an unknown name below `parent` is close to, or that stands elsewhere; -1: none.
 */
int meant_key(const struct keys *keys, int parent, const char *name);

/* The name that a wrong value is close to; NULL: none. */
const char *meant_value(const struct field *row, const char *word);

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

/* ---- layers.c ---------------------------------------------------------------------------- */

/* Reads a layer's text, which is about a key (ROOT: all of them). */
int read_layer(struct load *load, int layer, int id, const char *text, size_t length);

/* Gives a key its default, and each key. */
int read_fallback(struct load *load, int id);
int read_fallbacks(struct load *load);

/* load->sets[layer - LAYER_SETS], key=value: the value is read as if it stood at the key. */
int read_set(struct load *load, int layer);

void given_drop(struct given *given);
void load_drop(struct load *load);

#endif
