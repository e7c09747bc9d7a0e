// SPDX-License-Identifier: GPL-2.0-or-later
#include "spec/reach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool reach_has(const struct reach *reach, uint32_t place)
{
	return reach->places[place / 64] >> place % 64 & 1;
}

void reach_add(struct reach *reach, uint32_t place)
{
	reach->places[place / 64] |= 1ULL << place % 64;
}

static bool read_name(const char *word, const char *const *names, int nr, int *value)
{
	for (*value = 0; *value < nr; (*value)++)
		if (!strcmp(word, names[*value]))
			return true;
	return false;
}

static bool read_what(const char *text, struct reach *reach)
{
	char words[4][32];
	int nr = sscanf(text, "%31[^ :] %31[^ :] %31[^ :] %31[^ :]", words[0], words[1],
			words[2], words[3]);
	int direction, message, target, change;

	reach->is_change = nr == 2 && !strcmp(words[0], "change") &&
			   read_name(words[1], change_names, CHANGES, &change);
	if (reach->is_change) {
		reach->change = change;
		return true;
	}
	reach->late = nr == 4 && !strcmp(words[3], "late");
	if (nr != 4 || (!reach->late && strcmp(words[3], "early") != 0) ||
	    !read_name(words[0], direction_names, DIRECTIONS, &direction) ||
	    !read_name(words[1], message_names, MESSAGES, &message) ||
	    !read_name(words[2], target_names, TARGETS, &target))
		return false;
	reach->direction = direction;
	reach->message = message;
	reach->target = target;
	return true;
}

static bool read_places(const char *text, struct reach *reach)
{
	while (*text) {
		char *end;
		unsigned long place = strtoul(text, &end, 10);

		if (end == text || !place || place > REACH_PLACES)
			return false;
		reach_add(reach, (uint32_t)place - 1);
		text = end + strspn(end, " ");
	}
	return true;
}

int reach_read(const char *text, struct reach *reach, struct why *why)
{
	const char *colon = strchr(text, ':');
	struct reach read = { .is_change = false };

	if (!colon || !read_what(text, &read) ||
	    !read_places(colon + 1 + strspn(colon + 1, " "), &read))
		return why_set(
			why, EINVAL,
			"\"%s\" does not say what reaches which places; allowed: \"DIRECTION MESSAGE TARGET early: NUMBERS\" (or \"late\") and \"change CHANGE: NUMBERS\", with numbers of explore.places from 1 to %d",
			text, REACH_PLACES);
	*reach = read;
	return 0;
}

void reach_write(const struct reach *reach, char text[REACH_WORDS])
{
	size_t used;

	if (reach->is_change)
		snprintf(text, REACH_WORDS, "change %s:", change_names[reach->change]);
	else
		snprintf(text, REACH_WORDS, "%s %s %s %s:", direction_names[reach->direction],
			 message_names[reach->message], target_names[reach->target],
			 reach->late ? "late" : "early");
	used = strlen(text);
	for (uint32_t i = 0; i < REACH_PLACES && used < REACH_WORDS; i++)
		if (reach_has(reach, i))
			used += (size_t)snprintf(text + used, REACH_WORDS - used, " %u", i + 1);
}
