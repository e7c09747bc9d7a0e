// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/shown.h"
#include "ledger/digest.h"
#include "ledger/functions.h"

_Static_assert((int)DIGEST_NET_DEVICE == (int)OBJECT_NET_DEVICE &&
		       (int)DIGEST_INET6_DEV == (int)OBJECT_INET6_DEV &&
		       (int)DIGEST_DST == (int)OBJECT_DST,
	       "digests are found by the object that leaks");

static void put_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text);
}

/* --- paths --- */

static int most_unbalanced_first(const void *a, const void *b)
{
	const struct ledger_path *first = *(const struct ledger_path *const *)a;
	const struct ledger_path *second = *(const struct ledger_path *const *)b;
	int64_t first_is = imaxabs(ledger_path_balance(first)),
		second_is = imaxabs(ledger_path_balance(second));

	if (first_is != second_is)
		return first_is < second_is ? 1 : -1;
	return strcmp(first->stack, second->stack);
}

static void write_paths(const struct ledger *ledger,
			const struct ledger_path *sorted[LEDGER_PATHS_MAX],
			struct digest *digest)
{
	uint32_t nr = ledger_nr_paths(ledger);

	for (uint32_t i = 0; i < nr; i++)
		sorted[i] = ledger_path(ledger, i);
	qsort(sorted, nr, sizeof(const struct ledger_path *), most_unbalanced_first);
	digest->all_paths = nr;
	digest->nr_paths = nr < DIGEST_PATHS ? nr : DIGEST_PATHS;
	for (uint32_t i = 0; i < digest->nr_paths; i++) {
		struct digest_path *path = &digest->paths[i];

		put_text(path->stack, sizeof(path->stack), sorted[i]->stack);
		put_text(path->kind, sizeof(path->kind), sorted[i]->kind_words);
		path->holds = sorted[i]->holds;
		path->puts = sorted[i]->puts;
	}
}

/* --- suspects --- */

static bool is_echo(enum moment_kind kind)
{
	return kind == MOMENT_ECHO_IN || kind == MOMENT_ECHO_OUT;
}

/* What of the kernel's or the trial's doing came right before; the moments are sorted. */
static struct digest_hold hold_at(const struct evidence *e, uint64_t at_ns)
{
	struct digest_hold hold = {
		.at_ns = (int64_t)(at_ns - e->started_ns),
	};

	for (uint32_t i = 0; i < e->nr_moments && e->moments[i].at_ns <= at_ns; i++) {
		hold.after = e->moments[i].kind;
		if (is_echo(hold.after))
			hold.echo = e->moments[i].sequence;
	}
	return hold;
}

/* The last `unmatched` holds of the path, in the order of time. */
static void write_holds(const struct ledger_path *path, const struct digest_entry *entries,
			uint32_t nr, const struct evidence *e, struct digest_suspect *suspect)
{
	int64_t left = suspect->unmatched;
	uint32_t first = nr;

	while (first && left > 0) {
		const struct digest_entry *entry = &entries[--first];

		if (entry->path == path && entry->delta > 0)
			left -= entry->delta;
	}
	for (; first < nr && suspect->nr_holds < DIGEST_HOLDS; first++)
		if (entries[first].path == path && entries[first].delta > 0)
			suspect->holds[suspect->nr_holds++] = hold_at(e, entries[first].at_ns);
}

/* A name is cut before the number is. */
static void put_task(char word[DIGEST_WORD], const struct ledger_task *task)
{
	char name[DIGEST_WORD - sizeof("/4294967295")];

	shown_copy(task->comm, "", name, sizeof(name));
	snprintf(word, DIGEST_WORD, "%s/%u", name, task->pid);
}

