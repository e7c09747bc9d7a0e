// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include "export/formats.h"
#include "report/html.h"

/* clang-format off */
const struct export_format export_formats[] = {
	{ "html",  ".html",       report_html },
	{ "junit", ".xml",        export_junit, export_junit_with_host },
	{ "kcidb", "kcidb.json",  export_kcidb, export_kcidb_with_host },
	{ "trace", "trace.json",  export_trace },
	{ "tap",   ".tap",        export_tap },
	{ "lava",  ".lava",       export_lava },
	{ "tmt",   ".yaml",       export_tmt },
	{ "md",    ".md",         export_markdown },
	{ .name = NULL },
};
/* clang-format on */

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
