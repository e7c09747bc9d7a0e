// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/behaviour.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "trial/evidence.h"
#include "trial/verdict.h"

/* What is hashed first, so that facts of different kinds never meet. */
enum fact {
	FACT_HAPPENED,
	FACT_BEFORE,
	FACT_ORDER,
	FACT_STEP,
	FACT_DAD_END,
	FACT_FLAGS_ERROR,
	FACT_REFUSED,
	FACT_VERDICT,
	FACT_LANDED,
	FACT_COUNT,
	FACT_PASS,
};

static uint64_t hash_of(enum fact fact, uint64_t a, uint64_t b)
{
	return hash_word(hash_word(hash_word(HASH_START, fact), a), b);
}

static void add_feature(struct behaviour *behaviour, uint64_t feature)
{
	if (behaviour->nr_features < BEHAVIOUR_FEATURES_MAX)
		behaviour->features[behaviour->nr_features++] = feature;
}

static void add(struct behaviour *behaviour, enum fact fact, uint64_t a, uint64_t b)
{
	add_feature(behaviour, hash_of(fact, a, b));
}

/* --- orders of moments --- */

/* The number of bytes sent is no kind: all successes are one. */
static uint64_t value_kind(int64_t value)
{
	return value < 0 ? (uint64_t)value : 0;
}

uint64_t behaviour_of_pass(const struct order_hold *place)
{
	uint64_t hash = hash_of(FACT_PASS, place->thread, place->at_return);

	return hash_bytes(hash, place->place, strlen(place->place));
}

uint64_t behaviour_of_miss(void)
{
	return hash_of(FACT_VERDICT, VERDICT_MISSED, false);
}

uint64_t behaviour_of_hold(enum order_thread thread, bool at_return, const char *place,
			   bool kept)
{
	uint64_t hash = hash_of(FACT_STEP, thread, at_return);

	return hash_of(FACT_STEP, hash_bytes(hash, place, strlen(place)), !kept);
}

/* 0: no feature. Kinds count from 0, because features in older results do. */
static uint64_t name_of(const struct evidence *e, const struct moment *m)
{
	enum moment_feature feature = moment_table[m->kind].feature;
	uint64_t value = feature == FEATURE_BY_VALUE ? value_kind(m->value) : 0;

	if (feature == FEATURE_NONE)
		return 0;
	if (m->kind == MOMENT_FLAGS_RETURN && (!e->closed || m->at_ns < e->closed_ns))
		return 0; /* the one that opens the window */
	return hash_of(FACT_HAPPENED, m->kind - MOMENT_START, value);
}

enum { NAMES_MAX = 30 }; /* room for 30 * 29 / 2 pairs and the other features */

static bool is_known(const uint64_t *names, uint32_t nr, uint64_t name)
{
	for (uint32_t i = 0; i < nr; i++)
		if (names[i] == name)
			return true;
	return false;
}

/* The moments are sorted: what was named before was first. */
static void add_moments(struct behaviour *behaviour, const struct evidence *e)
{
	uint64_t names[NAMES_MAX];
	uint32_t nr = 0;

	for (uint32_t i = 0; i < e->nr_moments && nr < NAMES_MAX; i++) {
		uint64_t name = name_of(e, &e->moments[i]);

		if (!name || is_known(names, nr, name))
			continue;
		add(behaviour, FACT_HAPPENED, name, 0);
		for (uint32_t j = 0; j < nr; j++)
			add(behaviour, FACT_BEFORE, names[j], name);
		names[nr++] = name;
	}
	add(behaviour, FACT_ORDER, hash_bytes(0, names, nr * sizeof(names[0])), nr);
}

/* --- the rest --- */

/* Of a difference: its sign and the power of two. */
static uint64_t bucket(int64_t over)
{
	uint64_t size = (uint64_t)(over < 0 ? -over : over);
	uint64_t bits = 0;

	for (; size; size >>= 1)
		bits++;
	return over < 0 ? bits | 1ULL << 32 : bits;
}

static void add_counts(struct behaviour *behaviour, const struct evidence *e)
{
	const int64_t over[] = {
		e->after.net_device - e->baseline.net_device,
		e->after.inet6_dev - e->baseline.inet6_dev,
		e->after.dst - e->baseline.dst,
		(int64_t)e->after.neighbours - e->baseline.neighbours,
		(int64_t)e->after.groups - e->baseline.groups,
	};

	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++)
		add(behaviour, FACT_COUNT, i, bucket(over[i]));
}

static uint64_t longest_send(const struct evidence *e)
{
	uint64_t out_ns = 0, longest_ns = 0;

	for (uint32_t i = 0; i < e->nr_moments; i++) {
		const struct moment *m = &e->moments[i];

		if (m->kind == MOMENT_ECHO_OUT)
			out_ns = m->at_ns;
		else if (m->kind == MOMENT_ECHO_ANSWERED && out_ns &&
			 m->at_ns - out_ns > longest_ns)
			longest_ns = m->at_ns - out_ns;
	}
	return longest_ns;
}

static void add_hold(struct behaviour *behaviour, const struct step_audit *step)
{
	for (int kept = 0; kept <= (step->outcome == STEP_KEPT); kept++)
		if (step->outcome != STEP_NOT_REACHED)
			add_feature(behaviour, behaviour_of_hold(step->thread, step->at_return,
								 step->place, kept));
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

bool behaviour_has(const uint64_t *features, uint32_t nr, uint64_t feature)
{
	return nr && bsearch(&feature, features, nr, sizeof(feature), by_value);
}

static void sort(struct behaviour *behaviour)
{
	uint32_t kept = 0;

	qsort(behaviour->features, behaviour->nr_features, sizeof(behaviour->features[0]),
	      by_value);
	for (uint32_t i = 0; i < behaviour->nr_features; i++)
		if (!i || behaviour->features[i] != behaviour->features[i - 1])
			behaviour->features[kept++] = behaviour->features[i];
	behaviour->nr_features = kept;
}

void behaviour_of(const struct evidence *e, const struct order *places,
		  const struct judgement *judgement, struct behaviour *behaviour)
{
	memset(behaviour, 0, sizeof(*behaviour));
	behaviour->finding = verdict_fault(judgement->verdict);
	if (judgement->verdict == VERDICT_INVALID || judgement->verdict == VERDICT_SKIPPED)
		return;
	behaviour->window_ns = e->opened && e->closed ? e->closed_ns - e->opened_ns : 0;
	behaviour->thread_i_ns = e->second_flags_ns;
	behaviour->thread_ii_ns = longest_send(e);
	add_moments(behaviour, e);
	for (uint32_t i = 0; i < places->nr_holds; i++)
		if (e->passed >> i & 1)
			add_feature(behaviour, behaviour_of_pass(&places->holds[i]));
	for (uint32_t i = 0; i < e->spec.steps && i < ORDER_HOLDS_MAX; i++)
		add_hold(behaviour, &e->steps[i]);
	add(behaviour, FACT_DAD_END, e->dad_end, e->dad_fooled);
	add(behaviour, FACT_FLAGS_ERROR, (uint64_t)e->flags_error, 0);
	add(behaviour, FACT_REFUSED, (uint64_t)e->refused_errno, 0);
	add(behaviour, FACT_VERDICT, judgement->verdict, judgement->pinned);
	add(behaviour, FACT_LANDED, !!e->echoes_delivered, !!e->echoes_inside);
	add(behaviour, FACT_LANDED, 2 + !!e->dad_answers_delivered, !!e->dad_answers_inside);
	add_counts(behaviour, e);
	sort(behaviour);
}
