// SPDX-License-Identifier: GPL-2.0-or-later
#include "explore/needs.h"

#include "base/hash.h"
#include "explore/explore.h"
#include "trial/behaviour.h"

static enum order_thread thread_at(const struct point_space *space, uint32_t place)
{
	return space->places.holds[place].thread;
}

static bool has_feature(const struct needs_shown *shown, uint64_t feature)
{
	return behaviour_has(shown->features, shown->nr_features, feature);
}

static bool has_hold(const struct needs_shown *shown, uint32_t hold, bool kept)
{
	const struct order_hold *place =
		&shown->space->places.holds[shown->point->holds[hold].place];

	return has_feature(
		shown, behaviour_of_hold(place->thread, place->at_return, place->place, kept));
}

/* How many of the holds were reached, or kept; those of one thread, or of all. */
static uint32_t count_holds(const struct needs_shown *shown, enum order_thread thread,
			    bool kept)
{
	const struct point *point = shown->point;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < point->nr_holds; i++)
		if (!thread || thread_at(shown->space, point->holds[i].place) == thread)
			nr += has_hold(shown, i, kept);
	return nr;
}

static bool came_about(const struct needs_shown *shown, bool kept)
{
	return count_holds(shown, ORDER_THREAD_NONE, kept) == shown->point->nr_holds;
}

/* Sides of the packet: its direction, its target, all of it with its time, an answer to DAD. */
enum { PACKET_SIDES = 4 };

static void packet_sides(const struct point_space *space, const struct point *point,
			 uint64_t sides[PACKET_SIDES])
{
	sides[0] = point->direction;
	sides[1] = point->target;
	sides[2] = (((uint64_t)point->message * DIRECTIONS + point->direction) * TARGETS +
		    point->target) *
			   2 +
		   explore_is_late(space->campaign, point->offset_us);
	sides[3] = point->answer != DAD_ANSWER_NONE;
}

/*
 * What has to come about one after the other, for a trial to count; each only says something
 * once the one before it has. Each depends on several things apart, a key each; the worst of
 * them says how likely it is.
 */
enum need {
	NEED_PASS, /* a thread reaches the place: the packet's sides, how others are held */
	/*
	 * a hold ends as it should: its place, any of its thread's; each with how others are
	 * held
	 */
	NEED_KEPT,
	NEED_ORDER, /* all of them do: the order */
	/*
	 * and what was sent was seen: how who starts thread II is held, with the packet's sides
	 */
	NEED_COUNTS,
	/* besides, a thread passes a place again: the place, any of its thread's */
	NEED_AGAIN,
};
enum { KEYS_MAX = 2 * PACKET_SIDES + 1 };

struct keys {
	uint64_t keys[KEYS_MAX];
	uint32_t nr;
};

static void add_key(struct keys *keys, enum need need, uint64_t what, uint64_t of)
{
	keys->keys[keys->nr] = hash_word(
		hash_word(hash_word(hash_word(HASH_START, need), keys->nr), what), of);
	keys->nr++;
}

/* How a thread is held, at any place: which thread, and until when. */
static uint64_t way_of(const struct point_space *space, const struct point_hold *hold)
{
	return ((uint64_t)thread_at(space, hold->place) * ORDER_UNTILS + hold->until) *
		       ORDER_THREADS +
	       hold->other;
}

/* How the others are held while a thread runs. */
static uint64_t ways_of_others(const struct point_space *space, const struct point *point,
			       enum order_thread thread)
{
	uint64_t hash = HASH_START;

	for (uint32_t i = 0; i < point->nr_holds; i++)
		if (thread_at(space, point->holds[i].place) != thread)
			hash = hash_word(hash, way_of(space, &point->holds[i]));
	return hash;
}

static void add_packet(struct keys *keys, enum need need, uint64_t what,
		       const struct point_space *space, const struct point *point)
{
	uint64_t sides[PACKET_SIDES];

	packet_sides(space, point, sides);
	for (int side = 0; side < PACKET_SIDES; side++)
		add_key(keys, need, what, sides[side]);
}

static struct keys keys_of_pass(const struct point_space *space, uint32_t place,
				const struct point *point)
{
	struct keys keys = { .nr = 0 };
	uint32_t number = point_place(space, place);

	add_packet(&keys, NEED_PASS, number, space, point);
	add_key(&keys, NEED_PASS, number,
		ways_of_others(space, point, thread_at(space, place)));
	add_key(&keys, NEED_PASS, number, thread_at(space, place) * CHANGES + point->change);
	return keys;
}

static struct keys keys_of_again(const struct point_space *space, const struct point_hold *hold)
{
	struct keys keys = { .nr = 0 };

	add_key(&keys, NEED_AGAIN, point_place(space, hold->place), point_skips(space, hold));
	add_key(&keys, NEED_AGAIN, thread_at(space, hold->place), 0);
	return keys;
}

