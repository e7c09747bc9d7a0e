// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/kernel_options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest_config.h"

/* The whole file with a newline before it, so that each line is between two; malloc'd. */
static char *read_file(const char *path, struct why *why)
{
	enum { FILE_MAX = 1 << 20 };
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(FILE_MAX) : NULL;
	size_t got = text ? fread(text + 1, 1, FILE_MAX - 3, file) : 0;

	if (!file)
		why_set(why, errno, "%s: %s", path, strerror(errno));
	else if (!text)
		why_memory(why);
	if (file)
		fclose(file);
	if (text) {
		text[0] = text[got + 1] = '\n';
		text[got + 2] = '\0';
	}
	return text;
}

static bool is_set(const char *config, const char *name)
{
	static const char *const values[] = { "y", "m" };
	char line[80];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(line, sizeof(line), "\n%s=%s\n", name, values[i]);
		if (strstr(config, line))
			return true;
	}
	return false;
}

/* One of several ways to CONFIG_DEBUG_INFO, since 5.12: BTF shows that one is set. */
static bool is_choice(const char *name)
{
	return !strncmp(name, "CONFIG_DEBUG_INFO_DWARF", strlen("CONFIG_DEBUG_INFO_DWARF"));
}

int kernel_options_missing(const char *path, struct kernel_option *rows, struct why *why)
{
	char *config = read_file(path, why);
	const char *line = (const char *)guest_config, *purpose = "";
	bool is_new = true;
	int nr = 0;

	for (; config && *line && nr < KERNEL_OPTIONS_MAX; line += strcspn(line, "\n") + 1) {
		struct kernel_option *row = &rows[nr];

		if (*line == '#' && is_new)
			purpose = line + 2;
		is_new = *line == '\n';
		if (*line == '#' || is_new)
			continue;
		snprintf(row->name, sizeof(row->name), "%.*s", (int)strcspn(line, "="), line);
		snprintf(row->purpose, sizeof(row->purpose), "%.*s",
			 (int)strcspn(purpose, ".:\n"), purpose);
		nr += !is_choice(row->name) && !is_set(config, row->name);
	}
	if (!config)
		return -EIO;
	free(config);
	return nr;
}
