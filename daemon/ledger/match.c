// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/match.h"

/* --- kinds --- */

struct kind {
	const char *name;
	bool in_table;
	int64_t balance;
	int64_t put_left;    /* of its paths that put more than they hold */
	uint32_t nr_holding; /* its paths that hold more than they put */
};

struct kinds {
	struct kind list[LEDGER_PATHS_MAX];
	uint32_t nr;
};

/* A function that is in no row is a kind by itself. */
static const char *name_of(const struct ledger_path *path)
{
	return path->kind ? holder_kind_words(path->kind) : path->holder;
}

static struct kind *kind_of(struct kinds *kinds, const struct ledger_path *path)
{
	for (uint32_t i = 0; i < kinds->nr; i++)
		if (!strcmp(kinds->list[i].name, name_of(path)))
			return &kinds->list[i];
	return NULL;
}

/* --- learning --- */

struct usual_path {
	char *stack;
	int64_t balance; /* the sum over all clean ledgers */
};

/* Two kinds, of which one held as much as the other put. */
struct pair {
	char *holds, *puts;
	uint32_t together;
};

struct ledger_profile {
	uint32_t nr_clean;
	struct usual_path *paths;
	uint32_t nr_paths;
	struct pair *pairs;
	uint32_t nr_pairs;
};

struct ledger_profile *ledger_profile_new(void)
{
	return calloc(1, sizeof(struct ledger_profile));
}

void ledger_profile_free(struct ledger_profile *profile)
{
	if (!profile)
		return;
	for (uint32_t i = 0; i < profile->nr_paths; i++)
		free(profile->paths[i].stack);
	for (uint32_t i = 0; i < profile->nr_pairs; i++) {
		free(profile->pairs[i].holds);
		free(profile->pairs[i].puts);
	}
	free(profile->paths);
	free(profile->pairs);
	free(profile);
}

static struct usual_path *usual_of(const struct ledger_profile *profile, const char *stack)
{
	for (uint32_t i = 0; i < profile->nr_paths; i++)
		if (!strcmp(profile->paths[i].stack, stack))
			return &profile->paths[i];
	return NULL;
}

static int learn_path(struct ledger_profile *profile, const struct ledger_path *path)
{
	struct usual_path *usual = usual_of(profile, path->stack);

	if (!usual) {
		struct usual_path *paths =
			reallocarray(profile->paths, profile->nr_paths + 1, sizeof(*paths));

		if (!paths)
			return -ENOMEM;
		profile->paths = paths;
		usual = &paths[profile->nr_paths];
		*usual = (struct usual_path){ .stack = strdup(path->stack) };
		if (!usual->stack)
			return -ENOMEM;
		profile->nr_paths++;
	}
	usual->balance += ledger_path_balance(path);
	return 0;
}

static struct pair *pair_of(const struct ledger_profile *profile, const char *holds,
			    const char *puts)
{
	for (uint32_t i = 0; i < profile->nr_pairs; i++)
		if (!strcmp(profile->pairs[i].holds, holds) &&
		    !strcmp(profile->pairs[i].puts, puts))
			return &profile->pairs[i];
	return NULL;
}

static int learn_pair(struct ledger_profile *profile, const char *holds, const char *puts)
{
	struct pair *pair = pair_of(profile, holds, puts);

	if (!pair) {
		struct pair *pairs =
			reallocarray(profile->pairs, profile->nr_pairs + 1, sizeof(*pairs));

		if (!pairs)
			return -ENOMEM;
		profile->pairs = pairs;
		pair = &pairs[profile->nr_pairs];
		*pair = (struct pair){ .holds = strdup(holds), .puts = strdup(puts) };
		if (!pair->holds || !pair->puts) {
			free(pair->holds);
			free(pair->puts);
			return -ENOMEM;
		}
		profile->nr_pairs++;
	}
	pair->together++;
	return 0;
}

/* Whether clean ledgers show, more often than not, that the one puts what the other holds. */
static bool are_partners(const struct ledger_profile *profile, const char *holds,
			 const char *puts)
{
	const struct pair *pair = profile ? pair_of(profile, holds, puts) : NULL;

	return pair && 2 * pair->together > profile->nr_clean;
}

