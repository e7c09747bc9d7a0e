// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "results/tallied.h"

struct tally *new_tally(enum arm *arms, uint32_t nr_arms)
{
	const struct campaign campaign = {
		.name = "smoke", .arms = arms, .nr_arms = nr_arms, .clean_below_ppm = 1000000
	};
	struct tally *tally;

	assert_int_equal(tally_new(&campaign, &tally), 0);
	return tally;
}

struct judgement judged(enum verdict verdict, const char *reason)
{
	struct judgement judgement = { .verdict = verdict };

	snprintf(judgement.reason, sizeof(judgement.reason), "%s", reason);
	return judgement;
}

struct judgement leak(const char *object, int64_t delta, bool pinned)
{
	struct judgement judgement = judged(VERDICT_LEAK, "it leaks");

	snprintf(judgement.object, sizeof(judgement.object), "%s", object);
	snprintf(judgement.signature, sizeof(judgement.signature), "leak/%s", object);
	judgement.delta = delta;
	judgement.pinned = pinned;
	return judgement;
}

int add(struct tally *tally, uint32_t trial, enum arm arm, const struct judgement *judgement,
	const struct tally_finding **finding)
{
	struct evidence e = { .spec = { .trial = trial, .arm = arm } };

	return tally_add(tally, &e, judgement, finding);
}

void add_many(struct tally *tally, enum arm arm, uint32_t count,
	      const struct judgement *judgement)
{
	uint32_t trials, verdicts[VERDICTS];

	tally_so_far(tally, &trials, verdicts);
	for (uint32_t i = 0; i < count; i++)
		assert_true(add(tally, trials + i + 1, arm, judgement, NULL) >= 0);
}
