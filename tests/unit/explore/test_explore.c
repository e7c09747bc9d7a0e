// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "explore/explore.h"
#include "explore/point.h"
#include "explore/transfer.h"
#include "kernel_model.h"
#include "parse/campaign.h"
#include "trial/plan.h"

static struct campaign *load(const char *text, const char *set, uint64_t seed)
{
	struct campaign *campaign = NULL;
	char seeded[32];
	const char *sets[] = { seeded, set };
	struct why why = { "" };

	snprintf(seeded, sizeof(seeded), "seed=%llu", (unsigned long long)seed);
	if (campaign_load_text("explore", text, strlen(text), sets, set ? 2 : 1, &campaign,
			       &why))
		fail_msg("%s", why.text);
	return campaign;
}

static struct explorer *explore(const struct campaign *campaign)
{
	struct explorer *explorer = NULL;

	assert_int_equal(explorer_new(campaign, &explorer), 0);
	return explorer;
}

/* The plan's line, without what is not told of it. */
static void say(const struct trial_spec *told, char *text, size_t size)
{
	struct trial_spec spec = *told;
	struct spec_words words;
	size_t used;

	spec_say(&spec, &words);
	used = (size_t)snprintf(
		text, size, "%u %s %u %u %s: %s %s %u at %llu in %llu, %s", spec.trial,
		explore_mode_names[spec.choice.mode], spec.choice.generation,
		spec.choice.parent, explore_mutation_names[spec.choice.mutation],
		direction_names[spec.direction], target_names[spec.target], spec.echoes,
		(unsigned long long)spec.offset_us, (unsigned long long)spec.hold_us,
		dad_answer_names[spec.dad_answer]);
	for (uint32_t i = 0; i < spec.nr_order; i++)
		used += (size_t)snprintf(text + used, size - used, "; %s", spec.order[i]);
}

enum { LINE = 1024, TRIALS = 240 };

/*
 * Runs as `lanes` lanes do: up to so many trials in hand, of which any may end first. What each
 * trial shows depends on its spec alone.
 */
static void run(const struct campaign *campaign, uint32_t lanes, uint64_t chance,
		char (*lines)[LINE])
{
	struct explorer *explorer = explore(campaign);
	struct trial_spec hands[64];
	uint32_t next = 1, nr = 0;

	while (next <= TRIALS || nr) {
		struct behaviour behaviour;
		uint32_t ends;
		int err = 0;

		while (nr < lanes && next <= TRIALS && !err) {
			err = explorer_next(explorer, next, &hands[nr]);
			if (!err) {
				say(&hands[nr++], lines[next - 1], LINE);
				next++;
			}
		}
		assert_true(!err || err == -EAGAIN);
		assert_true(nr > 0); /* nobody waits for nothing */
		ends = (uint32_t)plan_draw_below(&chance, nr);
		kernel_model_run(campaign, &hands[ends], MODEL_UNCACHED, &behaviour);
		assert_int_equal(explorer_learn(explorer, hands[ends].trial, &behaviour), 0);
		hands[ends] = hands[--nr];
	}
	explorer_free(explorer);
}

static void test_same_plan_whatever_the_lanes(void **state)
{
	static char one[TRIALS][LINE], many[TRIALS][LINE];

	(void)state;
	for (enum explore_mode mode = EXPLORE_SWEEP; mode < EXPLORE_MODES; mode++) {
		char set[64];
		struct campaign *campaign;

		snprintf(set, sizeof(set), "explore.mode=%s", explore_mode_names[mode]);
		campaign = load(kernel_model_space, set, 7);
		run(campaign, 1, 1, one);
		for (uint64_t chance = 2; chance < 6; chance++) {
			run(campaign, chance == 5 ? 64 : 3, chance, many);
			for (int i = 0; i < TRIALS; i++)
				assert_string_equal(one[i], many[i]);
		}
		campaign_free(campaign);
	}
}

