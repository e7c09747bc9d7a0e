// SPDX-License-Identifier: GPL-2.0-or-later
#include "explore/traced.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/symbols.h"

/* --- whose call it is --- */

/* clang-format off */
/* Kernel threads that belong to nobody, by the beginnings of their names. */
static const char *const nobody[] = {
	"dadrace", "<idle>", "swapper", "ksoftirqd", "rcu", "migration", "cpuhp", "kthreadd", "kcompactd",
	"kworker",
};

/* Where a system call of thread I begins. */
static const char *const calls_begin[] = { "sock_ioctl", "netlink_sendmsg", "proc_sys_write" };

/* Callers in a softirq, which has nothing to do with the task that it interrupts. */
static const char *const of_nobody[] = {
	"call_timer_fn", "expire_timers", "__run_timers", "rcu_do_batch", "rcu_core",
};

/* What the sender does before its packet is the device's. */
static const char *const of_the_peer[] = { "dev_", "__dev_", "netdev_", "veth_" };
/* clang-format on */

#define LENGTH(list) (sizeof(list) / sizeof((list)[0]))

static bool begins_with_one(const char *name, const char *const *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!strncmp(name, list[i], strlen(list[i])))
			return true;
	return false;
}

static bool is_one(const char *name, const char *const *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(name, list[i]))
			return true;
	return false;
}

static enum order_thread dads(struct traced_task *task, const char *function)
{
	size_t length = strlen(function);

	if (!strcmp(function, "addrconf_dad_work"))
		task->in_dad = true;
	else if (length > 5 && !strcmp(function + length - 5, "_work"))
		task->in_dad = false;
	return task->in_dad ? ORDER_THREAD_DAD : ORDER_THREAD_NONE;
}

/* NONE also of thread I before the window is open: it cannot be held there. */
static enum order_thread bring_ups(struct traced *traced, const char *function)
{
	if (!strcmp(function, "__dev_change_flags"))
		traced->flags_set = true;
	else if (traced->flags_set && is_one(function, calls_begin, LENGTH(calls_begin)))
		traced->open = true;
	return traced->open ? ORDER_THREAD_I : ORDER_THREAD_NONE;
}

static enum order_thread thread_of(struct traced *traced, const char *name,
				   struct traced_task *task, const char *function)
{
	if (!strcmp(name, "dadrace-send"))
		return begins_with_one(function, of_the_peer, LENGTH(of_the_peer)) ?
			       ORDER_THREAD_NONE :
			       ORDER_THREAD_II;
	if (!strncmp(name, "kworker", strlen("kworker")))
		return dads(task, function);
	if (!strcmp(name, "dadrace-up") || !begins_with_one(name, nobody, LENGTH(nobody)))
		return bring_ups(traced, function);
	return ORDER_THREAD_NONE;
}

/* --- places --- */

/* Where in a function a thread can be held. */
enum moment_of { AT_ENTRY, AT_RETURN, AT_SECOND };

static uint32_t *first_of_hash(struct traced *traced, const struct order_hold *wanted)
{
	uint32_t hash = wanted->thread * 4U + wanted->at_return * 2U + (wanted->skips > 0);

	for (const char *at = wanted->place; *at; at++)
		hash = hash * 31 + (unsigned char)*at;
	return &traced->by_hash[hash % TRACED_HASHES];
}

static struct traced_place *find_place(struct traced *traced, const struct order_hold *wanted)
{
	for (uint32_t i = *first_of_hash(traced, wanted); i; i = traced->places[i - 1].next) {
		struct order_hold *place = &traced->places[i - 1].place;

		if (place->thread == wanted->thread && place->at_return == wanted->at_return &&
		    place->skips == wanted->skips && !strcmp(place->place, wanted->place))
			return &traced->places[i - 1];
	}
	return NULL;
}

static struct traced_place *meet_place(struct traced *traced, enum order_thread thread,
				       enum moment_of moment, const char *function)
{
	struct order_hold wanted = { .thread = thread,
				     .at_return = moment == AT_RETURN,
				     .skips = moment == AT_SECOND };
	struct traced_place *place;
	uint32_t *hash;

