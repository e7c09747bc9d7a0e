// SPDX-License-Identifier: GPL-2.0-or-later
#include "explore/point.h"

#include <string.h>

#include "base/hash.h"
#include "explore/explore.h"
#include "trial/plan.h"

enum { TRIES = 1000 };

_Static_assert(CHANGES <= 64, "a bit each");

uint32_t point_place(const struct point_space *space, uint32_t place)
{
	return space->set * ORDER_HOLDS_MAX + place;
}

uint32_t point_skips(const struct point_space *space, const struct point_hold *hold)
{
	return space->places.holds[hold->place].skips + hold->skips;
}

static void add_packet_row(struct point_space *space, const struct reach *reach)
{
	struct point_packet packet = { reach->direction, reach->target, reach->message,
				       reach->late, 0 };

	for (uint32_t i = 0; i < space->places.nr_holds; i++)
		packet.reaches |= (uint32_t)reach_has(reach, point_place(space, i)) << i;
	if (packet.reaches && space->nr_packets < REACH_ROWS)
		space->packets[space->nr_packets++] = packet;
}

static void add_change_row(struct point_space *space, const struct reach *reach)
{
	for (uint32_t i = 0; i < space->places.nr_holds; i++)
		if (reach_has(reach, point_place(space, i)))
			space->changes_to[i] |= 1ULL << reach->change;
}

static uint32_t count_reached(const struct reach *reach)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < REACH_PLACES; i++)
		nr += reach_has(reach, i);
	return nr;
}

static uint64_t real_changes(const struct campaign *campaign);

/* From how many places each reaches. */
static void weigh_changes(struct point_space *space)
{
	uint64_t changes = real_changes(space->campaign);
	uint32_t least = UINT32_MAX;

	for (int i = 0; i < CHANGES; i++)
		if (changes >> i & 1 && space->change_weights[i] < least)
			least = space->change_weights[i];
	for (int i = 0; i < CHANGES; i++)
		if (changes >> i & 1)
			space->change_weights[i] += 1 - least;
}

static void read_reach(struct point_space *space)
{
	for (uint32_t i = 0; i < space->campaign->explore.nr_reach; i++) {
		struct reach reach;

		/* campaign_load has checked them */
		if (reach_read(space->campaign->explore.reach[i], &reach, NULL))
			continue;
		if (reach.is_change) {
			space->change_weights[reach.change] = count_reached(&reach);
			add_change_row(space, &reach);
		} else {
			add_packet_row(space, &reach);
		}
	}
	weigh_changes(space);
}

void point_space(const struct campaign *campaign, uint32_t set, struct point_space *space)
{
	*space = (struct point_space){ .campaign = campaign, .set = set };
	plan_set(campaign, set, &space->places);
	space->threads[ORDER_THREAD_I] = space->threads[ORDER_THREAD_II] = true;
	space->threads[ORDER_THREAD_DAD] = order_has_dad(&space->places);
	read_reach(space);
}

static enum order_thread thread_of(const struct point_space *space,
				   const struct point_hold *hold)
{
	return space->places.holds[hold->place].thread;
}

static uint32_t nr_places(const struct point_space *space, enum order_thread thread)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < space->places.nr_holds; i++)
		nr += space->places.holds[i].thread == thread;
	return nr;
}

uint32_t point_threads(const struct point_space *space)
{
	uint32_t nr = 0;

	for (enum order_thread thread = ORDER_THREAD_I; thread < ORDER_THREADS; thread++)
		nr += nr_places(space, thread) > 0;
	return nr;
}

/* --- sense --- */

static bool holds_thread(const struct point_space *space, const struct point *point,
			 enum order_thread thread)
{
	for (uint32_t i = 0; i < point->nr_holds; i++)
		if (thread_of(space, &point->holds[i]) == thread)
			return true;
	return false;
}

static bool waits_for_done(const struct point_space *space, const struct point *point,
			   enum order_thread thread, enum order_thread other)
{
	for (uint32_t i = 0; i < point->nr_holds; i++)
		if (thread_of(space, &point->holds[i]) == thread &&
		    point->holds[i].until == ORDER_UNTIL_DONE && point->holds[i].other == other)
			return true;
	return false;
}

static bool can_end(const struct point_space *space, const struct point *point,
		    const struct point_hold *hold)
{
	enum order_thread thread = thread_of(space, hold);

	if (hold->until == ORDER_UNTIL_TIME)
		return hold->time_us > 0;
	if (hold->other == thread || !space->threads[hold->other])
		return false;
	if (hold->until == ORDER_UNTIL_HELD)
		return holds_thread(space, point, hold->other);
	if (hold->until == ORDER_UNTIL_CHANGED)
		return hold->other == ORDER_THREAD_I && point->change != CHANGE_NONE &&
		       !order_has_rtnl(&space->places.holds[hold->place]);
	return !waits_for_done(space, point, hold->other, thread) &&
	       !(hold->other == ORDER_THREAD_I &&
		 order_has_rtnl(&space->places.holds[hold->place]));
}