static void test_other_seed_other_plan(void **state)
{
	static char one[TRIALS][LINE], other[TRIALS][LINE];
	struct campaign *first = load(kernel_model_space, "explore.mode=guided", 1);
	struct campaign *second = load(kernel_model_space, "explore.mode=guided", 2);
	int same = 0;

	(void)state;
	run(first, 1, 1, one);
	run(second, 1, 1, other);
	for (int i = 0; i < TRIALS; i++)
		same += !strcmp(one[i], other[i]);
	assert_true(same < TRIALS / 4);
	campaign_free(first);
	campaign_free(second);
}

/* Another behaviour of one generation changes no plan before the next but one. */
static void test_depends_on_the_generation_before_the_last(void **state)
{
	struct campaign *campaign = load(kernel_model_space, "explore.mode=guided", 3);
	struct explorer *a = explore(campaign), *b = explore(campaign);
	uint32_t size = campaign->explore.generation, differ = 0;

	(void)state;
	for (uint32_t trial = 1; trial <= 12 * size; trial++) {
		struct behaviour x, y;
		struct trial_spec p, q;
		char one[LINE], other[LINE];

		assert_int_equal(explorer_next(a, trial, &p), 0);
		assert_int_equal(explorer_next(b, trial, &q), 0);
		say(&p, one, sizeof(one));
		say(&q, other, sizeof(other));
		if (trial <= 3 * size)
			assert_string_equal(one, other);
		differ += strcmp(one, other) != 0;
		kernel_model_run(campaign, &p, MODEL_SOUND, &x);
		kernel_model_run(campaign, &q, MODEL_SOUND, &y);
		if (trial > size && trial <= 2 * size)
			y.nr_features = 0;
		assert_int_equal(explorer_learn(a, trial, &x), 0);
		assert_int_equal(explorer_learn(b, trial, &y), 0);
	}
	assert_true(differ > 0);
	explorer_free(a);
	explorer_free(b);
	campaign_free(campaign);
}

/* A fresh guest is told what was learned, and goes on with the same plan. */
static void test_goes_on_in_a_fresh_guest(void **state)
{
	struct campaign *campaign = load(kernel_model_space, "explore.mode=guided", 5);
	struct explorer *first = explore(campaign), *second = explore(campaign);
	char name[] = "/tmp/dadrace-learned-XXXXXX", *text;
	int fd = mkstemp(name);
	struct trial_spec p, q;
	struct why why;

	(void)state;
	for (uint32_t trial = 1; trial <= 83; trial++) {
		struct behaviour behaviour;

		assert_int_equal(explorer_next(first, trial, &p), 0);
		kernel_model_run(campaign, &p, MODEL_SOUND, &behaviour);
		/* Of one nothing was ever heard. */
		assert_int_equal(explorer_learn(first, trial, trial == 40 ? NULL : &behaviour),
				 0);
	}
	text = learned_write(first);
	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	assert_int_equal(learned_read(name, second, &why), 0);
	for (uint32_t trial = 84; trial <= 88; trial++) {
		char one[LINE], other[LINE];

		assert_int_equal(explorer_next(first, trial, &p), 0);
		assert_int_equal(explorer_next(second, trial, &q), 0);
		say(&p, one, sizeof(one));
		say(&q, other, sizeof(other));
		assert_string_equal(one, other);
	}
	unlink(name);
	close(fd);
	free(text);
	explorer_free(first);
	explorer_free(second);
	campaign_free(campaign);
}

/*
 * A campaign that is resumed goes on with the same plan; what cannot be known yet is passed
 * over.
 */