static void write_suspects(const struct ledger_match *match, const struct digest_entry *entries,
			   uint32_t nr, const struct evidence *e, struct digest *digest)
{
	for (uint32_t i = 0; i < match->nr_suspects && i < DIGEST_SUSPECTS; i++) {
		const struct ledger_suspect *found = &match->suspects[i];
		struct digest_suspect *suspect = &digest->suspects[digest->nr_suspects++];

		put_text(suspect->stack, sizeof(suspect->stack), found->path->stack);
		put_text(suspect->kind, sizeof(suspect->kind), found->path->kind_words);
		if (found->nr_tasks)
			put_task(suspect->task, &found->tasks[0]);
		suspect->unmatched = found->unmatched;
		suspect->usual = found->usual;
		suspect->exact = match->exact;
		suspect->holder = found->path->kind;
		write_holds(found->path, entries, nr, e, suspect);
	}
}

/* --- the counter's way --- */

static uint32_t kept_path(const struct ledger_path *const *kept, uint32_t nr,
			  const struct ledger_path *path)
{
	for (uint32_t i = 0; i < nr; i++)
		if (kept[i] == path)
			return i + 1;
	return 0;
}

/* Every so many entries become one point, the last one always. */
static void write_points(const struct digest_entry *entries, uint32_t nr,
			 const struct evidence *e, const struct ledger_path *const *kept,
			 struct digest *digest)
{
	uint32_t step = (nr + DIGEST_POINTS - 1) / DIGEST_POINTS;
	int64_t delta = 0;

	for (uint32_t i = 0; i < nr; i++) {
		delta += entries[i].delta;
		if ((nr - 1 - i) % step)
			continue;
		digest->points[digest->nr_points++] = (struct digest_point){
			.at_ns = (int64_t)(entries[i].at_ns - e->started_ns),
			.delta = delta,
			.count = entries[i].count,
			.path = step > 1 ? 0 :
					   kept_path(kept, digest->nr_paths, entries[i].path),
		};
		delta = 0;
	}
}

void digest_write(const struct ledger *ledger, const struct ledger_match *match,
		  const struct digest_entry *entries, uint32_t nr_entries,
		  const struct evidence *evidence, struct digest *digest)
{
	const struct ledger_path *sorted[LEDGER_PATHS_MAX];

	digest->sum = ledger_sum(ledger);
	digest->surplus = match->surplus;
	digest->exact = match->exact;
	digest->nr_clean = match->nr_clean;
	digest->nr_paths = digest->nr_suspects = digest->nr_points = 0;
	memset(digest->suspects, 0, sizeof(digest->suspects));
	write_paths(ledger, sorted, digest);
	write_suspects(match, entries, nr_entries, evidence, digest);
	write_points(entries, nr_entries, evidence, sorted, digest);
}

/* --- survivors --- */

static void accuse(struct digest *digest, const struct digest_suspect *survivor,
		   const char *words, enum holder_kind holder, bool exact, uint32_t at)
{
	uint32_t last = digest->nr_suspects < DIGEST_SUSPECTS ? digest->nr_suspects++ :
								DIGEST_SUSPECTS - 1;

	memmove(&digest->suspects[at + 1], &digest->suspects[at],
		(last - at) * sizeof(digest->suspects[0]));
	digest->suspects[at] = *survivor;
	digest->suspects[at].exact = exact;
	digest->suspects[at].holder = holder;
	/* The task that made it need not be the one that keeps it. */
	digest->suspects[at].task[0] = '\0';
	put_text(digest->suspects[at].kind, sizeof(digest->suspects[at].kind), words);
}

/* Old kernels cannot unwind through a kretprobe: births have no path there. */
static bool is_known(const struct digest_suspect *suspect)
{
	return suspect->stack[0] != '[';
}

/*
 * How many holders of the watched address are known, when that address is the one that
 * survives.
 */
static uint32_t nr_holders(const struct digest *all)
{
	enum { HOLDERS_MAX = 2 };
	const struct digest *address = &all[DIGEST_ADDRESS], *lives = &all[DIGEST_IFADDR];

	if (lives->state != LEDGER_WHOLE || lives->surplus <= 0 ||
	    address->state != LEDGER_WHOLE || address->sum.ended)
		return 0;
	return address->nr_suspects < HOLDERS_MAX ? address->nr_suspects : HOLDERS_MAX;
}

