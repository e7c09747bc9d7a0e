/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_READ_TEXT_H
#define DADRACE_READ_TEXT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text of a file, which the caller frees; the test fails when it cannot be read. */
static inline char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = strdup("");
	}
	fclose(file);
	return text;
}

#endif
