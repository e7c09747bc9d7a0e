// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "spec/order.h"
#include "spec/sites.h"

enum { WORDS = 16, WORD = ORDER_PLACE };

/* clang-format off */
const char *const order_thread_names[] = { NULL, "I", "II", "DAD" };
const char *const order_until_names[] = { "time", "held", "done", "changed" };
/* clang-format on */

_Static_assert(sizeof(order_thread_names) / sizeof(order_thread_names[0]) == ORDER_THREADS,
	       "a name per thread");
_Static_assert(sizeof(order_until_names) / sizeof(order_until_names[0]) == ORDER_UNTILS,
	       "a name per end");

static bool is_function(const char *word)
{
	if (!isalpha((unsigned char)*word) && *word != '_')
		return false;
	for (; *word; word++)
		if (!isalnum((unsigned char)*word) && *word != '_' && *word != '.')
			return false;
	return true;
}

static int complain_site(const char *word, struct why *why)
{
	struct nearest nearest = { .typed = word };
	char sites[300] = "";
	size_t used = 0;

	for (const struct hold_site *site = hold_sites; site->name; site++) {
		nearest_offer(&nearest, site->name);
		if (used < sizeof(sites))
			used += (size_t)snprintf(sites + used, sizeof(sites) - used, "%s%s",
						 used ? ", " : "", site->name);
	}
	return why_set(why, EINVAL, "\"%s\": unknown site; %s%s%s: %s, or any kernel function",
		       word, nearest.best ? "did you mean " : "",
		       nearest.best ? nearest.best : "", nearest.best ? "? Allowed" : "allowed",
		       sites);
}

/* A site, or else a function; a dash says that a site is meant. */
static int read_place(const char *word, struct order_hold *hold, struct why *why)
{
	hold->site = site_find(word);
	snprintf(hold->place, sizeof(hold->place), "%s", word);
	if (hold->site || is_function(word))
		return 0;
	if (!strchr(word, '-') || !isalpha((unsigned char)*word))
		return -ENOENT;
	return complain_site(word, why);
}

static bool read_thread(const char *word, enum order_thread *thread)
{
	for (int i = ORDER_THREAD_I; i < ORDER_THREADS; i++)
		if (!strcmp(word, order_thread_names[i])) {
			*thread = i;
			return true;
		}
	return false;
}

/* "until II held", "until I done", "for 300 us": what the words from `at` on say. */
static bool read_end(char (*words)[WORD], int at, int nr, struct order_hold *hold)
{
	char *end;

	if (at + 3 != nr)
		return false;
	if (!strcmp(words[at], "for") && !strcmp(words[at + 2], "us")) {
		hold->until = ORDER_UNTIL_TIME;
		hold->time_us = strtoull(words[at + 1], &end, 10);
		return isdigit((unsigned char)words[at + 1][0]) && !*end && hold->time_us &&
		       hold->time_us <= ORDER_MOST_MS * 1000ULL;
	}
	hold->until = !strcmp(words[at + 2], "held") ? ORDER_UNTIL_HELD : ORDER_UNTIL_DONE;
	return !strcmp(words[at], "until") && read_thread(words[at + 1], &hold->other) &&
	       hold->other != hold->thread &&
	       (!strcmp(words[at + 2], "held") || !strcmp(words[at + 2], "done"));
}

static bool words_are(char (*words)[WORD], int nr, const char *const *wanted, int nr_wanted)
{
	for (int i = 0; i < nr_wanted; i++)
		if (i >= nr || strcmp(words[i], wanted[i]) != 0)
			return false;
	return true;
}

/* The name of a change, in quotes. */
static bool read_change(const char *word, enum change_kind *change)
{
	char name[WORD];
	size_t n = strlen(word);

	if (n < 2 || word[0] != '"' || word[n - 1] != '"')
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)n - 2, word + 1);
	return change_find(name, change);
}

/* "until I has done "route-delete"" */
static bool read_done_change(char (*words)[WORD], int at, int nr, struct order_hold *hold,
			     enum change_kind *change)
{
	static const char *const until[] = { "until", "I", "has", "done" };

	if (at + 5 != nr || !words_are(words + at, nr - at, until, 4) ||
	    hold->thread == ORDER_THREAD_I || !read_change(words[at + 4], change))
		return false;
	hold->until = ORDER_UNTIL_CHANGED;
	hold->other = ORDER_THREAD_I;
	return true;
}

static int split(const char *step, char words[WORDS][WORD])
{
	int nr = 0;

	for (step += strspn(step, " \t"); *step; step += strspn(step, " \t")) {
		size_t n = strcspn(step, " \t");

		if (nr == WORDS || n >= WORD)
			return -1;
		memcpy(words[nr], step, n);
		words[nr++][n] = '\0';
		step += n;
	}
	return nr;
}

/* "I does "route-delete" when II held" */
static bool read_does(char (*words)[WORD], int nr, enum change_kind *change,
		      enum order_thread *when)
{
	static const char *const does[] = { "I", "does" };