static void test_recalls_an_earlier_run(void **state)
{
	enum { RUN = 80 };
	struct campaign *campaign = load(kernel_model_space, "explore.mode=guided", 5);
	struct explorer *first = explore(campaign), *second = explore(campaign);
	static struct behaviour behaviours[RUN];
	struct behaviour told;
	struct trial_spec p, q;

	(void)state;
	for (uint32_t trial = 1; trial <= RUN; trial++) {
		assert_int_equal(explorer_next(first, trial, &p), 0);
		kernel_model_run(campaign, &p, MODEL_SOUND, &behaviours[trial - 1]);
		assert_int_equal(explorer_learn(first, trial, &behaviours[trial - 1]), 0);
	}
	assert_int_equal(explorer_recall(second, RUN, &behaviours[RUN - 1]), 0);
	assert_false(explorer_told(second, RUN, &told));
	for (uint32_t trial = 1; trial <= RUN; trial++)
		assert_int_equal(explorer_recall(second, trial, &behaviours[trial - 1]), 0);
	for (uint32_t trial = RUN + 1; trial <= RUN + 8; trial++) {
		char one[LINE], other[LINE];

		assert_int_equal(explorer_next(first, trial, &p), 0);
		assert_int_equal(explorer_next(second, trial, &q), 0);
		say(&p, one, sizeof(one));
		say(&q, other, sizeof(other));
		assert_string_equal(one, other);
	}
	explorer_free(first);
	explorer_free(second);
	campaign_free(campaign);
}

/* Every trial of every mode says an order that the notation reads, and whose holds can end. */
static void test_points_make_sense(void **state)
{
	static char lines[TRIALS][LINE];

	(void)state;
	for (enum explore_mode mode = EXPLORE_SWEEP; mode < EXPLORE_MODES; mode++) {
		char set[64];
		struct campaign *campaign;
		struct explorer *explorer;

		snprintf(set, sizeof(set), "explore.mode=%s", explore_mode_names[mode]);
		campaign = load(kernel_model_space, set, 11);
		run(campaign, 1, 1, lines);
		explorer = explore(campaign);
		for (uint32_t trial = 1; trial <= 2 * campaign->explore.generation; trial++) {
			struct trial_spec spec;
			struct spec_words words;
			struct order read = { 0 };

			assert_int_equal(explorer_next(explorer, trial, &spec), 0);
			spec_say(&spec, &words);
			for (uint32_t i = 0; i < spec.nr_order; i++)
				assert_int_equal(order_read(&read, spec.order[i], NULL), 0);
			assert_int_equal(read.nr_holds, spec.steps);
			assert_int_equal(read.starts_when, spec.starts_when);
			assert_true(target_fits(spec.direction, spec.target));
		}
		for (int i = 0; i < TRIALS; i++) {
			assert_false(strstr(lines[i], "dad-completed until I done"));
			assert_false(strstr(lines[i], "until DAD held") &&
				     !strstr(lines[i], "DAD held at"));
		}
		explorer_free(explorer);
		campaign_free(campaign);
	}
}

static void test_sense(void **state)
{
	struct campaign *campaign = load(kernel_model_space, NULL, 1);
	struct point_space points;
	struct point point = { .nr_holds = 1, .target = TARGET_ALL_NODES };

	(void)state;
	point_space(campaign, 0, &points);
	assert_int_equal(point_threads(&points), 3);
	point.holds[0] = (struct point_hold){ 0, ORDER_UNTIL_TIME, ORDER_THREAD_NONE, 5 };
	assert_true(point_makes_sense(&points, &point));
	point.starts_when = ORDER_THREAD_DAD;
	assert_false(point_makes_sense(&points, &point));
	point.starts_when = ORDER_THREAD_I;
	assert_true(point_makes_sense(&points, &point));
	point.holds[0] = (struct point_hold){ 0, ORDER_UNTIL_HELD, ORDER_THREAD_II, 0 };
	assert_false(point_makes_sense(&points, &point));
	point.nr_holds = 2;
	point.holds[1] = (struct point_hold){ 4, ORDER_UNTIL_DONE, ORDER_THREAD_I, 0 };
	assert_true(point_makes_sense(&points, &point));
	point.holds[0].until = ORDER_UNTIL_DONE;
	assert_false(point_makes_sense(&points, &point)); /* each waits for the other's end */
	point.holds[0] = (struct point_hold){ 4, ORDER_UNTIL_TIME, ORDER_THREAD_NONE, 5 };
	assert_false(point_makes_sense(&points, &point)); /* the same place twice */
	point.holds[0] = (struct point_hold){ 6, ORDER_UNTIL_DONE, ORDER_THREAD_I, 0 };
	point.nr_holds = 1;
	point.starts_when = ORDER_THREAD_NONE;
	assert_true(point_makes_sense(&points, &point));
	point.holds[0].place = 7; /* the RTNL */
	assert_false(point_makes_sense(&points, &point));
	point.holds[0].until = ORDER_UNTIL_TIME;
	point.holds[0].time_us = 1;
	point.direction = DIRECTION_INBOUND;
	point.target = TARGET_NOBODY;
	assert_false(point_makes_sense(&points, &point));
	campaign_free(campaign);
}