	snprintf(wanted.place, sizeof(wanted.place), "%s", function);
	place = find_place(traced, &wanted);
	if (place || traced->nr == TRACED_MAX)
		return place;
	hash = first_of_hash(traced, &wanted);
	place = &traced->places[traced->nr++];
	*place =
		(struct traced_place){ .place = wanted, .first = traced->calls, .next = *hash };
	*hash = traced->nr;
	return place;
}

static struct traced_place *add_place(struct traced *traced, enum order_thread thread,
				      enum moment_of moment, const char *function)
{
	uint32_t row = thread == ORDER_THREAD_II ? traced->packet :
		       thread == ORDER_THREAD_I	 ? traced->change :
						   0;
	struct traced_place *place;

	if (proposals_is_generic(function) ||
	    is_one(function, calls_begin, LENGTH(calls_begin)))
		return NULL;
	place = meet_place(traced, thread, moment, function);
	if (place && row)
		place->rows[(row - 1) / 64] |= 1ULL << (row - 1) % 64;
	return place;
}

static struct traced_place *find_entry(struct traced *traced, enum order_thread thread,
				       const char *function)
{
	struct order_hold wanted = { .thread = thread };

	snprintf(wanted.place, sizeof(wanted.place), "%s", function);
	return find_place(traced, &wanted);
}

/* The entry, and the second pass if it is one. */
static struct traced_place *add_entry(struct traced *traced, enum order_thread thread,
				      const char *function, const char *caller)
{
	struct traced_place *place = add_place(traced, thread, AT_ENTRY, function), *second;
	struct traced_place *within = find_entry(traced, thread, caller);
	uint32_t known = traced->nr;

	if (within)
		within->calls = true;
	if (!place || ++place->passes != 2)
		return place;
	second = add_place(traced, thread, AT_SECOND, function);
	if (second && (traced->nr > known || second->implied))
		second->implied = within && within->passes > 1;
	return place;
}

/* --- calls --- */

static bool is_same_row(const struct reach *a, const struct reach *b)
{
	if (a->is_change || b->is_change)
		return a->is_change == b->is_change && a->change == b->change;
	return a->direction == b->direction && a->message == b->message &&
	       a->target == b->target && a->late == b->late;
}

uint32_t traced_row(struct traced *traced, const struct reach *row)
{
	for (uint32_t i = 0; i < traced->nr_rows; i++)
		if (is_same_row(&traced->rows[i], row))
			return i + 1;
	if (traced->nr_rows == REACH_ROWS)
		return 0;
	traced->rows[traced->nr_rows++] = *row;
	return traced->nr_rows;
}

void traced_begin(struct traced *traced, uint32_t packet, uint32_t change)
{
	traced->packet = packet;
	traced->change = change;
	traced->nr_tasks = 0;
	traced->flags_set = traced->open = false;
	for (uint32_t i = 0; i < traced->nr; i++)
		traced->places[i].passes = 0;
}

static struct traced_task *task_of(struct traced *traced, uint32_t pid)
{
	for (uint32_t i = 0; i < traced->nr_tasks; i++)
		if (traced->tasks[i].pid == pid)
			return &traced->tasks[i];
	if (traced->nr_tasks == TRACED_TASKS)
		return NULL;
	traced->tasks[traced->nr_tasks] = (struct traced_task){ .pid = pid };
	return &traced->tasks[traced->nr_tasks++];
}

/* The calls above `depth` are over: their callers called nothing after them. */
static void return_to(struct traced *traced, struct traced_task *task, uint32_t depth)
{
	/* Of nested calls that end together only the innermost one is another place. */
	if (task->depth > depth && task->thread)
		add_place(traced, task->thread, AT_RETURN, task->frames[task->depth - 1].name);
	task->depth = depth;
}

/* The depth at which the caller is; 0: it is not known to be called. */
static uint32_t depth_of(const struct traced_task *task, const char *caller)
{
	uint32_t depth = task->depth;

	while (depth && strcmp(task->frames[depth - 1].name, caller) != 0)
		depth--;
	return depth;
}

static void enter(struct traced_task *task, const char *function)
{
	struct traced_frame *frame = &task->frames[task->depth];

	if (task->depth == TRACED_DEPTH)
		return;
	*frame = (struct traced_frame){ .nr_called = 0 };
	snprintf(frame->name, sizeof(frame->name), "%s", function);
	task->depth++;
}