bool point_makes_sense(const struct point_space *space, const struct point *point)
{
	if (point->starts_when && (point->starts_when == ORDER_THREAD_II ||
				   !holds_thread(space, point, point->starts_when)))
		return false;
	if (point->change_when && (!point->change || point->change_when == ORDER_THREAD_I ||
				   !holds_thread(space, point, point->change_when)))
		return false;
	for (uint32_t i = 0; i < point->nr_holds; i++) {
		if (i && point->holds[i].place <= point->holds[i - 1].place)
			return false;
		if (!can_end(space, point, &point->holds[i]))
			return false;
	}
	return target_fits(point->direction, point->target) &&
	       message_fits(point->direction, point->target, point->message);
}

static void sort_holds(struct point *point)
{
	for (uint32_t i = 1; i < point->nr_holds; i++)
		for (uint32_t j = i; j && point->holds[j - 1].place > point->holds[j].place;
		     j--) {
			struct point_hold swapped = point->holds[j];

			point->holds[j] = point->holds[j - 1];
			point->holds[j - 1] = swapped;
		}
}

/* --- one thing drawn --- */

static uint64_t draw_between(uint64_t *state, uint64_t min, uint64_t max)
{
	return min + plan_draw_below(state, max - min + 1);
}

static void draw_end(const struct point_space *space, uint64_t *state, struct point_hold *hold)
{
	const struct campaign *campaign = space->campaign;

	hold->until = campaign->explore.ends[plan_draw_below(state, campaign->explore.nr_ends)];
	hold->other = ORDER_THREAD_NONE;
	hold->time_us = 0;
	if (hold->until == ORDER_UNTIL_TIME)
		hold->time_us = draw_between(state, campaign->explore.hold_range.min_us,
					     campaign->explore.hold_range.max_us);
	else if (hold->until == ORDER_UNTIL_CHANGED)
		hold->other = ORDER_THREAD_I;
	else
		hold->other = ORDER_THREAD_I + plan_draw_below(state, ORDER_THREADS - 1);
}

static void draw_hold(const struct point_space *space, uint64_t *state, struct point_hold *hold)
{
	hold->place = (uint32_t)plan_draw_below(state, space->places.nr_holds);
	draw_end(space, state, hold);
}

static void draw_start(const struct point_space *space, uint64_t *state, struct point *point)
{
	(void)space;
	point->starts_when = plan_draw_below(state, ORDER_THREADS);
}

/* Who is held when thread I makes its change; every other time nobody is. */
static void draw_when(uint64_t *state, struct point *point)
{
	point->change_when = ORDER_THREAD_NONE;
	if (point->change && !plan_draw_below(state, 2))
		point->change_when = ORDER_THREAD_II + plan_draw_below(state, 2);
}

/* A setting with one value is not drawn, so that plans stay as they were before it had more. */
static uint32_t draw_of(uint64_t *state, uint32_t nr)
{
	return nr > 1 ? (uint32_t)plan_draw_below(state, nr) : 0;
}

static void draw_message(const struct point_space *space, uint64_t *state, struct point *point)
{
	const struct campaign *campaign = space->campaign;

	do
		point->message =
			campaign->echo.message[draw_of(state, campaign->echo.nr_message)];
	while (!message_fits(point->direction, point->target, point->message));
}

static void draw_change(const struct point_space *space, uint64_t *state, struct point *point)
{
	const struct campaign *campaign = space->campaign;

	point->change = campaign->bringup.change[draw_of(state, campaign->bringup.nr_change)];
}

static void draw_load(const struct point_space *space, uint64_t *state, struct point *point)
{
	point->load = space->campaign->load[draw_of(state, space->campaign->nr_load)];
}

static void draw_echo(const struct point_space *space, uint64_t *state, struct point *point)
{
	const struct campaign *campaign = space->campaign;

	point->direction =
		campaign->echo.directions[plan_draw_below(state, campaign->echo.nr_directions)];
	point->target =
		campaign->echo.targets[plan_draw_below(state, campaign->echo.nr_targets)];
	if (!message_fits(point->direction, point->target, point->message))
		draw_message(space, state, point);
}

static void draw_count(const struct point_space *space, uint64_t *state, struct point *point)
{
	uint32_t most = space->campaign->echo.count;

	point->echoes = most ? (uint32_t)draw_between(state, 1, most) : 0;
}