/* All of a small grid, once, and then again. */
/*
 * Messages, changes and loads are dimensions: the grid has each of them with each, all fit, and
 * all are changed.
 */
static void test_messages_changes_and_loads(void **state)
{
	static const char text[] =
		"{arms: [race], explore: {mode: sweep, holds: 1, ends: [time], places: [I held "
		"at stop]}, "
		"bringup: {change: [none, mtu]}, load: [none, cpu, rtnl], "
		"echo: {directions: [inbound, outbound], message: [echo, ra], count: 1}}";
	struct campaign *campaign = load(text, NULL, 1);
	uint32_t seen[DIRECTIONS][MESSAGES][CHANGES][LOADS] = { 0 };
	bool changed[EXPLORE_MUTATIONS] = { false };
	struct point_space space;
	struct point point, other;
	uint64_t cursor = 0, draws = 1;
	/*
	 * 3 directions with messages that fit, 2 changes, 3 loads; 3 times, II at once or when
	 * I is held
	 */
	enum { GRID = 3 * 2 * 3 * 3 * 2 };

	(void)state;
	point_space(campaign, 0, &space);
	for (uint32_t i = 0; i < GRID; i++) {
		point_sweep(&space, &cursor, &point);
		assert_true(message_fits(point.direction, point.target, point.message));
		seen[point.direction][point.message][point.change][point.load]++;
	}
	for (int change = CHANGE_NONE; change <= CHANGE_MTU; change++)
		for (int kind = 0; kind < LOADS; kind++)
			if (kind != LOAD_PACKETS) {
				assert_int_equal(seen[0][MESSAGE_ECHO][change][kind], 6);
				assert_int_equal(seen[0][MESSAGE_RA][change][kind], 6);
				assert_int_equal(seen[1][MESSAGE_ECHO][change][kind], 6);
			}
	for (int i = 0; i < 2000; i++) {
		enum explore_mutation mutation = point_draw_mutation(&space, &draws);
		struct point before;

		point_random(&space, &draws, &point);
		point_random(&space, &draws, &other);
		before = point;
		if (!point_mutate(&space, &draws, mutation, &other, &point))
			continue;
		changed[mutation] = true;
		assert_true(message_fits(point.direction, point.target, point.message));
		assert_true(mutation == EXPLORE_CHANGE || point.change == before.change);
		assert_true(mutation == EXPLORE_LOAD || point.load == before.load);
	}
	assert_true(changed[EXPLORE_MESSAGE] && changed[EXPLORE_CHANGE] &&
		    changed[EXPLORE_LOAD]);
	campaign_free(campaign);
}

static void test_sweep_is_the_grid(void **state)
{
	static const char small[] =
		"{arms: [race], explore: {mode: sweep, holds: 1, ends: [time], "
		"places: [I held at stop, II held at route]}, echo: {count: 1}}";
	struct campaign *campaign = load(small, NULL, 1);
	struct explorer *explorer = explore(campaign);
	/* 2 places, 3 times; II starts at once, or when I is held, where it is */
	enum { GRID = 2 * 3 + 3 };
	char lines[2 * GRID][LINE];

	(void)state;
	for (uint32_t i = 0; i < 2 * GRID; i++) {
		struct trial_spec spec;

		assert_int_equal(explorer_next(explorer, i + 1, &spec), 0);
		spec.trial = 0;
		spec.choice.generation = 0;
		say(&spec, lines[i], LINE);
	}
	for (int i = 0; i < GRID; i++) {
		assert_string_equal(lines[i], lines[i + GRID]);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(lines[i], lines[j]);
	}
	explorer_free(explorer);
	campaign_free(campaign);
}

