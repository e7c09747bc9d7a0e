// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse/text.h"

#define TEXT_MAX (1u << 20)

/* A shortage is not the file's. */
static int complain(const char *name, const char *what, int err, struct why *why)
{
	return why_exit(why, why_short_of(err) ? EXIT_INTERNAL : 0, err, "%s: %s: %s", name,
			what, strerror(err));
}

static int stream_read(const char *name, FILE *file, char **text, size_t *length,
		       struct why *why)
{
	char *buffer = malloc(TEXT_MAX + 1);
	int err = 0;

	if (!buffer)
		return why_memory(why);
	*length = fread(buffer, 1, TEXT_MAX + 1, file);
	if (ferror(file)) {
		err = complain(name, "cannot be read", errno ?: EIO, why);
	} else if (*length > TEXT_MAX) {
		err = why_set(why, EINVAL, "%s: longer than %u bytes; is this the right file?",
			      name, TEXT_MAX);
	}
	if (err)
		free(buffer);
	else
		*text = buffer;
	return err;
}

int text_read(const char *path, char **text, size_t *length, struct why *why)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	int err = errno;

	if (!file)
		return complain(path, "cannot be opened", err, why);
	err = stream_read(is_stdin ? "standard input" : path, file, text, length, why);
	if (!is_stdin)
		fclose(file);
	return err;
}