static void draw_offset(const struct point_space *space, uint64_t *state, struct point *point)
{
	uint64_t latest_us = space->campaign->explore.offset_us;

	point->offset_us =
		latest_us ? draw_between(state, 0, latest_us) : space->campaign->echo.offset_us;
}

static void draw_window(const struct point_space *space, uint64_t *state, struct point *point)
{
	const struct campaign *campaign = space->campaign;

	if (campaign->window.hold_range.max_us)
		point->hold_us = draw_between(state, campaign->window.hold_range.min_us,
					      campaign->window.hold_range.max_us);
	else
		point->hold_us =
			campaign->window
				.hold_us[plan_draw_below(state, campaign->window.nr_hold_us)];
}

static void draw_answer(const struct point_space *space, uint64_t *state, struct point *point)
{
	const struct campaign *campaign = space->campaign;

	point->answer = campaign->dad.answer[plan_draw_below(state, campaign->dad.nr_answer)];
}

/* All of a point but its holds. */
static void draw_packets(const struct point_space *space, uint64_t *state, struct point *point)
{
	do
		draw_echo(space, state, point);
	while (!target_fits(point->direction, point->target));
	draw_count(space, state, point);
	draw_offset(space, state, point);
	draw_window(space, state, point);
	draw_answer(space, state, point);
	draw_message(space, state, point);
	draw_change(space, state, point);
	draw_load(space, state, point);
}

static uint32_t most_holds(const struct point_space *space)
{
	uint32_t places = space->places.nr_holds, most = space->campaign->explore.holds;

	return most < places ? most : places;
}

/* --- whole points --- */

void point_random(const struct point_space *space, uint64_t *state, struct point *point)
{
	uint32_t nr = (uint32_t)draw_between(state, 1, most_holds(space));

	*point = (struct point){ 0 };
	draw_packets(space, state, point);
	for (int i = 0; i < TRIES; i++) {
		point->nr_holds = nr;
		for (uint32_t j = 0; j < nr; j++)
			draw_hold(space, state, &point->holds[j]);
		draw_start(space, state, point);
		draw_when(state, point);
		sort_holds(point);
		if (point_makes_sense(space, point))
			return;
	}
	/* No allowed end fits any place: only the window is left. */
	point->nr_holds = 0;
	point->change_when = ORDER_THREAD_NONE;
	point->starts_when = ORDER_THREAD_NONE;
}

void point_measure(const struct point_space *space, uint64_t *state, struct point *point)
{
	*point = (struct point){ 0 };
	draw_packets(space, state, point);
	point->hold_us = 0;
	point->answer = DAD_ANSWER_NONE;
	point->offset_us = 0;
}

/*
 * A delay in [0, 1.1 x length], at least a microsecond; of an unknown length up to a
 * millisecond.
 */
static uint64_t draw_delay_us(uint64_t *state, uint64_t length_ns)
{
	uint64_t most_us = (length_ns ? length_ns : 1000000) * 11 / 10 / 1000;

	return draw_between(state, 1, most_us ? most_us : 1);
}

/* Delays of a thread are compared with the path of the other. */
void point_sample(const struct point_space *space, uint64_t *state,
		  const struct point_lengths *lengths, struct point *point)
{
	point_random(space, state, point);
	point->starts_when = point->change_when = ORDER_THREAD_NONE;
	point->hold_us = draw_delay_us(state, lengths->window_ns);
	point->offset_us = draw_delay_us(state, lengths->window_ns + point->hold_us * 1000) - 1;
	for (uint32_t i = 0; i < point->nr_holds; i++) {
		struct point_hold *hold = &point->holds[i];
		bool is_ii = thread_of(space, hold) == ORDER_THREAD_II;

		hold->until = ORDER_UNTIL_TIME;
		hold->other = ORDER_THREAD_NONE;
		hold->time_us = draw_delay_us(state, is_ii ? lengths->thread_i_ns :
							     lengths->thread_ii_ns);
	}
}

static void drop_twins(struct point *point)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < point->nr_holds; i++)
		if (!kept || point->holds[kept - 1].place != point->holds[i].place)
			point->holds[kept++] = point->holds[i];
	point->nr_holds = kept;
}

/*
 * One thread goes first, and at d-1 places, drawn evenly with repetition, a thread falls behind
 * all others: it is delayed as long as is allowed.
 */
void point_pct(const struct point_space *space, uint64_t *state, struct point *point)
{
	*point = (struct point){ .nr_holds = space->campaign->explore.holds };
	draw_packets(space, state, point);
	for (uint32_t i = 0; i < point->nr_holds; i++)
		point->holds[i] = (struct point_hold){
			.place = (uint32_t)plan_draw_below(state, space->places.nr_holds),
			.until = ORDER_UNTIL_TIME,
			.time_us = space->campaign->explore.hold_range.max_us,
		};
	sort_holds(point);
	drop_twins(point);
	draw_start(space, state, point);
	if (!point_makes_sense(space, point))
		point->starts_when = ORDER_THREAD_NONE;
}

