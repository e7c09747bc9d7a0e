// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/places.h"

#include <errno.h>
#include <stdio.h>

#include "base/fields.h"

int run_places_kept(const char *line, struct run_places *places)
{
	json_t *json = fields_parse(line);
	const json_t *explore = json_object_get(json_object_get(json, "campaign"), "explore");
	int err = explore ? 0 : -EINVAL;
	const json_t *place;
	size_t i;

	json_array_foreach(json_object_get(explore, "places"), i, place)
	{
		char *words = places->proposed[places->nr_words].words;

		if (places->nr_words == ORDER_HOLDS_MAX || !json_is_string(place))
			break;
		snprintf(words, ORDER_WORDS, "%s", json_string_value(place));
		places->words[places->nr_words++] = words;
	}
	json_decref(json);
	return err;
}
