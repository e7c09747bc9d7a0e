// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "parse/load.h"
#include "parse/template.h"

enum { COLUMNS = 96, STEP = 2 };

/* A comment of several lines, indented like the key that it is about. */
static void write_comment(FILE *out, int indent, const char *text)
{
	int column = 0;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (column && column + 1 + length > COLUMNS) {
			fputc('\n', out);
			column = 0;
		}
		if (!column)
			column = fprintf(out, "%*s#", indent, "");
		column += fprintf(out, " %.*s", length, text);
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void write_allowed(FILE *out, int indent, const struct keys *keys, int id)
{
	const struct field *row = keys->list[id].row;
	struct allowed allowed = { "" };

	if (row->type == FIELD_TEXT && !row->list)
		return;
	text_add(allowed.text, sizeof(allowed.text), "Allowed: %s%s",
		 row->list ? "a list of " : "", allowed_values(keys, id).text);
	write_comment(out, indent, allowed.text);
}

static int depth_of(const struct keys *keys, int id)
{
	int depth = 0;

	for (; keys->list[id].parent != ROOT; id = keys->list[id].parent)
		depth++;
	return depth;
}

static void write_key(FILE *out, const struct keys *keys, int id)
{
	const struct field *row = keys->list[id].row;
	int indent = STEP * depth_of(keys, id);
	struct allowed doc = { "" };

	text_add(doc.text, sizeof(doc.text), "%s.", row->doc);
	write_comment(out, indent, doc.text);
	if (row->type == FIELD_OBJECT) {
		fprintf(out, "%*s%s:\n", indent, "", row->name);
		return;
	}
	write_allowed(out, indent, keys, id);
	if (row->fallback)
		fprintf(out, "%*s%s: %s\n", indent, "", row->name, row->fallback);
	else
		fprintf(out, "%*s#%s: %s\n", indent, "", row->name, row->example);
}

void template_write(const struct keys *keys, FILE *out)
{
	for (int id = ROOT + 1; id < keys->nr; id++) {
		fputc('\n', out);
		write_key(out, keys, id);
	}
}
