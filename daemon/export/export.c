// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "export/formats.h"
#include "report/html.h"

/* clang-format off */
const struct export_format export_formats[] = {
	{ "html",  ".html",       "text/html; charset=utf-8",     report_html },
	{ "junit", ".xml",        "application/xml",              export_junit, export_junit_with_host },
	{ "kcidb", "kcidb.json",  "application/json",             export_kcidb, export_kcidb_with_host },
	{ "trace", "trace.json",  "application/json",             export_trace },
	{ "tap",   ".tap",        "text/plain; charset=utf-8",    export_tap },
	{ "lava",  ".lava",       "text/plain; charset=utf-8",    export_lava },
	{ "tmt",   ".yaml",       "application/yaml",             export_tmt },
	{ "md",    ".md",         "text/markdown; charset=utf-8", export_markdown },
	{ .name = NULL },
};
/* clang-format on */

struct export_names export_names(void)
{
	struct export_names names = { "" };

	for (const struct export_format *at = export_formats; at->name; at++)
		text_add(names.text, sizeof(names.text), "%s%s",
			 at == export_formats ? "" :
			 at[1].name	      ? ", " :
						" or ",
			 at->name);
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