/* Lengths are measured in two generations, and delays drawn over 1.1 times them. */
static void test_sample_measures_first(void **state)
{
	struct campaign *campaign = load(kernel_model_space, "explore.mode=sample", 1);
	struct explorer *explorer = explore(campaign);
	uint32_t measured = 2 * campaign->explore.generation, beyond = 0;

	(void)state;
	for (uint32_t trial = 1; trial <= 400; trial++) {
		struct behaviour behaviour = { .window_ns = 100000,
					       .thread_i_ns = 50000,
					       .thread_ii_ns = 20000 };
		struct trial_spec spec;

		assert_int_equal(explorer_next(explorer, trial, &spec), 0);
		assert_int_equal(spec.choice.mutation,
				 trial <= measured ? EXPLORE_MEASURE : EXPLORE_FRESH);
		if (trial <= measured) {
			assert_int_equal(spec.steps, 0);
			assert_int_equal(spec.hold_us, 0);
		}
		for (uint32_t i = 0; i < spec.steps; i++) {
			uint64_t most = spec.holds[i].thread == ORDER_THREAD_II ? 55 : 22;

			assert_int_equal(spec.holds[i].until, ORDER_UNTIL_TIME);
			assert_in_range(spec.holds[i].time_us, 1, most);
			beyond += spec.holds[i].time_us * 11 > most * 10;
		}
		assert_true(spec.hold_us <= 110);
		assert_int_equal(explorer_learn(explorer, trial, &behaviour), 0);
	}
	assert_true(beyond > 0); /* also the last tenth is drawn */
	explorer_free(explorer);
	campaign_free(campaign);
}

static void test_pct_bound(void **state)
{
	struct campaign *campaign = load(kernel_model_space, "explore.mode=pct", 1);
	struct explorer *explorer = explore(campaign);
	struct explore_sums sums;

	(void)state;
	assert_true(fabs(explore_bound(3, 8, 2) - 1.0 / 192) < 1e-12);
	explorer_sums(explorer, &sums);
	assert_true(fabs(sums.least_chance - 1.0 / (3 * 512)) < 1e-12);
	explorer_free(explorer);
	campaign_free(campaign);
}

static void test_other_arms_are_the_plans(void **state)
{
	struct campaign *campaign = load(kernel_model_space, "arms=[control, hold, race]", 1);
	struct explorer *explorer = explore(campaign);

	(void)state;
	for (uint32_t trial = 1; trial <= 30; trial++) {
		struct trial_spec spec, plain;

		plan_trial(campaign, trial, &plain);
		assert_int_equal(explorer_next(explorer, trial, &spec), 0);
		assert_int_equal(spec.arm, plain.arm);
		assert_int_equal(spec.choice.mode,
				 spec.arm == ARM_RACE ? EXPLORE_RANDOM : EXPLORE_OFF);
		assert_int_equal(spec.steps > 0, spec.arm == ARM_RACE);
	}
	explorer_free(explorer);
	campaign_free(campaign);
}

static void test_new_features(void **state)
{
	struct campaign *campaign = load(kernel_model_space, "explore.generation=2", 1);
	struct explorer *explorer = explore(campaign);
	/*
	 * Of generations 1, 1, 2, 2, 3, 3: what is new to those that are planned from 1 .. g-2
	 */
	static const uint64_t shown[] = { 1, 1, 2, 1, 2, 1 };
	static const uint32_t new[] = { 1, 1, 1, 1, 1, 0 };
	struct explore_sums sums;

	(void)state;
	for (uint32_t i = 0; i < 6; i++) {
		struct behaviour behaviour = { .features = { shown[i] },
					       .nr_features = 1,
					       .finding = i == 3 };

		assert_int_equal(explorer_learn(explorer, i + 1, &behaviour), 0);
		assert_int_equal(behaviour.new_features, new[i]);
	}
	explorer_sums(explorer, &sums);
	assert_int_equal(sums.features, 2);
	assert_int_equal(sums.corpus, 0);
	assert_int_equal(sums.first_finding, 4);
	explorer_free(explorer);
	campaign_free(campaign);
}