/* --- schedules --- */

/* Of so many last holds, one ends by time; of so many schedules, one has one hold. */
enum { TIMED_IN = 4, ALONE_IN = 8 };

static bool allows_end(const struct point_space *space, enum order_until until)
{
	for (uint32_t i = 0; i < space->campaign->explore.nr_ends; i++)
		if (space->campaign->explore.ends[i] == until)
			return true;
	return false;
}

/* A thread that has places and no hold yet, drawn evenly; NONE: there is none. */
static enum order_thread draw_thread(const struct point_space *space, uint64_t *state,
				     const struct point *point)
{
	enum order_thread free[ORDER_THREADS];
	uint32_t nr = 0;

	for (enum order_thread thread = ORDER_THREAD_I; thread < ORDER_THREADS; thread++)
		if (nr_places(space, thread) && !holds_thread(space, point, thread))
			free[nr++] = thread;
	return nr ? free[plan_draw_below(state, nr)] : ORDER_THREAD_NONE;
}

/*
 * Places are given best first: a thread's k-th is drawn 1/k as often as its first. Those that
 * take turns are all tried alike.
 */
static uint32_t draw_place(const struct point_space *space, uint64_t *state,
			   enum order_thread thread)
{
	enum { FIRST = 2520 }; /* divisible by 1 .. 10 */
	bool in_turn = plan_sets(space->campaign) > 1;
	uint64_t sum = 0, at;
	uint32_t nr = 0, place = 0;

	for (uint32_t k = 1; k <= nr_places(space, thread); k++)
		sum += FIRST / (in_turn ? 1 : k);
	at = plan_draw_below(state, sum);
	for (;; place++) {
		uint64_t weight;

		if (space->places.holds[place].thread != thread)
			continue;
		weight = FIRST / (in_turn ? 1 : ++nr);
		if (at < weight)
			return place;
		at -= weight;
	}
}

/*
 * Whose turn it is, then where: a thread with many places has not more turns. False: none is
 * left.
 */
static bool draw_turn(const struct point_space *space, uint64_t *state, struct point_wish wish,
		      struct point *point)
{
	enum order_thread thread = draw_thread(space, state, point);

	if (!thread)
		return false;
	if (point->nr_holds) {
		struct point_hold *last = &point->holds[point->nr_holds - 1];

		last->until = ORDER_UNTIL_HELD;
		last->other = thread;
		if (thread == ORDER_THREAD_II)
			point->starts_when = thread_of(space, last);
	}
	point->holds[point->nr_holds++] =
		(struct point_hold){ .place = draw_place(space, state, thread),
				     .skips = wish.second };
	return true;
}

/*
 * Whom the last waits for: it falls behind all others, so for the one that takes longest, which
 * is thread I; where that cannot be, for the one that went before it, or for the packet.
 */
static void wait_for_others(const struct point_space *space, struct point *point)
{
	struct point_hold *last = &point->holds[point->nr_holds - 1];

	last->until = ORDER_UNTIL_DONE;
	last->time_us = 0;
	last->other = ORDER_THREAD_I;
	if (!can_end(space, point, last))
		last->other =
			point->nr_holds > 1 ? thread_of(space, last - 1) : ORDER_THREAD_II;
}

static void draw_last_end(const struct point_space *space, uint64_t *state, struct point *point)
{
	struct point_hold *last = &point->holds[point->nr_holds - 1];

	last->until = ORDER_UNTIL_TIME;
	last->time_us = space->campaign->explore.hold_range.max_us;
	if (plan_draw_below(state, 2))
		last->time_us = draw_between(state, space->campaign->explore.hold_range.min_us,
					     last->time_us);
	if (allows_end(space, ORDER_UNTIL_DONE) &&
	    (!allows_end(space, ORDER_UNTIL_TIME) || plan_draw_below(state, TIMED_IN)))
		wait_for_others(space, point);
	/* It runs while the first is held. */
	if (!holds_thread(space, point, ORDER_THREAD_II))
		point->starts_when = thread_of(space, &point->holds[0]);
}

/* --- a change while another thread is held --- */

/* One of the bits that are set, drawn evenly; there is one. */
static uint32_t draw_bit(uint64_t *state, uint64_t bits)
{
	uint64_t nth = plan_draw_below(state, (uint64_t)__builtin_popcountll(bits));

	for (; nth; nth--)
		bits &= bits - 1;
	return (uint32_t)__builtin_ctzll(bits);
}

