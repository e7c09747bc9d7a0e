// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "results/lines.h"
#include "results/merged_explored.h"

struct seen {
	uint64_t *keys;
	size_t nr, room;
};

static int see(struct seen *seen, uint64_t key)
{
	if (seen->nr == seen->room) {
		size_t room = seen->room ? seen->room * 2 : 1024;
		uint64_t *keys = reallocarray(seen->keys, room, sizeof(*keys));

		if (!keys)
			return -ENOMEM;
		seen->keys = keys;
		seen->room = room;
	}
	seen->keys[seen->nr++] = key;
	return 0;
}

static int by_key(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static uint32_t count_different(struct seen *seen)
{
	uint32_t nr = 0;

	if (seen->nr)
		qsort(seen->keys, seen->nr, sizeof(*seen->keys), by_key);
	for (size_t i = 0; i < seen->nr; i++)
		nr += !i || seen->keys[i] != seen->keys[i - 1];
	return nr;
}

bool merged_explores(const struct past *run)
{
	return past_summary(run)->explore.mode != EXPLORE_OFF;
}

/* What is counted. */
struct explored {
	struct seen features;
	struct seen places; /* that the campaigns name */
	struct seen held;
};

static uint64_t place_key(const struct step_told *step)
{
	uint64_t key = hash_bytes(HASH_START, step->place, strlen(step->place));

	return hash_word(hash_word(key, step->at_return), step->thread);
}

static int see_line(const json_t *line, struct explored *explored, struct why *why)
{
	const json_t *told = json_object_get(json_object_get(line, "explore"), "features");
	uint64_t listed[BEHAVIOUR_FEATURES_MAX];
	struct step_told steps[ORDER_HOLDS_MAX] = { 0 };
	struct trial_line trial = {
		.steps = steps,
		.nr_steps = ORDER_HOLDS_MAX,
		.explore = { .features = listed,
			     .nr_features =
				     json_array_size(told) ? BEHAVIOUR_FEATURES_MAX : 0 },
	};
	int err = 0;

	if (fields_from_json_known(&trial_fields, line, &trial))
		return why_set(why, EINVAL, "a trial's line is not understood");
	for (uint32_t i = 0; !err && i < trial.explore.nr_features; i++)
		err = see(&explored->features, listed[i]);
	for (uint32_t i = 0; !err && trial.order_kept && i < trial.nr_steps; i++)
		if (steps[i].place)
			err = see(&explored->held, place_key(&steps[i]));
	return err ? why_memory(why) : 0;
}

static int see_places(const struct past *run, struct seen *places, struct why *why)
{
	const json_t *explore = json_object_get(past_campaign(run), "explore"), *place;
	size_t i;
	int err = 0;

	json_array_foreach(json_object_get(explore, "places"), i, place)
	{
		const char *words = json_string_value(place);

		if (!err && words)
			err = see(places, hash_bytes(HASH_START, words, strlen(words)));
	}
	return err ? why_memory(why) : 0;
}

static int see_run(const struct past *run, struct explored *explored, struct why *why)
{
	uint32_t nr;
	const struct past_trial *trials = past_trials(run, &nr);
	int err = see_places(run, &explored->places, why);

	for (uint32_t i = 0; !err && i < nr; i++) {
		json_auto_t *line = past_line(run, &trials[i], why);

		err = line ? see_line(line, explored, why) : -EIO;
	}
	return err;
}

int merged_explored(struct past *const *runs, uint32_t nr, struct explore_sums *out,
		    struct why *why)
{
	struct explored explored = { 0 };
	int err = 0;

	*out = (struct explore_sums){ 0 };
	for (uint32_t i = 0; i < nr; i++)
		if (!merged_explores(runs[i]))
			return 0;
	for (uint32_t i = 0; !err && i < nr; i++)
		err = see_run(runs[i], &explored, why);
	*out = (struct explore_sums){
		.mode = past_summary(runs[0])->explore.mode,
		.features = count_different(&explored.features),
		.places = count_different(&explored.places),
		.held = count_different(&explored.held),
	};
	free(explored.features.keys);
	free(explored.places.keys);
	free(explored.held.keys);
	return err;
}
