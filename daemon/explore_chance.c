// SPDX-License-Identifier: GPL-2.0-or-later
#include "explore_chance.h"

#include <errno.h>
#include <stdlib.h>

#include "hash.h"

enum need_kind { NEED_REACHED, NEED_KEPT, NEED_COUNTS };

/* What is asked for, and under which circumstances. */
enum { CIRCUMSTANCES_MAX = 8, NEEDS_MAX = 2 * POINT_HOLDS_MAX + 1 };

struct need {
	uint64_t what;
	uint64_t circumstances[CIRCUMSTANCES_MAX];
	uint32_t nr;
	enum need_kind kind;
	uint32_t hold;
};

/* --- needs --- */

static void add_circumstance(struct need *need, uint64_t value)
{
	need->circumstances[need->nr++] = value;
}

static uint64_t end_of(const struct point_hold *hold)
{
	return hash_word(hash_word(HASH_START, hold->until), hold->other);
}

/* The places of all holds but one. */
static uint64_t beside(const struct point *point, uint32_t hold)
{
	uint64_t hash = HASH_START;

	for (uint32_t i = 0; i < point->nr_holds; i++)
		if (i != hold)
			hash = hash_word(hash, point->holds[i].place);
	return hash;
}

/* Who waits for what, wherever: of all holds but one. */
static uint64_t others_wait(const struct point *point, uint32_t hold)
{
	uint64_t hash = hash_word(HASH_START, point->starts_when);

	for (uint32_t i = 0; i < point->nr_holds; i++)
		if (i != hold)
			hash = hash_word(hash, end_of(&point->holds[i]));
	return hash;
}

/*
 * Whether a hold ends as it should is decided by who waits for whom: that a thread which nobody let go was waited for
 * in vain says nothing of an order in which it is.
 */
static struct need need_of(const struct point *point, enum need_kind kind, uint32_t hold)
{
	struct need need = { .what = hash_word(HASH_START, kind), .kind = kind, .hold = hold };

	add_circumstance(&need, point->direction);
	add_circumstance(&need, point->target);
	add_circumstance(&need, point->answer);
	add_circumstance(&need, point->starts_when);
	add_circumstance(&need, beside(point, hold));
	if (kind == NEED_COUNTS)
		return need;
	need.what = hash_word(need.what, point->holds[hold].place);
	if (kind == NEED_KEPT)
		need.what = hash_word(hash_word(need.what, end_of(&point->holds[hold])),
				      others_wait(point, hold));
	else
		add_circumstance(&need, end_of(&point->holds[hold]));
	return need;
}

static uint32_t needs_of(const struct point *point, struct need needs[NEEDS_MAX])
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < point->nr_holds; i++) {
		needs[nr++] = need_of(point, NEED_REACHED, i);
		needs[nr++] = need_of(point, NEED_KEPT, i);
	}
	needs[nr++] = need_of(point, NEED_COUNTS, POINT_HOLDS_MAX);
	return nr;
}

/* A circumstance alone is a pair with itself. */
static uint64_t pair_key(const struct need *need, uint32_t i, uint32_t j)
{
	uint64_t hash = hash_word(hash_word(need->what, i), need->circumstances[i]);

	return hash_word(hash_word(hash, j), need->circumstances[j]);
}

/* --- chances --- */

static uint64_t chance_of_need(const struct memory *met, const struct need *need)
{
	uint64_t least = CHANCE_CERTAIN;

	for (uint32_t i = 0; i < need->nr; i++)
		for (uint32_t j = i; j < need->nr; j++) {
			const struct memory_entry *entry =
				memory_find(met, pair_key(need, i, j));
			uint64_t chance = entry ? (2ULL * entry->came + 1) * CHANCE_CERTAIN /
							  (2ULL * entry->trials + 1) :
						  CHANCE_CERTAIN;

			if (chance < least)
				least = chance;
		}
	return least;
}

uint64_t chance_of(const struct memory *met, const struct point *point)
{
	struct need needs[NEEDS_MAX];
	uint32_t nr = needs_of(point, needs);
	uint64_t chance = CHANCE_CERTAIN;

	for (uint32_t i = 0; i < nr; i++)
		chance = chance * chance_of_need(met, &needs[i]) / CHANCE_CERTAIN;
	return chance;
}

/* --- what came about --- */

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct shown {
	const struct point_space *space;
	const struct point *point;
	const uint64_t *features;
	uint32_t nr_features;
};

static bool shows(const struct shown *shown, uint64_t feature)
{
	return shown->nr_features && bsearch(&feature, shown->features, shown->nr_features,
					     sizeof(feature), by_value);
}

static bool shows_hold(const struct shown *shown, uint32_t hold, bool kept)
{
	const struct order_hold *place =
		&shown->space->places.holds[shown->point->holds[hold].place];

	return shows(shown,
		     behaviour_of_hold(place->thread, place->at_return, place->place, kept));
}

static bool shows_order(const struct shown *shown, bool kept)
{
	for (uint32_t i = 0; i < shown->point->nr_holds; i++)
		if (!shows_hold(shown, i, kept))
			return false;
	return true;
}

static bool thread_ii_started(const struct shown *shown)
{
	const struct point *point = shown->point;

	for (uint32_t i = 0; i < point->nr_holds; i++)
		if (shown->space->places.holds[point->holds[i].place].thread ==
			    point->starts_when &&
		    shows_hold(shown, i, false))
			return true;
	return !point->starts_when;
}

static bool was_asked_for(const struct shown *shown, const struct need *need)
{
	switch (need->kind) {
	case NEED_REACHED:
		return shown->space->places.holds[shown->point->holds[need->hold].place]
				       .thread != ORDER_THREAD_II ||
		       thread_ii_started(shown);
	case NEED_KEPT: return shows_order(shown, false);
	case NEED_COUNTS: return shows_order(shown, true);
	}
	return false;
}

static bool was_met(const struct shown *shown, const struct need *need)
{
	switch (need->kind) {
	case NEED_REACHED: return shows_hold(shown, need->hold, false);
	case NEED_KEPT: return shows_hold(shown, need->hold, true);
	case NEED_COUNTS: return !shows(shown, behaviour_of_miss());
	}
	return false;
}

int chance_learn(struct memory *met, const struct point_space *space, const struct point *point,
		 const uint64_t *features, uint32_t nr_features, uint32_t generation)
{
	const struct shown shown = { space, point, features, nr_features };
	struct need needs[NEEDS_MAX];
	uint32_t nr = needs_of(point, needs);

	for (uint32_t n = 0; n < nr; n++) {
		const struct need *need = &needs[n];

		if (!was_asked_for(&shown, need))
			continue;
		for (uint32_t i = 0; i < need->nr; i++)
			for (uint32_t j = i; j < need->nr; j++)
				if (memory_note(met, pair_key(need, i, j), generation,
						was_met(&shown, need)))
					return -ENOMEM;
	}
	return 0;
}

bool chance_order_kept(const struct point_space *space, const struct point *point,
		       const uint64_t *features, uint32_t nr_features)
{
	const struct shown shown = { space, point, features, nr_features };

	return shows_order(&shown, true);
}
