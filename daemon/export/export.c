// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "export/formats.h"
#include "report/html.h"

/* clang-format off */
const struct export_format export_formats[] = {
#define FORMAT(name, ending, media, write, words) { name, ending, words, media, write },
#define HOST_FORMAT(name, ending, media, write, with_host, words) \
	{ name, ending, words, media, write, with_host },
#include "export/formats.def"
	{ .name = NULL },
};
/* clang-format on */

/* The next one that counts; NULL: none does. */
static const struct export_format *next_format(const struct export_format *at, bool with_host)
{
	while (at->name && with_host && !at->write_with_host)
		at++;
	return at->name ? at : NULL;
}

struct export_names export_names(bool with_host)
{
	struct export_names names = { "" };
	const struct export_format *at = next_format(export_formats, with_host), *next;

	for (; at; at = next) {
		next = next_format(at + 1, with_host);
		text_add(names.text, sizeof(names.text), "%s%s",
			 !*names.text ? "" :
			 next	      ? ", " :
					" or ",
			 at->name);
	}
	return names;
}

const struct export_format *export_by_name(const char *name)
{
	for (const struct export_format *at = export_formats; at->name; at++)
		if (!strcmp(at->name, name))
			return at;
	return NULL;
}

static bool has_ending(const char *path, const char *ending)
{
	size_t length = strlen(path), part = strlen(ending);

	return length >= part && !strcmp(path + length - part, ending);
}

const struct export_format *export_by_ending(const char *path)
{
	for (const struct export_format *at = export_formats; at->name; at++)
		if (has_ending(path, at->ending))
			return at;
	return export_formats;
}