/* As scouts did: before DAD is over, now and then before there is an address, or after it. */
static void fit_offset(const struct point_space *space, uint64_t *state, bool late,
		       struct point *point)
{
	uint64_t latest_us = space->campaign->explore.offset_us;

	if (latest_us)
		point->offset_us = late ? draw_between(state, latest_us / 4 * 3, latest_us) :
					  draw_between(state, 0, latest_us / 4);
}

static uint64_t is_late(const struct point_packet *packet)
{
	return packet->late;
}

static uint64_t direction_of(const struct point_packet *packet)
{
	return packet->direction;
}

static uint64_t message_of(const struct point_packet *packet)
{
	return packet->message;
}

static uint64_t target_of(const struct point_packet *packet)
{
	return packet->target;
}

/*
 * What packets differ in, most telling first: whether the address is still tentative decides
 * more than to whom one is sent.
 */
static uint64_t (*const traits[])(const struct point_packet *packet) = {
	is_late,
	direction_of,
	message_of,
	target_of,
};

/* Of the packets `drawn`, keeps those whose trait has one of its values, drawn evenly. */
static void draw_trait(const struct point_space *space, uint64_t *state,
		       uint64_t (*trait)(const struct point_packet *packet),
		       bool drawn[REACH_ROWS])
{
	uint64_t values = 0;
	uint32_t value;

	for (uint32_t i = 0; i < space->nr_packets; i++)
		if (drawn[i])
			values |= 1ULL << trait(&space->packets[i]);
	value = draw_bit(state, values);
	for (uint32_t i = 0; i < space->nr_packets; i++)
		drawn[i] &= trait(&space->packets[i]) == value;
}

/*
 * One that reaches the place. A kind of packet is as likely as any other, however many packets
 * are of it. NULL: it is not known what reaches the place.
 */
static const struct point_packet *draw_packet(const struct point_space *space, uint64_t *state,
					      uint32_t place)
{
	bool drawn[REACH_ROWS] = { false };
	bool any = false;
	uint32_t i = 0;

	for (; i < space->nr_packets; i++)
		any |= drawn[i] = space->packets[i].reaches >> place & 1;
	if (!any)
		return NULL;
	for (size_t j = 0; j < sizeof(traits) / sizeof(traits[0]); j++)
		draw_trait(space, state, traits[j], drawn);
	for (i = 0; !drawn[i]; i++)
		;
	return &space->packets[i];
}

/* What is sent reaches where II is held, and what I does where I is, as far as is known. */
static void fit_to_places(const struct point_space *space, uint64_t *state, struct point *point)
{
	for (uint32_t i = 0; i < point->nr_holds; i++) {
		const struct point_hold *hold = &point->holds[i];
		enum order_thread thread = thread_of(space, hold);
		uint64_t changes = space->changes_to[hold->place];

		const struct point_packet *packet =
			thread == ORDER_THREAD_II ? draw_packet(space, state, hold->place) :
						    NULL;

		if (packet) {
			point->direction = packet->direction;
			point->target = packet->target;
			point->message = packet->message;
			fit_offset(space, state, packet->late, point);
		}
		if (thread == ORDER_THREAD_I && changes && !point->change_when)
			point->change = draw_bit(state, changes);
	}
}

/* The changes of the campaign that do something, a bit each. */
static uint64_t real_changes(const struct campaign *campaign)
{
	uint64_t changes = 0;

	for (uint32_t i = 0; i < campaign->bringup.nr_change; i++)
		changes |= 1ULL << campaign->bringup.change[i];
	return changes & ~(1ULL << CHANGE_NONE);
}

bool point_has_changes(const struct point_space *space)
{
	return real_changes(space->campaign) && allows_end(space, ORDER_UNTIL_CHANGED);
}

/* One of the changes, there are some, by their weights. */
static enum change_kind draw_weighed(const struct point_space *space, uint64_t *state,
				     uint64_t changes)
{
	uint64_t sum = 0, at;
	int i = 0;

	for (int j = 0; j < CHANGES; j++)
		sum += changes >> j & 1 ? space->change_weights[j] : 0;
	at = plan_draw_below(state, sum);
	for (;; i++) {
		uint32_t weight = changes >> i & 1 ? space->change_weights[i] : 0;

		if (at < weight)
			return i;
		at -= weight;
	}
}

/* The window is not held: thread I waits for its change anyway. */
static bool draw_change_race(const struct point_space *space, uint64_t *state,
			     struct point_wish wish, struct point *point)
{
	uint64_t changes = real_changes(space->campaign);
	enum order_thread thread =
		nr_places(space, ORDER_THREAD_DAD) && !plan_draw_below(state, 8) ?
			ORDER_THREAD_DAD :
			ORDER_THREAD_II;