/* Objects from birth to death: how they are told, and as what they hold a counter. */
enum { THROUGH_MAX = 3 };
static const struct survivor {
	const char *told;
	enum holder_kind through[THROUGH_MAX]; /* its own hold first */
} survivors[DIGEST_OBJECTS] = {
	[DIGEST_DST] = { "dst not freed", { HOLDER_ROUTE, HOLDER_IPV6_ROUTE, HOLDER_NEXTHOP } },
	[DIGEST_NEIGHBOUR] = { "neighbour not freed", { HOLDER_NEIGHBOUR } },
	[DIGEST_IFADDR] = { "inet6_ifaddr not freed", { HOLDER_ADDRESS, HOLDER_IPV6_ROUTE } },
};

static bool holds_through(const struct survivor *survivor, enum holder_kind kind)
{
	for (int i = 0; i < THROUGH_MAX; i++)
		if (kind && survivor->through[i] == kind)
			return true;
	return false;
}

static bool may_hold_for_survivor(enum holder_kind kind)
{
	for (int i = DIGEST_COUNTERS; i < DIGEST_ADDRESS; i++)
		if (holds_through(&survivors[i], kind))
			return true;
	return false;
}

/*
 * The counter's own suspects explain the surplus for certain, and hold for nothing that is born
 * and freed: what survives beside them, as for a grace period, has not the reference that is
 * left.
 */
static bool is_certain(const struct digest *digest)
{
	if (digest->state != LEDGER_WHOLE || !digest->exact)
		return false;
	for (uint32_t i = 0; i < digest->nr_suspects; i++)
		if (may_hold_for_survivor(digest->suspects[i].holder))
			return false;
	return digest->nr_suspects > 0;
}

/* A hold of its own, or through what it holds, is left on the counter. */
static bool has_hold_of(const struct digest *digest, const struct survivor *survivor)
{
	for (uint32_t i = 0; digest->state == LEDGER_WHOLE && i < digest->nr_suspects; i++)
		if (holds_through(survivor, digest->suspects[i].holder))
			return true;
	return false;
}

static uint32_t accuse_lives(struct digest *digest, const struct digest *lives,
			     const struct survivor *survivor, uint32_t at)
{
	if (lives->state != LEDGER_WHOLE)
		return at;
	for (uint32_t i = 0; i < lives->nr_suspects && at < DIGEST_SUSPECTS - 1; i++)
		if (is_known(&lives->suspects[i]) &&
		    (double)lives->suspects[i].unmatched > lives->suspects[i].usual)
			accuse(digest, &lives->suspects[i], survivor->told,
			       survivor->through[0], true, at++);
	return at;
}

/*
 * Survivors whose hold is left come first; their number is returned. Another may only outlive
 * the trial, as a dst does in a packet that waits for a neighbour.
 */
static uint32_t accuse_all(struct digest *digest, const struct digest *all, uint32_t at)
{
	bool holds[DIGEST_OBJECTS];
	uint32_t holding = 0;

	for (int i = DIGEST_COUNTERS; i < DIGEST_ADDRESS; i++)
		holds[i] = has_hold_of(digest, &survivors[i]);
	for (int first = 1; first >= 0; first--) {
		uint32_t from = at;

		for (int i = DIGEST_COUNTERS; i < DIGEST_ADDRESS; i++)
			if (holds[i] == first)
				at = accuse_lives(digest, &all[i], &survivors[i], at);
		holding += first ? at - from : 0;
	}
	return holding;
}

/* --- what is explained --- */

/* References that survivors from `first` on, and before `end`, may hold as this kind. */
static int64_t held_through(const struct digest *digest, uint32_t first, uint32_t end,
			    enum holder_kind kind)
{
	int64_t nr = 0;

	for (uint32_t i = first; i < end; i++)
		for (int j = DIGEST_COUNTERS; j < DIGEST_ADDRESS; j++)
			if (digest->suspects[i].holder == survivors[j].through[0] &&
			    holds_through(&survivors[j], kind))
				nr += digest->suspects[i].unmatched;
	return nr;
}