static struct keys keys_of_end(const struct point_space *space, const struct point *point,
			       const struct point_hold *hold)
{
	uint64_t ways = hash_word(ways_of_others(space, point, thread_at(space, hold->place)),
				  way_of(space, hold));
	struct keys keys = { .nr = 0 };

	add_key(&keys, NEED_KEPT, point_place(space, hold->place), ways);
	add_key(&keys, NEED_KEPT, 0, ways);
	/* A change may have to wait for who is held, by the kernel's own locks. */
	if (hold->until == ORDER_UNTIL_CHANGED)
		add_key(&keys, NEED_KEPT, hash_word(ways, point->change), point->direction);
	return keys;
}

static struct keys keys_of_order(const struct point_space *space, const struct point *point)
{
	struct keys keys = { .nr = 0 };

	add_key(&keys, NEED_ORDER, point_order_key(space, point), 0);
	return keys;
}

static struct keys keys_of_start(const struct point_space *space, const struct point *point)
{
	struct keys keys = { .nr = 0 };
	uint64_t way = 0;

	for (uint32_t i = 0; point->starts_when && i < point->nr_holds && !way; i++)
		if (thread_at(space, point->holds[i].place) == point->starts_when)
			way = way_of(space, &point->holds[i]);
	add_packet(&keys, NEED_COUNTS, point->starts_when, space, point);
	add_packet(&keys, NEED_COUNTS, way, space, point);
	return keys;
}

/* That of the worst of its keys; a key that was never tried counts as sure. */
static uint32_t chance_of_need(const struct memory *memory, struct keys keys)
{
	uint32_t least = NEEDS_SURE;

	for (uint32_t i = 0; i < keys.nr; i++) {
		const struct memory_entry *entry = memory_find(memory, keys.keys[i]);
		uint32_t chance = entry ? (uint32_t)((entry->came + 1ULL) * NEEDS_SURE /
						     (entry->trials + 1ULL)) :
					  NEEDS_SURE;

		if (chance < least)
			least = chance;
	}
	return least;
}

uint32_t needs_chance(const struct memory *needs, const struct point_space *space,
		      const struct point *point)
{
	uint64_t chance = chance_of_need(needs, keys_of_order(space, point));

	chance = chance * chance_of_need(needs, keys_of_start(space, point)) / NEEDS_SURE;
	for (uint32_t i = 0; i < point->nr_holds; i++) {
		chance = chance *
			 chance_of_need(needs,
					keys_of_pass(space, point->holds[i].place, point)) /
			 NEEDS_SURE;
		if (point_skips(space, &point->holds[i]))
			chance = chance *
				 chance_of_need(needs, keys_of_again(space, &point->holds[i])) /
				 NEEDS_SURE;
		chance = chance *
			 chance_of_need(needs, keys_of_end(space, point, &point->holds[i])) /
			 NEEDS_SURE;
	}
	return (uint32_t)chance;
}

static int note(struct memory *needs, struct keys keys, uint32_t generation, bool came)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < keys.nr; i++)
		err = memory_note(needs, keys.keys[i], generation, came);
	return err;
}

/*
 * Every place tells, held or not; but where nobody came by any, or thread II did not start,
 * those tell nothing.
 */
static int learn_passes(struct memory *needs, const struct needs_shown *shown,
			uint32_t generation)
{
	const struct order *places = &shown->space->places;
	const struct point *point = shown->point;
	bool started = !point->starts_when || count_holds(shown, point->starts_when, false);
	bool any = false;
	int err = 0;

	for (uint32_t i = 0; i < places->nr_holds; i++)
		any |= has_feature(shown, behaviour_of_pass(&places->holds[i]));
	for (uint32_t i = 0; !err && any && i < places->nr_holds; i++)
		if (started || places->holds[i].thread != ORDER_THREAD_II)
			err = note(needs, keys_of_pass(shown->space, i, point), generation,
				   has_feature(shown, behaviour_of_pass(&places->holds[i])));
	return err;
}

static int learn_agains(struct memory *needs, const struct needs_shown *shown,
			uint32_t generation)
{
	const struct point *point = shown->point;
	int err = 0;

	for (uint32_t i = 0; !err && i < point->nr_holds; i++)
		if (point_skips(shown->space, &point->holds[i]))
			err = note(needs, keys_of_again(shown->space, &point->holds[i]),
				   generation, has_hold(shown, i, false));
	return err;
}

int needs_learn(struct memory *needs, const struct needs_shown *shown, uint32_t generation)
{
	const struct point *point = shown->point;
	bool kept = came_about(shown, true);
	int err = learn_passes(needs, shown, generation);

	if (!err)
		err = learn_agains(needs, shown, generation);
	if (err || !came_about(shown, false))
		return err;
	for (uint32_t i = 0; !err && i < point->nr_holds; i++)
		err = note(needs, keys_of_end(shown->space, point, &point->holds[i]),
			   generation, has_hold(shown, i, true));
	if (!err)
		err = note(needs, keys_of_order(shown->space, point), generation, kept);
	if (!err && kept)
		err = note(needs, keys_of_start(shown->space, point), generation,
			   !has_feature(shown, behaviour_of_miss()));
	return err;
}

bool needs_kept(const struct needs_shown *shown)
{
	return came_about(shown, true);
}
