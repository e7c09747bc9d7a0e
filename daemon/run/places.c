// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/places.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fields.h"

void run_places_add(struct run_places *places, const char *words)
{
	char *kept = places->words_kept[places->nr_words];

	if (places->nr_words == EXPLORE_PLACES_MAX)
		return;
	snprintf(kept, ORDER_WORDS, "%s", words);
	places->words[places->nr_words++] = kept;
}

void run_places_reach(struct run_places *places, const char *words)
{
	char *kept = places->reach_kept[places->nr_reach];

	if (places->nr_reach == REACH_ROWS)
		return;
	snprintf(kept, REACH_WORDS, "%s", words);
	places->reach[places->nr_reach++] = kept;
}

static void add_change(struct run_places *places, const char *name)
{
	enum change_kind change = CHANGE_NONE;

	if (places->nr_changes == CHANGES ||
	    (!change_find(name, &change) && strcmp(name, change_names[CHANGE_NONE]) != 0))
		return;
	places->changes[places->nr_changes++] = change;
}

int run_places_kept(const char *line, struct run_places *places)
{
	json_t *json = fields_parse(line);
	const json_t *explore = json_object_get(json_object_get(json, "campaign"), "explore");
	int err = explore ? 0 : -EINVAL;
	const json_t *words;
	size_t i;

	json_array_foreach(json_object_get(explore, "places"), i, words)
	{
		if (json_is_string(words))
			run_places_add(places, json_string_value(words));
	}
	json_array_foreach(json_object_get(explore, "reach"), i, words)
	{
		if (json_is_string(words))
			run_places_reach(places, json_string_value(words));
	}
	json_array_foreach(
		json_object_get(json_object_get(json_object_get(json, "campaign"), "bringup"),
				"change"),
		i, words)
	{
		if (json_is_string(words))
			add_change(places, json_string_value(words));
	}
	json_decref(json);
	return err;
}