/*
 * With forget, what was found twice is found by two explorers that know nothing: each trial's
 * features are new again.
 */
static void test_forgets_after_a_finding(void **state)
{
	struct campaign *campaign = load(
		kernel_model_space, "explore={mode: sample, generation: 1, forget: true}", 1);
	struct explorer *explorer = explore(campaign);
	enum { FOUND = 30, AGAIN = FOUND + 2 };
	struct explore_sums sums;

	(void)state;
	for (uint32_t trial = 1; trial < 2 * FOUND; trial++) {
		struct behaviour behaviour = { .features = { 7 },
					       .nr_features = 1,
					       .finding = trial == FOUND };
		struct trial_spec spec;
		bool measures = trial <= 16 || (trial >= AGAIN && trial < AGAIN + 15);

		assert_int_equal(explorer_next(explorer, trial, &spec), 0);
		assert_int_equal(spec.choice.mutation == EXPLORE_MEASURE, measures);
		assert_int_equal(explorer_learn(explorer, trial, &behaviour), 0);
		assert_int_equal(behaviour.new_features,
				 trial <= 2 || (trial >= AGAIN && trial < AGAIN + 1));
	}
	explorer_sums(explorer, &sums);
	assert_int_equal(sums.first_finding, FOUND);
	explorer_free(explorer);
	campaign_free(campaign);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * What a trial shows whose threads came by the places that `reached` wants; holds there were
 * kept, too.
 */
static struct behaviour reach(const struct campaign *campaign, const struct trial_spec *spec,
			      bool (*reached)(const struct order_hold *place), bool kept)
{
	struct behaviour behaviour = { .features = { 7 }, .nr_features = 1 };
	struct order places;

	plan_hooks(campaign, &places);
	for (uint32_t i = 0; i < places.nr_holds; i++)
		if (reached(&places.holds[i]))
			behaviour.features[behaviour.nr_features++] =
				behaviour_of_pass(&places.holds[i]);
	for (uint32_t i = 0; i < spec->steps; i++)
		for (int also = 0; also <= kept && reached(&spec->holds[i]); also++)
			behaviour.features[behaviour.nr_features++] = behaviour_of_hold(
				spec->holds[i].thread, spec->holds[i].at_return,
				spec->holds[i].place, also);
	qsort(behaviour.features, behaviour.nr_features, sizeof(behaviour.features[0]),
	      by_value);
	return behaviour;
}

static bool all(const struct order_hold *place)
{
	(void)place;
	return true;
}

/* A hold that ran into its deadline shows new behaviour, too; but not of an order. */
static void test_corpus_is_what_came_about(void **state)
{
	(void)state;
	for (int kept = 0; kept < 2; kept++) {
		struct campaign *campaign =
			load(kernel_model_space, "explore={mode: guided, generation: 2}", 1);
		struct explorer *explorer = explore(campaign);
		struct explore_sums sums;

		for (uint32_t trial = 1; trial <= 2; trial++) {
			struct trial_spec spec;
			struct behaviour behaviour;

			assert_int_equal(explorer_next(explorer, trial, &spec), 0);
			behaviour = reach(campaign, &spec, all, kept);
			assert_int_equal(explorer_learn(explorer, trial, &behaviour), 0);
		}
		explorer_sums(explorer, &sums);
		assert_true(kept ? sums.corpus > 0 : sums.corpus == 0);
		explorer_free(explorer);
		campaign_free(campaign);
	}
}

/* One hold a thread; each goes on by event; II starts when its turn comes. */
static void test_schedules(void **state)
{
	struct campaign *campaign = load(kernel_model_space, "explore.ends=[held, done]", 1);
	uint32_t by_holds[POINT_HOLDS_MAX + 1] = { 0 }, late_starts = 0;
	struct point_space points;
	uint64_t draws = 1;

	(void)state;
	point_space(campaign, 0, &points);
	for (int i = 0; i < 1000; i++) {
		bool has[ORDER_THREADS] = { false };
		struct point point;

		point_schedule(&points, &draws, (struct point_wish){ false }, &point);
		assert_true(point_makes_sense(&points, &point));
		for (uint32_t j = 0; j < point.nr_holds; j++) {
			const struct point_hold *hold = &point.holds[j];
			enum order_thread thread = points.places.holds[hold->place].thread;

			assert_false(has[thread]);
			has[thread] = true;
			assert_int_not_equal(hold->until, ORDER_UNTIL_TIME);
		}
		if (!has[ORDER_THREAD_II])
			assert_int_not_equal(point.starts_when, ORDER_THREAD_NONE);
		late_starts += has[ORDER_THREAD_II] && point.starts_when != ORDER_THREAD_NONE;
		by_holds[point.nr_holds]++;
	}
	assert_in_range(by_holds[1], 80, 400);
	assert_true(by_holds[2] > 50 && by_holds[3] > 50 && late_starts > 50);
	campaign_free(campaign);
}

static bool not_uncached(const struct order_hold *place)
{
	return strcmp(place->place, "uncached-route") != 0;
}

/* How many trials of 500 hold there, where holds are reached as `reached` says. */
static uint32_t uses_of_uncached(uint64_t seed, bool (*reached)(const struct order_hold *place))
{
	struct campaign *campaign = load(kernel_model_space, "explore.mode=guided", seed);
	struct explorer *explorer = explore(campaign);
	uint32_t uses = 0;

	for (uint32_t trial = 1; trial <= 500; trial++) {
		struct trial_spec spec;
		struct behaviour behaviour;

		assert_int_equal(explorer_next(explorer, trial, &spec), 0);
		behaviour = reach(campaign, &spec, reached, true);
		for (uint32_t i = 0; i < spec.steps; i++)
			uses += !not_uncached(&spec.holds[i]);
		assert_int_equal(explorer_learn(explorer, trial, &behaviour), 0);
	}
	explorer_free(explorer);
	campaign_free(campaign);
	return uses;
}

/* A place that nobody comes by is tried now and then, and that is all. */
static void test_what_never_comes_is_left_alone(void **state)
{
	uint32_t in_vain = 0, otherwise = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		in_vain += uses_of_uncached(seed, not_uncached);
		otherwise += uses_of_uncached(seed, all);
	}
	if (!in_vain || in_vain * 4 > otherwise)
		fail_msg("%u in vain, %u otherwise", in_vain, otherwise);
}