/* And those that the counter's own suspects have lost as this kind. */
static int64_t lost_as(const struct digest *digest, uint32_t end, enum holder_kind kind)
{
	int64_t nr = 0;

	for (uint32_t i = end; i < digest->nr_suspects; i++)
		if (digest->suspects[i].holder == kind)
			nr += digest->suspects[i].unmatched;
	return nr;
}

static bool is_taken_by_maker(const struct digest_suspect *suspect)
{
	char name[DIGEST_WORD];
	const char *end = strstr(suspect->stack, " < ");

	snprintf(name, sizeof(name), "%.*s", end ? (int)(end - suspect->stack) : 0,
		 suspect->stack);
	return function_is_maker(name);
}

/*
 * What an object's maker takes is lost with the object only, and births and deaths know for
 * certain which objects are: the survivors from `first` on, before `end`.
 */
static bool is_own_hold(const struct digest *digest, uint32_t first, uint32_t end,
			const struct digest_suspect *suspect)
{
	if (!is_taken_by_maker(suspect))
		return false;
	for (uint32_t i = first; i < end; i++)
		if (digest->suspects[i].holder == suspect->holder)
			return true;
	return false;
}

static void drop_held_through(struct digest *digest, uint32_t first, uint32_t end)
{
	bool is_dropped[DIGEST_SUSPECTS];
	uint32_t kept = end;

	for (uint32_t i = end; i < digest->nr_suspects; i++) {
		const struct digest_suspect *suspect = &digest->suspects[i];

		is_dropped[i] = is_own_hold(digest, first, end, suspect) ||
				lost_as(digest, end, suspect->holder) <=
					held_through(digest, first, end, suspect->holder);
	}
	for (uint32_t i = end; i < digest->nr_suspects; i++)
		if (!is_dropped[i])
			digest->suspects[kept++] = digest->suspects[i];
	digest->nr_suspects = kept;
}

static int64_t missing_of(const struct digest *digest)
{
	return digest->over > digest->surplus ? digest->over : digest->surplus;
}

/*
 * Survivors that hold, from `first` on, leave nobody else suspected when they account for the
 * whole surplus; otherwise nobody by whose paths they hold, as a dst does its route's device.
 */
static void drop_explained(struct digest *digest, uint32_t first, uint32_t nr_holding)
{
	int64_t left = missing_of(digest);
	uint32_t kept = first;

	while (kept < first + nr_holding && left > 0)
		left -= digest->suspects[kept++].unmatched;
	if (nr_holding && left <= 0)
		digest->nr_suspects = kept;
	else
		drop_held_through(digest, first, first + nr_holding);
}

void digest_accuse_survivors(struct digest *all)
{
	for (int i = 0; i < DIGEST_COUNTERS; i++) {
		uint32_t at = 0, nr_holding;

		if (is_certain(&all[i]))
			continue;
		for (uint32_t k = 0; k < nr_holders(all) && at < DIGEST_SUSPECTS - 1; k++)
			accuse(&all[i], &all[DIGEST_ADDRESS].suspects[k], "held inet6_ifaddr",
			       HOLDER_OTHER, all[DIGEST_ADDRESS].exact, at++);
		nr_holding = accuse_all(&all[i], all, at);
		if (missing_of(&all[i]) > 0)
			drop_explained(&all[i], at, nr_holding);
	}
}

void digest_fold(const char *stack, int64_t number, char *out, size_t size)
{
	const char *end = stack + strlen(stack);
	size_t used = 0;

	out[0] = '\0';
	while (end > stack && used < size) {
		const char *from = end;

		while (from > stack && !(end - from >= 3 && !strncmp(from, " < ", 3)))
			from--;
		if (from == stack)
			used += (size_t)snprintf(out + used, size - used, "%.*s %" PRId64,
						 (int)(end - from), from, number);
		else
			used += (size_t)snprintf(out + used, size - used, "%.*s;",
						 (int)(end - from - 3), from + 3);
		end = from;
	}
}