	if (!point_has_changes(space) || !nr_places(space, thread))
		return false;
	point->nr_holds = 1;
	point->holds[0] = (struct point_hold){ .place = draw_place(space, state, thread),
					       .until = ORDER_UNTIL_CHANGED,
					       .other = ORDER_THREAD_I,
					       .skips = wish.second };
	point->starts_when = ORDER_THREAD_NONE;
	point->change = draw_weighed(space, state, changes);
	point->change_when = thread;
	if (thread == ORDER_THREAD_II)
		point->answer = DAD_ANSWER_NONE; /* another packet than the one that is meant */
	point->hold_us = space->campaign->window.hold_range.max_us ?
				 space->campaign->window.hold_range.min_us :
				 space->campaign->window.hold_us[0];
	return point_makes_sense(space, point);
}

static bool draw_schedule(const struct point_space *space, uint64_t *state,
			  struct point_wish wish, struct point *point)
{
	uint32_t most = most_holds(space), nr;

	if (!allows_end(space, ORDER_UNTIL_HELD))
		most = 1;
	nr = most > 1 && plan_draw_below(state, ALONE_IN) ?
		     (uint32_t)draw_between(state, 2, most) :
		     1;
	point->nr_holds = 0;
	point->starts_when = ORDER_THREAD_NONE;
	for (uint32_t i = 0; i < nr; i++)
		if (!draw_turn(space, state, wish, point))
			return false;
	if (nr > 2 && plan_draw_below(state, 2)) /* all others let the last one go first */
		for (uint32_t i = 0; i + 2 < nr; i++)
			point->holds[i].other = thread_of(space, &point->holds[nr - 1]);
	draw_last_end(space, state, point);
	sort_holds(point);
	return point_makes_sense(space, point);
}

void point_schedule(const struct point_space *space, uint64_t *state, struct point_wish wish,
		    struct point *point)
{
	bool ends = allows_end(space, ORDER_UNTIL_DONE) || allows_end(space, ORDER_UNTIL_TIME);

	*point = (struct point){ 0 };
	draw_packets(space, state, point);
	if (point->answer ==
	    DAD_ANSWER_NONE) /* the peer that claims the address is a thread, too */
		draw_answer(space, state, point);
	if (wish.changes && draw_change_race(space, state, wish, point)) {
		fit_to_places(space, state, point);
		return;
	}
	point->change_when = ORDER_THREAD_NONE;
	for (int i = 0; ends && i < TRIES; i++)
		if (draw_schedule(space, state, wish, point)) {
			fit_to_places(space, state, point);
			return;
		}
	point_random(space, state, point);
}

static uint64_t magnitude(uint64_t value)
{
	uint64_t bits = 0;

	for (; value; value >>= 1)
		bits++;
	return bits;
}

uint64_t point_order_key(const struct point_space *space, const struct point *point)
{
	uint64_t hash = hash_word(HASH_START, point->starts_when);

	if (point->change_when)
		hash = hash_word(hash_word(hash, point->change_when), point->change);

	for (uint32_t i = 0; i < point->nr_holds; i++) {
		const struct point_hold *hold = &point->holds[i];

		hash = hash_word(hash, point_place(space, hold->place));
		if (point_skips(space, hold))
			hash = hash_word(hash, point_skips(space, hold));
		hash = hash_word(hash, hold->until);
		hash = hash_word(hash, hold->other);
		hash = hash_word(hash, magnitude(hold->time_us));
	}
	return hash;
}

uint64_t point_packet_key(const struct point_space *space, const struct point *point)
{
	uint64_t hash = hash_word(point_order_key(space, point), point->direction);

	return hash_word(hash_word(hash, point->message),
			 explore_is_late(space->campaign, point->offset_us));
}

/* --- the grid --- */

enum { GRID_TIMES = 3, GRID_ENDS = GRID_TIMES + 2 * (ORDER_THREADS - 1) };

/* Shortest, longest and between them; then who is held, then who is done. */
static struct point_hold grid_end(const struct point_space *space, uint64_t number)
{
	uint64_t min_us = space->campaign->explore.hold_range.min_us;
	uint64_t max_us = space->campaign->explore.hold_range.max_us;
	const uint64_t times[GRID_TIMES] = { min_us, min_us + (max_us - min_us) / 2, max_us };
	uint64_t event = number - GRID_TIMES;

	if (number < GRID_TIMES)
		return (struct point_hold){ .until = ORDER_UNTIL_TIME,
					    .time_us = times[number] };
	return (struct point_hold){
		.until = event % 2 ? ORDER_UNTIL_HELD : ORDER_UNTIL_DONE,
		.other = ORDER_THREAD_I + (enum order_thread)(event / 2),
	};
}

