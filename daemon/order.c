// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"

enum { WORDS = 12, WORD = ORDER_FUNCTION };

static bool is_function(const char *word)
{
	if (!isalpha((unsigned char)*word) && *word != '_')
		return false;
	for (; *word; word++)
		if (!isalnum((unsigned char)*word) && *word != '_' && *word != '.')
			return false;
	return true;
}

static bool read_thread(const char *word, enum order_thread *thread)
{
	*thread = !strcmp(word, "I") ? ORDER_THREAD_I : ORDER_THREAD_II;
	return !strcmp(word, "I") || !strcmp(word, "II");
}

/* "until II held", "until I done", "for 300 us": what the words from `at` on say. */
static bool read_end(char (*words)[WORD], int at, int nr, struct order_hold *hold)
{
	enum order_thread other;
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
	return !strcmp(words[at], "until") && read_thread(words[at + 1], &other) &&
	       other != hold->thread &&
	       (!strcmp(words[at + 2], "held") || !strcmp(words[at + 2], "done"));
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

static bool words_are(char (*words)[WORD], int nr, const char *const *wanted, int nr_wanted)
{
	for (int i = 0; i < nr_wanted; i++)
		if (i >= nr || strcmp(words[i], wanted[i]) != 0)
			return false;
	return true;
}

int order_read(struct order *order, const char *step, struct why *why)
{
	static const char *const starts[] = { "II", "starts", "when", "I", "held" };
	static const char *const held_at[] = { "held", "at" };
	static const char *const return_of[] = { "return", "of" };
	struct order_hold hold = { 0 };
	char words[WORDS][WORD];
	int nr = split(step, words), at = 3;

	if (nr == 5 && words_are(words, nr, starts, 5)) {
		order->starts_when_held = true;
		return 0;
	}
	if (nr > 3)
		hold.at_return = words_are(words + 3, nr - 3, return_of, 2);
	at += hold.at_return ? 2 : 0;
	if (nr <= at || !read_thread(words[0], &hold.thread) ||
	    !words_are(words + 1, nr - 1, held_at, 2) || !is_function(words[at]) ||
	    !read_end(words, at + 1, nr, &hold))
		return why_set(why, EINVAL,
			       "\"%s\" is no step of an order; steps are \"I held at [return "
			       "of] FUNCTION "
			       "until II held\" (or \"done\", or \"for N us\"), the same for "
			       "II, and \"II "
			       "starts when I held\"",
			       step);
	if (order->nr_holds == ORDER_HOLDS_MAX)
		return why_set(why, EINVAL,
			       "\"%s\" is one hold too many: an order has %d at most", step,
			       ORDER_HOLDS_MAX);
	snprintf(hold.function, sizeof(hold.function), "%s", words[at]);
	order->holds[order->nr_holds++] = hold;
	return 0;
}
