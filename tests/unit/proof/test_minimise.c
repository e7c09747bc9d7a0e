// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/stats.h"
#include "proof/minimise.h"
#include "trial/plan.h"

/*
 * A fault that is known: it shows, at a rate, when some elements are there and numbers are
 * large enough. The simulated trials of a candidate end as the real ones do.
 */
enum knob { PLACES, ECHOES, OFFSET, PACKET, HOLD, KNOBS };

struct fault {
	uint64_t needs_sites;
	uint64_t least[KNOBS];
	double rate;
};

struct search {
	struct minimise minimise;
	const struct fault *fault;
	uint64_t random;
	uint32_t trials;
	uint32_t candidates;
};

static double draw(uint64_t *state)
{
	return (double)(plan_draw(state) >> 11) / (double)(1ULL << 53);
}

static bool can_show(const struct fault *fault, const struct minimise_point *point)
{
	bool can = (point->at[PLACES] & fault->needs_sites) == fault->needs_sites &&
		   (point->at[PACKET] & fault->least[PACKET]) == fault->least[PACKET];

	for (int i = 0; i < KNOBS; i++)
		can = can && (i == PLACES || i == PACKET || point->at[i] >= fault->least[i]);
	/* What comes after the hold proves nothing. */
	return can && point->at[OFFSET] < point->at[HOLD];
}

static enum minimise_answer run_trials(struct search *search, bool all)
{
	bool can = can_show(search->fault, &search->minimise.candidate);
	uint64_t hits = 0, trials = 0;

	while (trials < MINIMISE_RUNS &&
	       (all ||
		stats_hits(hits, trials, MINIMISE_HITS, MINIMISE_RUNS) == STATS_UNDECIDED)) {
		hits += can && draw(&search->random) < search->fault->rate;
		trials++;
	}
	search->trials += (uint32_t)trials;
	search->candidates++;
	return hits >= MINIMISE_HITS ? MINIMISE_HELD : MINIMISE_LOST;
}

static const struct minimise_knob knobs[KNOBS] = {
	[PLACES] = { MINIMISE_LIST, .start = 0x7 },
	[ECHOES] = { MINIMISE_NUMBER, .start = 4, .least = 1, .plain = 4, .least_first = true,
		     .exact = true },
	[OFFSET] = { MINIMISE_NUMBER, .start = 0, .least_first = true },
	[PACKET] = { MINIMISE_LIST, .start = 0 },
	[HOLD] = { MINIMISE_NUMBER, .start = 600000, .least = 1, .plain = 5000 },
};

static void search(struct search *search, const struct minimise_knob *table)
{
	minimise_begin(&search->minimise, table, KNOBS);
	while (minimise_next(&search->minimise)) {
		assert_true(search->candidates < 1000);
		minimise_tell(&search->minimise,
			      run_trials(search, search->minimise.stage == MINIMISE_CONFIRM));
	}
}

static void assert_minimal(const struct search *s, uint64_t threshold)
{
	const struct minimise_point *best = &s->minimise.best;

	assert_int_equal(s->minimise.stage, MINIMISE_DONE);
	assert_int_equal(best->at[PLACES], s->fault->needs_sites);
	assert_int_equal(best->at[ECHOES], 1);
	assert_in_range(best->at[HOLD], threshold, 2 * threshold);
}

/* As the planted down-race: one site, and DAD has to be held until the flags are set again. */
static void test_one_site_and_a_threshold(void **state)
{
	(void)state;
	for (uint64_t threshold = 1; threshold <= 600000; threshold += 1 + threshold / 7)
		for (int site = 0; site < 3; site++) {
			const struct fault fault = { .needs_sites = 1ULL << site,
						     .least = { [HOLD] = threshold },
						     .rate = 1 };
			struct search s = { .fault = &fault };

			search(&s, knobs);
			assert_minimal(&s, threshold);
			assert_in_range(s.trials, 1, 60);
		}
}

/* Whatever the rate, what is found must show the fault; and it is nearly always minimal. */
static void test_at_lower_rates(void **state)
{
	enum { SEARCHES = 400 };
	static const struct {
		double rate;
		uint32_t minimal; /* of SEARCHES, at least */
	} rows[] = { { 0.9, SEARCHES * 98 / 100 }, { 0.6, SEARCHES * 85 / 100 }, { 0.3, 0 } };

	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		uint32_t minimal = 0, most = 0;

		for (uint64_t seed = 1; seed <= SEARCHES; seed++) {
			const struct fault fault = { .needs_sites = 2,
						     .least = { [HOLD] = 170 * seed },
						     .rate = rows[row].rate };
			struct search s = { .fault = &fault, .random = seed };

			search(&s, knobs);
			if (s.minimise.stage == MINIMISE_GONE)
				continue;
			assert_true(can_show(&fault, &s.minimise.best));
			most = s.trials > most ? s.trials : most;
			minimal += s.minimise.best.at[PLACES] == 2 &&
				   s.minimise.best.at[ECHOES] == 1 &&
				   s.minimise.best.at[HOLD] <= 2 * fault.least[HOLD];
		}
		assert_in_range(minimal, rows[row].minimal, SEARCHES);
		assert_in_range(most, 1, 200);
	}
}

