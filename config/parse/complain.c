// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "parse/load.h"

struct allowed allowed_keys(const struct keys *keys, int parent)
{
	struct allowed allowed = { "" };

	for (int id = ROOT + 1; id < keys->nr; id++)
		if (keys->list[id].parent == parent)
			allowed_add(&allowed, keys->list[id].row->name);
	return allowed;
}

struct allowed allowed_values(const struct keys *keys, int id)
{
	const struct field *row = keys->list[id].row;
	struct allowed allowed = { "" };

	switch (row->type) {
	case FIELD_BOOL: allowed_add(&allowed, "true, false"); break;
	case FIELD_ENUM:
		for (uint32_t i = 0; i < row->nr_names; i++)
			allowed_add(&allowed, row->names[i]);
		break;
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_I64:
		text_add(allowed.text, sizeof(allowed.text),
			 "whole numbers from %" PRId64 " to %" PRId64, row->min, row->max);
		for (uint32_t i = 0; i < row->nr_names; i++)
			text_add(allowed.text, sizeof(allowed.text), ", or %s", row->names[i]);
		break;
	case FIELD_TEXT: allowed_add(&allowed, "text"); break;
	case FIELD_OBJECT: return allowed_keys(keys, id);
	case FIELD_REAL:
	case FIELD_TYPES: break;
	}
	return allowed;
}

struct allowed allowed_instead(const char *meant, const char *where, struct allowed what)
{
	struct allowed allowed = { "" };

	text_add(allowed.text, sizeof(allowed.text),
		 meant ? "did you mean %s? Allowed" : "%sallowed", meant ? meant : "");
	text_add(allowed.text, sizeof(allowed.text), "%s: %s", where, what.text);
	return allowed;
}

/* The only key of this name, wherever it stands: it was put at the wrong place. */
static int key_elsewhere(const struct keys *keys, const char *name)
{
	int found = -1;

	for (int id = ROOT + 1; id < keys->nr; id++) {
		if (strcmp(keys->list[id].row->name, name) != 0)
			continue;
		if (found >= 0)
			return -1;
		found = id;
	}
	return found;
}

int meant_key(const struct keys *keys, int parent, const char *name)
{
	struct nearest nearest = { .typed = name };
	int elsewhere = key_elsewhere(keys, name);

	if (elsewhere >= 0)
		return elsewhere;
	for (int id = ROOT + 1; id < keys->nr; id++)
		if (keys->list[id].parent == parent)
			nearest_offer(&nearest, keys->list[id].row->name);
	return nearest.best ? key_child(keys, parent, nearest.best, strlen(nearest.best)) : -1;
}

const char *meant_value(const struct field *row, const char *word)
{
	struct nearest nearest = { .typed = word };

	for (uint32_t i = 0; i < row->nr_names; i++)
		nearest_offer(&nearest, row->names[i]);
	return nearest.best;
}

int complain(const struct load *load, int layer, size_t line, size_t column, int key,
	     const char *fmt, ...)
{
	char where[512], text[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (layer >= LAYER_SETS)
		snprintf(where, sizeof(where),
			 "--set %s: ", show(load->sets[layer - LAYER_SETS]).text);
	else if (layer == LAYER_FILE)
		snprintf(where, sizeof(where), "%.256s:%zu:%zu: ", load->name, line, column);
	else
		snprintf(where, sizeof(where), "%.256s: ", load->name);
	return why_set(load->why, EINVAL, "%s%s%s%s", where, load->keys->list[key].path,
		       key == ROOT ? "" : ": ", text);
}

int complain_memory(const struct load *load)
{
	memory_note_short();
	return why_exit(load->why, EXIT_INTERNAL, ENOMEM, "%s: out of memory", load->name);
}