static void test_proposals_are_places(void **state)
{
	(void)state;
	for (int i = 0; explore_proposals[i]; i++) {
		struct order order = { 0 };

		assert_int_equal(order_read_place(&order, explore_proposals[i], NULL), 0);
		assert_non_null(order.holds[0].site);
	}
}

/* --- on a kernel with a bug --- */

enum { SEEDS = 21 };

static uint32_t median(enum explore_mode mode, enum model_bug bug, bool told)
{
	return kernel_model_median(mode, bug, told, SEEDS);
}

/* What never comes about is left alone by who is told of it. */
static void test_guided_wastes_less(void **state)
{
	uint32_t told = kernel_model_missed(EXPLORE_GUIDED, true, SEEDS, 300);
	uint32_t blind = kernel_model_missed(EXPLORE_GUIDED, false, SEEDS, 300);

	(void)state;
	if (told * 4 > blind * 3)
		fail_msg("told %u %%, blind %u %%", told, blind);
}

/* At most half of what chance needs. The others take more seeds: tests/bench/explore_modes. */
static void test_guided_is_twice_as_quick(void **state)
{
	static const enum model_bug bugs[] = { MODEL_DOWN, MODEL_FAILURE, MODEL_UNCACHED };

	(void)state;
	for (size_t i = 0; i < sizeof(bugs) / sizeof(bugs[0]); i++) {
		uint32_t guided = median(EXPLORE_GUIDED, bugs[i], true);
		uint32_t random = median(EXPLORE_RANDOM, bugs[i], true);

		if (guided * 2 > random)
			fail_msg("%s: guided %u, random %u", model_bug_names[bugs[i]], guided,
				 random);
	}
}