/* The kinds of a ledger, those that learning has found to belong together under one name. */
static int find_kinds(const struct ledger *ledger, const struct ledger_profile *profile,
		      struct kinds **out)
{
	struct kinds *kinds = calloc(1, sizeof(*kinds));

	if (!kinds)
		return -ENOMEM;
	for (uint32_t i = 0; i < ledger_nr_paths(ledger); i++) {
		const struct ledger_path *path = ledger_path(ledger, i);
		struct kind *kind = kind_of(kinds, path);

		if (!kind) {
			kind = &kinds->list[kinds->nr++];
			kind->name = name_of(path);
			kind->in_table = path->kind != HOLDER_OTHER;
		}
		kind->balance += ledger_path_balance(path);
		if (ledger_path_balance(path) > 0)
			kind->nr_holding++;
		else
			kind->put_left -= ledger_path_balance(path);
	}
	for (uint32_t i = 0; i < kinds->nr; i++)
		for (uint32_t j = 0; j < kinds->nr; j++) {
			struct kind *holds = &kinds->list[i], *puts = &kinds->list[j];

			if (holds->balance <= 0 || puts->balance >= 0 ||
			    !are_partners(profile, holds->name, puts->name))
				continue;
			holds->balance += puts->balance;
			holds->put_left -= puts->balance;
			puts->balance = 0;
		}
	*out = kinds;
	return 0;
}

int ledger_learn(struct ledger_profile *profile, const struct ledger *ledger)
{
	struct kinds *kinds;
	int err = find_kinds(ledger, NULL, &kinds);

	if (err)
		return err;
	for (uint32_t i = 0; !err && i < ledger_nr_paths(ledger); i++)
		err = learn_path(profile, ledger_path(ledger, i));
	for (uint32_t i = 0; !err && i < kinds->nr; i++)
		for (uint32_t j = 0; !err && j < kinds->nr; j++)
			if (kinds->list[i].balance > 0 &&
			    kinds->list[i].balance == -kinds->list[j].balance)
				err = learn_pair(profile, kinds->list[i].name,
						 kinds->list[j].name);
	profile->nr_clean++;
	free(kinds);
	return err;
}

/* --- matching --- */

/*
 * A put that is left over may belong to a kind unless the table knows both and says otherwise.
 */
static bool has_stray_put(const struct kinds *kinds, const struct kind *kind)
{
	for (uint32_t i = 0; i < kinds->nr; i++)
		if (kinds->list[i].balance < 0 && !(kind->in_table && kinds->list[i].in_table))
			return true;
	return false;
}

static double surprise(const struct ledger_suspect *suspect)
{
	return (double)ledger_path_balance(suspect->path) - suspect->usual;
}

/* A path that clean ledgers do not have says more than one that they have less often. */
static bool is_new(const struct ledger_suspect *suspect)
{
	return suspect->usual <= 0.0;
}

/*
 * What a process asked for lives as long as its socket; what a timer or a softirq made, as long
 * as its packet. icmp6_dst_alloc() is for packets of the kernel's own, whoever runs it.
 */
static bool is_asked_for(const struct ledger_suspect *suspect)
{
	return suspect->path->context == LEDGER_SYSCALL &&
	       !strstr(suspect->path->stack, "icmp6_dst_alloc");
}

static int likeliest_first(const void *a, const void *b)
{
	const struct ledger_suspect *first = a, *second = b;
	double difference = surprise(second) - surprise(first);

	if (is_new(first) != is_new(second))
		return is_new(first) ? -1 : 1;
	if (first->answered != second->answered)
		return first->answered ? 1 : -1;
	if (is_asked_for(first) != is_asked_for(second))
		return is_asked_for(first) ? -1 : 1;
	if (difference != 0.0)
		return difference > 0 ? 1 : -1;
	return (second->unmatched > first->unmatched) - (second->unmatched < first->unmatched);
}