	return nr == 6 && words_are(words, nr, does, 2) && read_change(words[2], change) &&
	       !strcmp(words[3], "when") && read_thread(words[4], when) &&
	       *when != ORDER_THREAD_I && !strcmp(words[5], "held");
}

/* "II starts when I held" */
static bool read_start(char (*words)[WORD], int nr, enum order_thread *when)
{
	static const char *const starts[] = { "II", "starts", "when" };

	return nr == 5 && words_are(words, nr, starts, 3) && read_thread(words[3], when) &&
	       *when != ORDER_THREAD_II && !strcmp(words[4], "held");
}

static const char *const pass_names[] = { "1st", "2nd", "3rd", "4th", "5th",
					  "6th", "7th", "8th", "9th" };
_Static_assert(sizeof(pass_names) / sizeof(pass_names[0]) == ORDER_PASSES_MAX,
	       "a name per pass");

/* "the 2nd pass of": how many words, or 0. */
static int read_pass(char (*words)[WORD], int nr, struct order_hold *hold)
{
	static const char *const pass_of[] = { "pass", "of" };

	if (nr < 4 || strcmp(words[0], "the") != 0 || !words_are(words + 2, nr - 2, pass_of, 2))
		return 0;
	for (uint32_t i = 0; i < ORDER_PASSES_MAX; i++)
		if (!strcmp(words[1], pass_names[i])) {
			hold->skips = i;
			return 4;
		}
	return 0;
}

/* "I held at [return of] [the 2nd pass of]": how many words, or 0. */
static int read_held_at(char (*words)[WORD], int nr, struct order_hold *hold)
{
	static const char *const held_at[] = { "held", "at" };
	static const char *const return_of[] = { "return", "of" };
	int at;

	if (nr < 4 || !read_thread(words[0], &hold->thread) ||
	    !words_are(words + 1, nr - 1, held_at, 2))
		return 0;
	hold->at_return = words_are(words + 3, nr - 3, return_of, 2);
	at = hold->at_return ? 5 : 3;
	return at + read_pass(words + at, nr - at, hold);
}

static int add_hold(struct order *order, struct order_hold *hold, const char *words,
		    struct why *why)
{
	if (order->nr_holds == ORDER_HOLDS_MAX)
		return why_set(why, EINVAL, "\"%s\": too many holds; at most %d are allowed",
			       words, ORDER_HOLDS_MAX);
	hold->hook = order->nr_holds;
	order->holds[order->nr_holds++] = *hold;
	return 0;
}

int order_read_place(struct order *order, const char *words, struct why *why)
{
	struct order_hold hold = { 0 };
	char each[WORDS][WORD];
	int nr = split(words, each), at, err = -ENOENT;

	at = nr > 0 ? read_held_at(each, nr, &hold) : 0;
	if (at && nr == at + 1)
		err = read_place(each[at], &hold, why);
	if (err == -ENOENT)
		return why_set(
			why, EINVAL,
			"\"%s\" is not a place of a hold; allowed: \"THREAD held at [return of] [the 2nd pass of] SITE-or-FUNCTION\", where THREAD is I, II or DAD",
			words);
	return err ? err : add_hold(order, &hold, words, why);
}

void order_write_place(const struct order_hold *place, char words[ORDER_WORDS])
{
	snprintf(words, ORDER_WORDS, "%s held at %s%s%s%s%s", order_thread_names[place->thread],
		 place->at_return ? "return of " : "", place->skips ? "the " : "",
		 place->skips ? pass_names[place->skips] : "", place->skips ? " pass of " : "",
		 place->place);
}

void order_write_hold(const struct order_hold *hold, enum change_kind change,
		      char words[ORDER_WORDS])
{
	size_t used;

	order_write_place(hold, words);
	used = strlen(words);
	if (hold->until == ORDER_UNTIL_TIME)
		snprintf(words + used, ORDER_WORDS - used, " for %" PRIu64 " us",
			 hold->time_us);
	else if (hold->until == ORDER_UNTIL_CHANGED)
		snprintf(words + used, ORDER_WORDS - used, " until I has done \"%s\"",
			 change_names[change]);
	else
		snprintf(words + used, ORDER_WORDS - used, " until %s %s",
			 order_thread_names[hold->other], order_until_names[hold->until]);
}

void order_write_change(enum change_kind change, enum order_thread when,
			char words[ORDER_WORDS])
{
	snprintf(words, ORDER_WORDS, "I does \"%s\" when %s held", change_names[change],
		 order_thread_names[when]);
}

void order_write_start(enum order_thread when, char words[ORDER_WORDS])
{
	snprintf(words, ORDER_WORDS, "II starts when %s held", order_thread_names[when]);
}