static void note_after(struct traced_place *place, const struct traced_frame *caller)
{
	for (uint32_t i = 0; place && i < TRACED_AFTER && i < caller->nr_called; i++)
		memcpy(place->after[i], caller->called[i], ORDER_PLACE);
}

/* Whether the outermost call that is seen was a timer's, or RCU's. */
static bool is_of_nobody(const struct traced_task *task)
{
	char plain[ORDER_PLACE];

	symbols_plain_name(task->frames[0].name, plain, sizeof(plain));
	return is_one(plain, of_nobody, LENGTH(of_nobody));
}

void traced_call(struct traced *traced, const char *name, uint32_t pid, const char *function,
		 const char *caller)
{
	struct traced_task *task = task_of(traced, pid);
	struct traced_frame *frame;
	uint32_t depth;

	if (!task)
		return;
	traced->calls++;
	depth = depth_of(task, caller);
	/* The next call of the same caller is the same place as the return before it. */
	if (depth && task->depth == depth + 1)
		task->depth = depth;
	return_to(traced, task, depth);
	if (!depth)
		enter(task, caller);
	task->thread = is_of_nobody(task) ? ORDER_THREAD_NONE :
					    thread_of(traced, name, task, function);
	frame = &task->frames[task->depth - 1];
	if (task->thread)
		note_after(add_entry(traced, task->thread, function, caller), frame);
	snprintf(frame->called[frame->nr_called++ % TRACED_AFTER], ORDER_PLACE, "%s", function);
	enter(task, function);
}

void traced_end(struct traced *traced)
{
	for (uint32_t i = 0; i < traced->nr_tasks; i++)
		return_to(traced, &traced->tasks[i], 0);
	traced->nr_tasks = 0;
}

/* --- the order in which they are tried --- */

static bool has_row(const struct traced_place *place, uint32_t row)
{
	return place->rows[row / 64] >> row % 64 & 1;
}

/* How many rows reach it: all of them, where a trial without a change does. */
static uint32_t nr_reaching(const struct traced *traced, const struct traced_place *place)
{
	uint32_t nr = 0;

	for (uint32_t row = 0; row < traced->nr_rows; row++) {
		if (!has_row(place, row))
			continue;
		if (traced->rows[row].is_change && !traced->rows[row].change)
			return traced->nr_rows;
		nr++;
	}
	return nr;
}

static int by_rank(const void *a, const void *b)
{
	const struct traced_place *x = a, *y = b;
	bool second = x->place.skips;

	if (x->place.skips != y->place.skips)
		return x->place.skips < y->place.skips ? -1 : 1;
	if (x->implied != y->implied)
		return y->implied ? -1 : 1;
	if (x->turn != y->turn && (second || x->worth == y->worth))
		return x->turn < y->turn ? -1 : 1;
	if (x->worth != y->worth)
		return x->worth > y->worth ? -1 : 1;
	if (x->reaching != y->reaching)
		return x->reaching < y->reaching ? -1 : 1;
	if (x->calls != y->calls && second)
		return x->calls ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->place.at_return > y->place.at_return) -
	       (x->place.at_return < y->place.at_return);
}

static bool comes_after(const struct traced_place *place, const char *function)
{
	char plain[ORDER_PLACE];

	for (int i = 0; i < TRACED_AFTER; i++) {
		symbols_plain_name(place->after[i], plain, sizeof(plain));
		if (!strcmp(plain, function))
			return true;
	}
	return false;
}

/* A function that is near a reference, at its entry and at its return, and what follows it. */
static void value(struct traced *traced, const struct proposal *proposal, uint32_t worth)
{
	enum order_thread thread = proposal->place.thread;
	struct traced_place *at_return;
	char plain[ORDER_PLACE];

	for (uint32_t i = 0, nr = traced->nr; i < nr; i++) {
		struct traced_place *place = &traced->places[i];

		symbols_plain_name(place->place.place, plain, sizeof(plain));
		if (place->place.thread != thread || place->worth)
			continue;
		if (comes_after(place, proposal->place.place))
			place->worth = worth;
		if (strcmp(plain, proposal->place.place) != 0)
			continue;
		place->worth = worth;
		if (place->place.at_return || place->place.skips || !proposal->place.at_return)
			continue;
		at_return = meet_place(traced, thread, AT_RETURN, place->place.place);
		if (!at_return)
			continue;
		at_return->worth = worth;
		memcpy(at_return->rows, place->rows, sizeof(place->rows));
	}
}

