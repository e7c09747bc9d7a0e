// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/digest.h"

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
		put_text(path->kind, sizeof(path->kind), sorted[i]->kind);
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

static void write_suspects(const struct ledger_match *match, const struct digest_entry *entries,
			   uint32_t nr, const struct evidence *e, struct digest *digest)
{
	for (uint32_t i = 0; i < match->nr_suspects && i < DIGEST_SUSPECTS; i++) {
		const struct ledger_suspect *found = &match->suspects[i];
		struct digest_suspect *suspect = &digest->suspects[digest->nr_suspects++];

		put_text(suspect->stack, sizeof(suspect->stack), found->path->stack);
		put_text(suspect->kind, sizeof(suspect->kind), found->path->kind);
		if (found->nr_tasks)
			snprintf(suspect->task, sizeof(suspect->task), "%s/%u",
				 found->tasks[0].comm, found->tasks[0].pid);
		suspect->unmatched = found->unmatched;
		suspect->usual = found->usual;
		suspect->exact = match->exact;
		suspect->of_no_kind = found->path->kind == found->path->holder;
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
		   const char *kind, bool exact, uint32_t at)
{
	uint32_t last = digest->nr_suspects < DIGEST_SUSPECTS ? digest->nr_suspects++ :
								DIGEST_SUSPECTS - 1;

	memmove(&digest->suspects[at + 1], &digest->suspects[at],
		(last - at) * sizeof(digest->suspects[0]));
	digest->suspects[at] = *survivor;
	digest->suspects[at].exact = exact;
	/* The task that made it need not be the one that keeps it. */
	digest->suspects[at].task[0] = '\0';
	put_text(digest->suspects[at].kind, sizeof(digest->suspects[at].kind), kind);
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

/*
 * The counter's own suspects, where they are certain and hold for nothing that is born and
 * freed: what survives beside them, as for a grace period, has not the reference that is left.
 */
static uint32_t nr_certain(const struct digest *digest)
{
	if (digest->state != LEDGER_WHOLE || !digest->exact)
		return 0;
	for (uint32_t i = 0; i < digest->nr_suspects; i++)
		if (!digest->suspects[i].of_no_kind)
			return 0;
	return digest->nr_suspects;
}

/* Objects from birth to death: as what they are told, and as what their counter's holds go. */
static const struct {
	const char *told, *kind;
} survivor_words[DIGEST_OBJECTS] = {
	[DIGEST_DST] = { "dst not freed", "route" },
	[DIGEST_NEIGHBOUR] = { "neighbour not freed", "neighbour" },
	[DIGEST_IFADDR] = { "inet6_ifaddr not freed", "address" },
};

/* A hold of that kind is left on the counter: the object that survives has taken it itself. */
static bool has_hold_of(const struct digest *digest, const char *kind)
{
	for (uint32_t i = 0; digest->state == LEDGER_WHOLE && i < digest->nr_suspects; i++)
		if (!strcmp(digest->suspects[i].kind, kind))
			return true;
	return false;
}

static uint32_t accuse_lives(struct digest *digest, const struct digest *lives,
			     const char *kind, uint32_t at)
{
	if (lives->state != LEDGER_WHOLE)
		return at;
	for (uint32_t i = 0; i < lives->nr_suspects && at < DIGEST_SUSPECTS - 1; i++)
		if (is_known(&lives->suspects[i]) &&
		    (double)lives->suspects[i].unmatched > lives->suspects[i].usual)
			accuse(digest, &lives->suspects[i], kind, true, at++);
	return at;
}

/*
 * Survivors whose own hold is left come first. Another may hold what holds the device, as a dst
 * does its route, or only outlive the trial, as a dst does in a packet that waits for a
 * neighbour.
 */
static void accuse_all(struct digest *digest, const struct digest *all, uint32_t at)
{
	bool holds[DIGEST_OBJECTS];

	for (int i = DIGEST_COUNTERS; i < DIGEST_ADDRESS; i++)
		holds[i] = has_hold_of(digest, survivor_words[i].kind);
	for (int first = 1; first >= 0; first--)
		for (int i = DIGEST_COUNTERS; i < DIGEST_ADDRESS; i++)
			if (holds[i] == first)
				at = accuse_lives(digest, &all[i], survivor_words[i].told, at);
}

void digest_accuse_survivors(struct digest *all)
{
	for (int i = 0; i < DIGEST_COUNTERS; i++) {
		uint32_t at = nr_certain(&all[i]);

		for (uint32_t k = 0; k < nr_holders(all) && at < DIGEST_SUSPECTS - 1; k++)
			accuse(&all[i], &all[DIGEST_ADDRESS].suspects[k], "held inet6_ifaddr",
			       all[DIGEST_ADDRESS].exact, at++);
		accuse_all(&all[i], all, at);
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
