// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "vmcore/parts.h"

bool note_text(const char *notes, const char *key, char value[NOTE_MAX])
{
	size_t length = strlen(key);

	for (const char *line = notes; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) != 0 || line[length] != '=')
			continue;
		snprintf(value, NOTE_MAX, "%.*s", (int)strcspn(line + length + 1, "\n"),
			 line + length + 1);
		return true;
	}
	return false;
}

static uint64_t number(const char *notes, const char *kind, const char *name, int base)
{
	char key[NOTE_MAX], value[NOTE_MAX];

	snprintf(key, sizeof(key), "%s(%s)", kind, name);
	return note_text(notes, key, value) ? strtoull(value, NULL, base) : 0;
}

uint64_t note_symbol(const char *notes, const char *name)
{
	return number(notes, "SYMBOL", name, 16);
}

uint64_t note_number(const char *notes, const char *name)
{
	return number(notes, "NUMBER", name, 0);
}