static uint64_t take_digit(uint64_t *number, uint64_t base)
{
	uint64_t digit = *number % base;

	*number /= base;
	return digit;
}

/* Point number `number`; false when it makes no sense. *past: there are not so many. */
static bool grid_point(const struct point_space *space, uint64_t number, bool *past,
		       struct point *point)
{
	const struct campaign *campaign = space->campaign;
	uint32_t nr_windows =
		campaign->window.hold_range.max_us ? 2 : campaign->window.nr_hold_us;
	uint64_t of_hold = (uint64_t)space->places.nr_holds * GRID_ENDS, many = of_hold;
	uint64_t window;

	*point = (struct point){ .nr_holds = 1,
				 .echoes = campaign->echo.count,
				 .offset_us = campaign->echo.offset_us };
	point->direction =
		campaign->echo.directions[take_digit(&number, campaign->echo.nr_directions)];
	point->target = campaign->echo.targets[take_digit(&number, campaign->echo.nr_targets)];
	point->answer = campaign->dad.answer[take_digit(&number, campaign->dad.nr_answer)];
	point->message = campaign->echo.message[take_digit(&number, campaign->echo.nr_message)];
	point->change =
		campaign->bringup.change[take_digit(&number, campaign->bringup.nr_change)];
	point->load = campaign->load[take_digit(&number, campaign->nr_load)];
	window = take_digit(&number, nr_windows);
	if (campaign->window.hold_range.max_us)
		point->hold_us = window ? campaign->window.hold_range.max_us :
					  campaign->window.hold_range.min_us;
	else
		point->hold_us = campaign->window.hold_us[window];
	point->starts_when = (enum order_thread)take_digit(&number, ORDER_THREADS);
	for (; number >= many && point->nr_holds <= most_holds(space); many *= of_hold) {
		number -= many;
		point->nr_holds++;
	}
	*past = point->nr_holds > most_holds(space);
	if (*past)
		return false;
	for (uint32_t i = 0; i < point->nr_holds; i++) {
		uint64_t place = take_digit(&number, space->places.nr_holds);

		point->holds[i] = grid_end(space, take_digit(&number, GRID_ENDS));
		point->holds[i].place = (uint32_t)place;
		if (!allows_end(space, point->holds[i].until))
			return false;
	}
	return point_makes_sense(space, point);
}

void point_sweep(const struct point_space *space, uint64_t *cursor, struct point *point)
{
	bool past = false, begun_anew = false;

	while (!grid_point(space, (*cursor)++, &past, point)) {
		if (past && begun_anew) { /* no point of the grid makes sense */
			point->nr_holds = 0;
			point->starts_when = ORDER_THREAD_NONE;
			return;
		}
		if (past) {
			*cursor = 0;
			begun_anew = true;
		}
	}
}

/* --- a point that is changed a little --- */

static struct point_hold *draw_one_hold(uint64_t *state, struct point *point)
{
	return &point->holds[plan_draw_below(state, point->nr_holds)];
}

static void add_hold(const struct point_space *space, uint64_t *state,
		     const struct point *other, struct point *point)
{
	(void)other;
	if (point->nr_holds < most_holds(space))
		draw_hold(space, state, &point->holds[point->nr_holds++]);
}

static void drop_hold(const struct point_space *space, uint64_t *state,
		      const struct point *other, struct point *point)
{
	(void)space;
	(void)other;
	if (point->nr_holds > 1)
		*draw_one_hold(state, point) = point->holds[--point->nr_holds];
}

static void change_place(const struct point_space *space, uint64_t *state,
			 const struct point *other, struct point *point)
{
	(void)other;
	if (point->nr_holds)
		draw_one_hold(state, point)->place =
			(uint32_t)plan_draw_below(state, space->places.nr_holds);
}

/* A time is doubled or halved as often as it is redrawn. */
static void change_end(const struct point_space *space, uint64_t *state,
		       const struct point *other, struct point *point)
{
	uint64_t min_us = space->campaign->explore.hold_range.min_us;
	uint64_t max_us = space->campaign->explore.hold_range.max_us;
	struct point_hold *hold;

	(void)other;
	if (!point->nr_holds)
		return;
	hold = draw_one_hold(state, point);
	if (hold->until != ORDER_UNTIL_TIME || plan_draw_below(state, 2)) {
		draw_end(space, state, hold);
		return;
	}
	hold->time_us = plan_draw_below(state, 2) ? hold->time_us * 2 : hold->time_us / 2;
	hold->time_us = hold->time_us < min_us ? min_us :
			hold->time_us > max_us ? max_us :
						 hold->time_us;
}

