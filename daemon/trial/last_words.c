// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/shown.h"
#include "trial/last_words.h"

/* Whole lines go, or, of a line that is too long, its beginning. */
static void make_room(char words[LAST_WORDS], size_t size)
{
	size_t used = strlen(words);
	size_t over = used + size >= LAST_WORDS ? used + size + 1 - LAST_WORDS : 0;
	const char *from = words + (over < used ? over : used);
	const char *line = over ? strchr(from, '\n') : NULL;

	if (line)
		from = line + 1;
	memmove(words, from, strlen(from) + 1);
}

void last_words_add(char words[LAST_WORDS], const char *said, size_t size)
{
	if (size >= LAST_WORDS) {
		said += size - (LAST_WORDS - 1);
		size = LAST_WORDS - 1;
	}
	make_room(words, size);
	for (size_t used = strlen(words); size; size--, said++)
		if (*said) {
			words[used++] = *said;
			words[used] = '\0';
		}
}

void last_words_end(char words[LAST_WORDS])
{
	char shown[LAST_WORDS * SHOWN_ESCAPE];
	size_t used = strlen(words);

	while (used && strchr("\r\n \t", words[used - 1]))
		words[--used] = '\0';
	shown_copy(words, "\n", shown, sizeof(shown));
	words[0] = '\0';
	last_words_add(words, shown, strlen(shown));
}

const char *last_words_line(const char *words)
{
	const char *newline = strrchr(words, '\n');

	return newline ? newline + 1 : words;
}

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t of_end = strlen(end);

	return length >= of_end && !strncmp(text + length - of_end, end, of_end);
}

bool last_words_not_found(const char *words, char *line, size_t size)
{
	static const char in_the_middle[] = ": command not found: "; /* zsh */

	while (*words) {
		size_t length = strcspn(words, "\n");
		const char *found = strstr(words, in_the_middle);

		if (ends_with(words, length, ": not found") ||
		    ends_with(words, length, ": command not found") ||
		    (found && found < words + length)) {
			snprintf(line, size, "%.*s", (int)length, words);
			return true;
		}
		words += length + (words[length] == '\n');
	}
	return false;
}