static void value_all(struct traced *traced, const struct proposals *near)
{
	static struct proposal ranked[PROPOSALS_RANKED];
	uint32_t nr = proposals_rank(near, ranked, PROPOSALS_RANKED);

	for (uint32_t i = 0; i < nr; i++)
		value(traced, &ranked[i], PROPOSALS_RANKED - i);
}

/* clang-format off */
/* Whose places a set has, while everyone has some left; at their second pass, or not. */
static const struct share {
	enum order_thread thread;
	bool second;
} shares[ORDER_HOLDS_MAX] = {
	{ ORDER_THREAD_II }, { ORDER_THREAD_II }, { ORDER_THREAD_I },
	{ ORDER_THREAD_II }, { ORDER_THREAD_II, true }, { ORDER_THREAD_DAD },
	{ ORDER_THREAD_II }, { ORDER_THREAD_II, true }, { ORDER_THREAD_I },
	{ ORDER_THREAD_II }, { ORDER_THREAD_II, true }, { ORDER_THREAD_I },
};
/* clang-format on */

static bool is_of(const struct order_hold *place, const struct share *share)
{
	return place->thread == share->thread && (place->skips > 0) == share->second;
}

/* The next one of a share, or of all, that was not dealt yet; the number of all: none. */
static uint32_t next_of(const struct traced *traced, const bool *dealt,
			const struct share *share)
{
	uint32_t i = 0;

	while (i < traced->nr &&
	       (dealt[i] || (share && !is_of(&traced->places[i].place, share))))
		i++;
	return i;
}

static uint32_t deal(struct traced *traced)
{
	static struct traced_place sorted[EXPLORE_PLACES_MAX];
	bool dealt[TRACED_MAX] = { false };
	uint32_t nr = 0;

	while (nr < EXPLORE_PLACES_MAX && nr < traced->nr) {
		uint32_t at = next_of(traced, dealt, &shares[nr % ORDER_HOLDS_MAX]);

		if (at == traced->nr)
			at = next_of(traced, dealt, NULL);
		dealt[at] = true;
		sorted[nr++] = traced->places[at];
	}
	memcpy(traced->places, sorted, nr * sizeof(sorted[0]));
	return nr;
}

/* On one path, as far as rows tell; of second passes, both implied or both not. */
static bool are_of_one_path(const struct traced_place *x, const struct traced_place *y)
{
	return x->place.skips == y->place.skips && x->implied == y->implied &&
	       x->place.thread == y->place.thread && !memcmp(x->rows, y->rows, sizeof(x->rows));
}

/* After a first sort: the first of each path, then the second of each, and so on. */
static void take_turns(struct traced *traced)
{
	for (uint32_t i = 0; i < traced->nr; i++)
		for (uint32_t j = 0; j < i; j++)
			traced->places[i].turn +=
				are_of_one_path(&traced->places[i], &traced->places[j]);
}

uint32_t traced_rank(struct traced *traced, const struct proposals *near)
{
	value_all(traced, near);
	for (uint32_t i = 0; i < traced->nr; i++) {
		struct traced_place *place = &traced->places[i];
		const struct traced_place *entry =
			find_entry(traced, place->place.thread, place->place.place);

		place->reaching = nr_reaching(traced, entry ? entry : place);
		place->calls = entry && entry->calls;
	}
	qsort(traced->places, traced->nr, sizeof(traced->places[0]), by_rank);
	take_turns(traced);
	qsort(traced->places, traced->nr, sizeof(traced->places[0]), by_rank);
	traced->nr = deal(traced);
	for (uint32_t i = 0; i < traced->nr; i++)
		for (uint32_t row = 0; row < traced->nr_rows; row++)
			if (has_row(&traced->places[i], row))
				reach_add(&traced->rows[row], i);
	return traced->nr;
}