#define CHANGES(name)                                                               \
	static void change_##name(const struct point_space *space, uint64_t *state, \
				  const struct point *other, struct point *point)   \
	{                                                                           \
		(void)other;                                                        \
		draw_##name(space, state, point);                                   \
	}
CHANGES(start)
CHANGES(echo)
CHANGES(count)
CHANGES(offset)
CHANGES(window)
CHANGES(answer)
CHANGES(message)
CHANGES(change)
CHANGES(load)

/* Holds of both, up to the most; the packets stay. */
static void splice(const struct point_space *space, uint64_t *state, const struct point *other,
		   struct point *point)
{
	if (!other->nr_holds)
		return;
	if (point->nr_holds == most_holds(space))
		point->nr_holds--;
	point->holds[point->nr_holds++] = other->holds[plan_draw_below(state, other->nr_holds)];
	if (!point->starts_when)
		point->starts_when = other->starts_when;
}

static bool is_same(const struct point *a, const struct point *b)
{
	if (a->nr_holds != b->nr_holds || a->starts_when != b->starts_when ||
	    a->direction != b->direction || a->target != b->target || a->echoes != b->echoes ||
	    a->offset_us != b->offset_us || a->hold_us != b->hold_us ||
	    a->answer != b->answer || a->message != b->message || a->change != b->change ||
	    a->change_when != b->change_when || a->load != b->load)
		return false;
	for (uint32_t i = 0; i < a->nr_holds; i++)
		if (a->holds[i].place != b->holds[i].place ||
		    a->holds[i].until != b->holds[i].until ||
		    a->holds[i].other != b->holds[i].other ||
		    a->holds[i].skips != b->holds[i].skips ||
		    a->holds[i].time_us != b->holds[i].time_us)
			return false;
	return true;
}

enum explore_mutation point_draw_mutation(const struct point_space *space, uint64_t *state)
{
	const struct campaign *campaign = space->campaign;
	enum explore_mutation able[EXPLORE_MUTATIONS];
	uint32_t nr = 0;

	for (enum explore_mutation i = EXPLORE_ADD_HOLD; i <= EXPLORE_SPLICE; i++)
		able[nr++] = i;
	if (campaign->echo.nr_message > 1)
		able[nr++] = EXPLORE_MESSAGE;
	if (campaign->bringup.nr_change > 1)
		able[nr++] = EXPLORE_CHANGE;
	if (campaign->nr_load > 1)
		able[nr++] = EXPLORE_LOAD;
	return able[plan_draw_below(state, nr)];
}

bool point_mutate(const struct point_space *space, uint64_t *state,
		  enum explore_mutation mutation, const struct point *other,
		  struct point *point)
{
	static void (*const changes[EXPLORE_MUTATIONS])(const struct point_space *, uint64_t *,
							const struct point *,
							struct point *) = {
		[EXPLORE_ADD_HOLD] = add_hold,	  [EXPLORE_DROP_HOLD] = drop_hold,
		[EXPLORE_PLACE] = change_place,	  [EXPLORE_END] = change_end,
		[EXPLORE_START] = change_start,	  [EXPLORE_ECHO] = change_echo,
		[EXPLORE_COUNT] = change_count,	  [EXPLORE_OFFSET] = change_offset,
		[EXPLORE_WINDOW] = change_window, [EXPLORE_ANSWER] = change_answer,
		[EXPLORE_SPLICE] = splice,	  [EXPLORE_MESSAGE] = change_message,
		[EXPLORE_CHANGE] = change_change, [EXPLORE_LOAD] = change_load,
	};
	struct point before = *point;

	changes[mutation](space, state, other, point);
	sort_holds(point);
	return !is_same(&before, point) && point_makes_sense(space, point);
}

void point_put(const struct point_space *space, const struct point *point,
	       struct trial_spec *spec)
{
	spec->steps = point->nr_holds;
	spec->starts_when = point->starts_when;
	for (uint32_t i = 0; i < point->nr_holds; i++) {
		const struct point_hold *hold = &point->holds[i];

		spec->holds[i] = space->places.holds[hold->place];
		spec->holds[i].until = hold->until;
		spec->holds[i].other = hold->other;
		spec->holds[i].skips = point_skips(space, hold);
		spec->holds[i].time_us = hold->time_us;
	}
	spec->direction = point->direction;
	spec->target = point->target;
	spec->echoes = point->echoes;
	spec->offset_us = point->offset_us;
	spec->hold_us = point->hold_us;
	spec->dad_answer = point->answer;
	spec->message = point->message;
	spec->change = point->change;
	spec->change_when = point->change_when;
	spec->load = point->load;
}