static void add_suspect(struct ledger_match *match, const struct ledger_suspect *suspect)
{
	uint32_t at = match->nr_suspects;

	if (at == LEDGER_SUSPECTS_MAX) {
		at--;
		if (likeliest_first(suspect, &match->suspects[at]) > 0)
			return;
	} else {
		match->nr_suspects++;
	}
	match->suspects[at] = *suspect;
	qsort(match->suspects, match->nr_suspects, sizeof(match->suspects[0]), likeliest_first);
}

/* "caller < its caller < [context]" */
static const char *caller_of(const struct ledger_path *path)
{
	const char *caller = strstr(path->stack, " < ");

	return caller ? caller + strlen(" < ") : path->stack;
}

static bool is_answered(const struct ledger *ledger, const struct ledger_path *path)
{
	for (uint32_t i = 0; i < ledger_nr_paths(ledger); i++)
		if (ledger_path_balance(ledger_path(ledger, i)) < 0 &&
		    caller_of(path)[0] != '[' &&
		    !strcmp(caller_of(ledger_path(ledger, i)), caller_of(path)))
			return true;
	return false;
}

static bool is_of_kind(const struct ledger_path *path, const struct ledger_path *other)
{
	return !strcmp(name_of(path), name_of(other));
}

/* Holds less puts of a process, over all paths of the kind of this one. */
static int64_t balance_of(const struct ledger *ledger, const struct ledger_path *of,
			  uint32_t pid)
{
	int64_t balance = 0;

	for (uint32_t i = 0; i < ledger_nr_paths(ledger); i++) {
		const struct ledger_path *path = ledger_path(ledger, i);

		for (uint32_t j = 0; is_of_kind(path, of) && j < path->nr_tasks; j++)
			if (path->tasks[j].pid == pid)
				balance += path->tasks[j].balance;
	}
	return balance;
}

/*
 * Who ran the path and still holds: a socket is bound by one path and closed by another of the
 * same kind. A path that no system call runs has no tasks.
 */
static void find_tasks(const struct ledger *ledger, struct ledger_suspect *suspect)
{
	const struct ledger_path *path = suspect->path;

	for (uint32_t i = 0; i < path->nr_tasks; i++) {
		struct ledger_task task = path->tasks[i];
		int64_t left = balance_of(ledger, path, task.pid);

		if (left < task.balance)
			task.balance = left;
		if (task.balance > suspect->unmatched)
			task.balance = suspect->unmatched;
		if (task.balance > 0)
			suspect->tasks[suspect->nr_tasks++] = task;
	}
}

struct ledger_match ledger_match(const struct ledger *ledger,
				 const struct ledger_profile *profile)
{
	const struct ledger_sum sum = ledger_sum(ledger);
	struct ledger_match match = {
		.surplus = sum.count - sum.baseline,
		.exact = true,
		.nr_clean = profile ? profile->nr_clean : 0,
	};
	struct kinds *kinds;

	if (find_kinds(ledger, profile, &kinds)) {
		match.exact = false;
		return match;
	}
	for (uint32_t i = 0; i < ledger_nr_paths(ledger); i++) {
		const struct ledger_path *path = ledger_path(ledger, i);
		const struct kind *kind = kind_of(kinds, path);
		const struct usual_path *usual =
			profile ? usual_of(profile, path->stack) : NULL;
		int64_t balance = ledger_path_balance(path);

		if (balance <= 0 || kind->balance <= 0)
			continue;
		if ((kind->nr_holding > 1 && kind->put_left) || has_stray_put(kinds, kind))
			match.exact = false;
		add_suspect(
			&match,
			&(struct ledger_suspect){
				.path = path,
				.unmatched = balance < kind->balance ? balance : kind->balance,
				.usual = usual ? (double)usual->balance / profile->nr_clean : 0,
				.answered = is_answered(ledger, path),
			});
	}
	for (uint32_t i = 0; i < match.nr_suspects; i++)
		find_tasks(ledger, &match.suspects[i]);
	free(kinds);
	return match;
}

struct ledger_match ledger_left(const struct ledger *ledger)
{
	struct ledger_match match = ledger_match(ledger, NULL);

	if (!match.surplus)
		match.nr_suspects = 0;
	return match;
}