static int name_change(struct order *order, enum change_kind change, const char *step,
		       struct why *why)
{
	if (order->change && order->change != change)
		return why_set(
			why, EINVAL,
			"\"%s\": another step says that I does \"%s\"; thread I makes one change in a trial",
			step, change_names[order->change]);
	order->change = change;
	return 0;
}

int order_read(struct order *order, const char *step, struct why *why)
{
	struct order_hold hold = { 0 };
	enum change_kind change = CHANGE_NONE;
	enum order_thread when;
	char words[WORDS][WORD];
	int nr = split(step, words), at, err = -ENOENT;

	if (read_start(words, nr, &when)) {
		order->starts_when = when;
		return 0;
	}
	if (read_does(words, nr, &change, &when)) {
		order->change_when = when;
		return name_change(order, change, step, why);
	}
	at = nr > 0 ? read_held_at(words, nr, &hold) : 0;
	if (at && nr > at &&
	    (read_done_change(words, at + 1, nr, &hold, &change) ||
	     read_end(words, at + 1, nr, &hold)))
		err = read_place(words[at], &hold, why);
	if (err == -ENOENT)
		return why_set(
			why, EINVAL,
			"\"%s\" is not a step of an order; allowed: \"THREAD held at [return of] [the 2nd pass of] SITE-or-FUNCTION until THREAD held\" (or \"done\", or \"until I has done \"CHANGE\"\", or \"for N us\"), where THREAD is I, II or DAD, \"II starts when I held\" (or \"DAD held\"), and \"I does \"CHANGE\" when II held\", where CHANGE is a value of bringup.change",
			step);
	if (!err && hold.until == ORDER_UNTIL_CHANGED)
		err = name_change(order, change, step, why);
	return err ? err : add_hold(order, &hold, step, why);
}

static bool holds(const struct order *order, enum order_thread thread)
{
	for (uint32_t i = 0; i < order->nr_holds; i++)
		if (order->holds[i].thread == thread)
			return true;
	return false;
}

/* The hold with which `thread` waits until `other` is done, or NULL. */
static const struct order_hold *
waits_for_done(const struct order *order, enum order_thread thread, enum order_thread other)
{
	for (uint32_t i = 0; i < order->nr_holds; i++) {
		const struct order_hold *hold = &order->holds[i];

		if (hold->thread == thread && hold->other == other &&
		    hold->until == ORDER_UNTIL_DONE)
			return hold;
	}
	return NULL;
}

static int check_hold(const struct order *order, const struct order_hold *hold, struct why *why)
{
	const char *other = order_thread_names[hold->other];
	const struct order_hold *back =
		hold->until == ORDER_UNTIL_DONE ?
			waits_for_done(order, hold->other, hold->thread) :
			NULL;
	char words[ORDER_WORDS], back_words[ORDER_WORDS];

	order_write_hold(hold, order->change, words);
	if (hold->until == ORDER_UNTIL_HELD && !holds(order, hold->other))
		return why_set(
			why, EINVAL,
			"\"%s\" can never end as asked: no step holds %s; add a step \"%s held at ...\", or wait for \"%s done\"",
			words, other, other, other);
	if (!back)
		return 0;
	order_write_hold(back, order->change, back_words);
	return why_set(
		why, EINVAL,
		"\"%s\" and \"%s\" wait for each other, so neither can end as asked; let one of them end by \"held\" or \"for N us\"",
		words, back_words);
}

/* What waits for `thread` to be held, in words. */
static int check_when(const struct order *order, enum order_thread thread, const char *words,
		      struct why *why)
{
	if (holds(order, thread))
		return 0;
	return why_set(
		why, EINVAL,
		"\"%s\" can never happen: no step holds %s; add a step \"%s held at ...\", or remove this one",
		words, order_thread_names[thread], order_thread_names[thread]);
}

int order_check(const struct order *order, struct why *why)
{
	char words[ORDER_WORDS];
	int err = 0;

	for (uint32_t i = 0; !err && i < order->nr_holds; i++)
		err = check_hold(order, &order->holds[i], why);
	if (!err && order->starts_when) {
		order_write_start(order->starts_when, words);
		err = check_when(order, order->starts_when, words, why);
	}
	if (!err && order->change_when) {
		order_write_change(order->change, order->change_when, words);
		err = check_when(order, order->change_when, words, why);
	}
	return err;
}

/* dad-work is before it takes the RTNL. */
bool order_has_rtnl(const struct order_hold *place)
{
	return place->thread == ORDER_THREAD_DAD &&
	       (place->at_return || (strcmp(place->place, "dad-work") != 0 &&
				     strcmp(place->place, "addrconf_dad_work") != 0));
}

bool order_has_dad(const struct order *order)
{
	for (uint32_t i = 0; i < order->nr_holds; i++)
		if (order->holds[i].thread == ORDER_THREAD_DAD ||
		    order->holds[i].other == ORDER_THREAD_DAD)
			return true;
	return order->starts_when == ORDER_THREAD_DAD || order->change_when == ORDER_THREAD_DAD;
}