/* The offset has a threshold, too, and the hold cannot be shorter than that. */
static void test_numbers_that_depend_on_each_other(void **state)
{
	const struct fault fault = { .least = { [OFFSET] = 7000, [PACKET] = 4, [ECHOES] = 3 },
				     .rate = 1 };
	struct minimise_knob table[KNOBS];
	struct search s = { .fault = &fault };
	const uint64_t *best = s.minimise.best.at;

	(void)state;
	for (int i = 0; i < KNOBS; i++)
		table[i] = knobs[i];
	table[OFFSET].start = 150000;
	table[HOLD].start = 200000;
	table[PACKET].start = 0x15;
	search(&s, table);
	assert_int_equal(s.minimise.stage, MINIMISE_DONE);
	assert_int_equal(best[PLACES], 0);
	assert_int_equal(best[ECHOES], 3);
	assert_int_equal(best[PACKET], 4);
	assert_in_range(best[OFFSET], 7000, 14000);
	assert_in_range(best[HOLD], best[OFFSET] + 1, 2 * (best[OFFSET] + 1));
}

static void test_what_does_not_come_again(void **state)
{
	const struct fault fault = { .least = { [ECHOES] = 5 }, .rate = 1 };
	struct search s = { .fault = &fault };

	(void)state;
	search(&s, knobs);
	assert_int_equal(s.minimise.stage, MINIMISE_GONE);
	assert_int_equal(s.trials, 8);
}

/* A step that was kept by luck is taken back when the whole is confirmed. */
static void test_luck_is_taken_back(void **state)
{
	struct minimise m;

	(void)state;
	minimise_begin(&m, (struct minimise_knob[]){ { MINIMISE_LIST, .start = 3 } }, 1);
	assert_true(minimise_next(&m));
	minimise_tell(&m, MINIMISE_HELD);
	for (int i = 0; i < 2; i++) {
		assert_true(minimise_next(&m));
		assert_int_equal(m.stage, MINIMISE_SEARCH);
		minimise_tell(&m, MINIMISE_HELD);
	}
	assert_true(minimise_next(&m));
	assert_int_equal(m.stage, MINIMISE_CONFIRM);
	assert_int_equal(m.candidate.at[0], 0);
	minimise_tell(&m, MINIMISE_LOST);
	assert_true(minimise_next(&m));
	assert_int_equal(m.candidate.at[0], 1);
	minimise_tell(&m, MINIMISE_HELD);
	assert_false(minimise_next(&m));
	assert_int_equal(m.stage, MINIMISE_DONE);
	assert_int_equal(m.best.at[0], 1);
}

static void test_what_is_the_same_or_impossible_costs_nothing(void **state)
{
	const struct minimise_knob table[] = {
		{ MINIMISE_LIST, .start = 3 },
		{ MINIMISE_NUMBER, .start = 900, .least = 1, .plain = 50 },
		{ MINIMISE_NUMBER, .start = 4, .least = 0, .least_first = true, .exact = true },
	};
	static const enum minimise_answer answers[] = {
		MINIMISE_HELD, MINIMISE_SAME,	    MINIMISE_IMPOSSIBLE,
		MINIMISE_SAME, MINIMISE_IMPOSSIBLE,
	};
	struct minimise m;

	(void)state;
	minimise_begin(&m, table, 3);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		assert_true(minimise_next(&m));
		minimise_tell(&m, answers[i]);
	}
	assert_int_equal(m.best.at[0], 1);
	assert_int_equal(m.best.at[1], 50);
	assert_int_equal(m.turned, 2);
	/* Enough in mid-search: what is best so far is confirmed, and no more. */
	minimise_enough(&m);
	assert_true(minimise_next(&m));
	assert_int_equal(m.stage, MINIMISE_CONFIRM);
	assert_true(m.cut);
	assert_memory_equal(&m.candidate, &m.best, sizeof(m.best));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_site_and_a_threshold),
		cmocka_unit_test(test_at_lower_rates),
		cmocka_unit_test(test_numbers_that_depend_on_each_other),
		cmocka_unit_test(test_what_does_not_come_again),
		cmocka_unit_test(test_luck_is_taken_back),
		cmocka_unit_test(test_what_is_the_same_or_impossible_costs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
