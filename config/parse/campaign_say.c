// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parse/campaign_parts.h"

void text_add(char *text, size_t size, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + used, size - used, fmt, ap);
	va_end(ap);
}

struct shown show(const char *text)
{
	struct shown shown = { "" };
	size_t room = sizeof(shown.text) - sizeof("...");
	size_t i;

	for (i = 0; text[i] && i < room; i++)
		shown.text[i] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
	text_add(shown.text, sizeof(shown.text), "%s", text[i] ? "..." : "");
	return shown;
}

struct allowed allowed_keys(int parent)
{
	struct allowed allowed = { "" };

	for (int id = ROOT + 1; id < nr_campaign_keys; id++)
		if (campaign_keys[id].parent == parent)
			allowed_add(&allowed, campaign_keys[id].row->name);
	return allowed;
}

struct allowed allowed_values(int id)
{
	const struct field *row = campaign_keys[id].row;
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
		break;
	case FIELD_TEXT: allowed_add(&allowed, "text"); break;
	case FIELD_OBJECT: return allowed_keys(id);
	case FIELD_REAL:
	case FIELD_TYPES: break;
	}
	return allowed;
}

int complain(const struct load *load, int layer, size_t line, size_t column, int key,
	     const char *fmt, ...)
{
	char where[512], text[512];
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
	return why_set(load->why, EINVAL, "%s%s%s%s", where, campaign_keys[key].path,
		       key == ROOT ? "" : ": ", text);
}

int complain_memory(const struct load *load)
{
	return why_set(load->why, ENOMEM, "%s: out of memory", load->name);
}