static bool is_kept(const struct trial_spec *spec, const struct behaviour *behaviour)
{
	for (uint32_t i = 0; i < spec->steps; i++) {
		uint64_t kept =
			behaviour_of_hold(spec->holds[i].thread, spec->holds[i].at_return,
					  spec->holds[i].place, true);

		if (!bsearch(&kept, behaviour->features, behaviour->nr_features, sizeof(kept),
			     by_value))
			return false;
	}
	return true;
}

/* Of 300 trials, those whose order came about. */
static uint32_t orders_kept(bool told)
{
	struct campaign *campaign = load(kernel_model_space, "explore.mode=guided", 1);
	struct explorer *explorer = explore(campaign);
	uint32_t kept = 0;

	for (uint32_t trial = 1; trial <= 300; trial++) {
		struct behaviour behaviour;
		struct trial_spec spec;

		assert_int_equal(explorer_next(explorer, trial, &spec), 0);
		kernel_model_run(campaign, &spec, MODEL_SOUND, &behaviour);
		kept += is_kept(&spec, &behaviour);
		assert_int_equal(explorer_learn(explorer, trial, told ? &behaviour : NULL), 0);
	}
	explorer_free(explorer);
	campaign_free(campaign);
	return kept;
}

/* What trials have shown makes more of the next ones come about. */
static void test_behaviour_helps(void **state)
{
	uint32_t told = orders_kept(true), untold = orders_kept(false);

	(void)state;
	if (told < 2 * untold)
		fail_msg("told %u, untold %u", told, untold);
}

static void test_a_sound_kernel_has_no_finding(void **state)
{
	(void)state;
	for (enum explore_mode mode = EXPLORE_RANDOM; mode < EXPLORE_MODES; mode++) {
		struct campaign *campaign;
		struct explorer *explorer;
		char set[64];

		snprintf(set, sizeof(set), "explore.mode=%s", explore_mode_names[mode]);
		campaign = load(kernel_model_space, set, 1);
		explorer = explore(campaign);
		for (uint32_t trial = 1; trial <= 300; trial++) {
			struct behaviour behaviour;
			struct trial_spec spec;

			assert_int_equal(explorer_next(explorer, trial, &spec), 0);
			kernel_model_run(campaign, &spec, MODEL_SOUND, &behaviour);
			assert_false(behaviour.finding);
			assert_int_equal(explorer_learn(explorer, trial, &behaviour), 0);
		}
		explorer_free(explorer);
		campaign_free(campaign);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_plan_whatever_the_lanes),
		cmocka_unit_test(test_other_seed_other_plan),
		cmocka_unit_test(test_depends_on_the_generation_before_the_last),
		cmocka_unit_test(test_goes_on_in_a_fresh_guest),
		cmocka_unit_test(test_recalls_an_earlier_run),
		cmocka_unit_test(test_points_make_sense),
		cmocka_unit_test(test_sense),
		cmocka_unit_test(test_messages_changes_and_loads),
		cmocka_unit_test(test_sweep_is_the_grid),
		cmocka_unit_test(test_sample_measures_first),
		cmocka_unit_test(test_pct_bound),
		cmocka_unit_test(test_other_arms_are_the_plans),
		cmocka_unit_test(test_new_features),
		cmocka_unit_test(test_forgets_after_a_finding),
		cmocka_unit_test(test_corpus_is_what_came_about),
		cmocka_unit_test(test_schedules),
		cmocka_unit_test(test_what_never_comes_is_left_alone),
		cmocka_unit_test(test_proposals_are_places),
		cmocka_unit_test(test_guided_is_twice_as_quick),
		cmocka_unit_test(test_guided_wastes_less),
		cmocka_unit_test(test_behaviour_helps),
		cmocka_unit_test(test_a_sound_kernel_has_no_finding),
	};

	return cmocka_run_group_tests_name("explore", tests, NULL, NULL);
}
