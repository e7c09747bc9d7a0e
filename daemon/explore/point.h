/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPLORE_POINT_H
#define DADRACE_EXPLORE_POINT_H

#include "spec/campaign.h"
#include "spec/order.h"
#include "spec/reach.h"
#include "spec/spec.h"

/*
 * A point of the explorer's space: what one trial injects. For the explorer's own files;
 * explore.h is the model.
 *
 * A point makes sense when each of its holds can end: a hold that waits for a held thread comes
 * with a hold of that thread, two threads do not wait for each other to be done, and DAD does
 * not wait for I while it has the RTNL, which I needs. All points made here make sense.
 */
enum { POINT_HOLDS_MAX = 3 };

struct point_hold {
	uint32_t place; /* number in the space's places */
	enum order_until until;
	enum order_thread other;
	uint64_t time_us;
	uint32_t skips; /* as in struct order_hold */
};

struct point {
	struct point_hold holds[POINT_HOLDS_MAX]; /* places ascending */
	uint32_t nr_holds;
	enum order_thread starts_when;
	enum direction direction;
	enum target target;
	uint32_t echoes;
	uint64_t offset_us;
	uint64_t hold_us; /* of the window; 0: none */
	enum dad_answer answer;
	enum message_kind message;
	enum change_kind change;
	enum order_thread change_when; /* as in struct trial_spec */
	enum load_kind load;
};

struct point_space {
	const struct campaign *campaign;
	uint32_t set;		     /* of the campaign's places */
	struct order places;	     /* of the set, each as a hold whose end is not said */
	bool threads[ORDER_THREADS]; /* that can be waited for */
	/*
	 * What was seen to reach places of the set: packets, each with a bit for each place,
	 * and for each place a bit for each change; none: not known.
	 */
	struct point_packet {
		enum direction direction;
		enum target target;
		enum message_kind message;
		bool late;
		uint32_t reaches;
	} packets[REACH_ROWS];
	uint32_t nr_packets;
	uint64_t changes_to[ORDER_HOLDS_MAX];
	/*
	 * How often each change is drawn: once, and once more for each place of the campaign
	 * that it reaches beyond what every change does. A sysctl that only sets a number has
	 * less to race with than one that takes all addresses away.
	 */
	uint32_t change_weights[CHANGES];
};

/* Durations of a trial without injection; 0: not known. */
struct point_lengths {
	uint64_t window_ns, thread_i_ns, thread_ii_ns;
};

void point_space(const struct campaign *campaign, uint32_t set, struct point_space *space);

/* The number of a place of the set among all of the campaign. */
uint32_t point_place(const struct point_space *space, uint32_t place);

/* Passes before the one at which it holds: the place may be a later pass itself. */
uint32_t point_skips(const struct point_space *space, const struct point_hold *hold);

/* Threads that have a place. */
uint32_t point_threads(const struct point_space *space);

bool point_makes_sense(const struct point_space *space, const struct point *point);

void point_random(const struct point_space *space, uint64_t *state, struct point *point);
void point_measure(const struct point_space *space, uint64_t *state, struct point *point);
void point_sample(const struct point_space *space, uint64_t *state,
		  const struct point_lengths *lengths, struct point *point);
void point_pct(const struct point_space *space, uint64_t *state, struct point *point);

/*
 * A schedule, as in iterative context bounding (Musuvathi and Qadeer, PLDI 2007): one thread
 * runs to a place, then another to a place of its own, and so on. Each continues when the next
 * is held, and the last when the others are done, or, one time in four, after a time, which
 * is the longest in half of these cases and drawn evenly in the others.
 * Thread II starts in its turn. One schedule in eight has a single hold, because two holds
 * cover what each would try alone, and more.
 *
 * With `changes` it is another one: thread II or DAD is held at a place, and I makes a change
 * meanwhile. With `second` the holds are at the second pass of their places. The packet and the
 * change are drawn from those that were seen to reach the places.
 */
struct point_wish {
	bool changes, second;
};
void point_schedule(const struct point_space *space, uint64_t *state, struct point_wish wish,
		    struct point *point);

/* Whether thread I has changes to make while another thread is held. */
bool point_has_changes(const struct point_space *space);

/*
 * A hash of a point's holds and start, a time by its power of two, and of a change that has its
 * place in the order.
 */
uint64_t point_order_key(const struct point_space *space, const struct point *point);

/* The same with the kind of its packet: direction, message, and whether it is late. */
uint64_t point_packet_key(const struct point_space *space, const struct point *point);

/* The next point of the grid, which starts over at its end. */
void point_sweep(const struct point_space *space, uint64_t *cursor, struct point *point);

/* One of the mutations that can change anything, drawn evenly. */
enum explore_mutation point_draw_mutation(const struct point_space *space, uint64_t *state);

/*
 * Changes one thing of a point; `other` is for the splice. False: unchanged, or makes no sense.
 */
bool point_mutate(const struct point_space *space, uint64_t *state,
		  enum explore_mutation mutation, const struct point *other,
		  struct point *point);

/* Puts the point into a race trial's spec. */
void point_put(const struct point_space *space, const struct point *point,
	       struct trial_spec *spec);

#endif
