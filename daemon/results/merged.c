// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "results/merged.h"
#include "results/merged_explored.h"

/* --- what is the same --- */

static bool same_value(const json_t *a, const json_t *b, const char *name)
{
	const json_t *left = json_object_get(a, name), *right = json_object_get(b, name);

	return left == right || (left && right && json_equal(left, right));
}

/*
 * What a trial does and how it is judged; not which trials there are, and how many. Places of
 * an explorer, and what it reaches from them, are what its own scouts have found.
 */
static json_t *plan_of(const struct past *run)
{
	static const char *const others[] = { "name", "seed", "stop", "kernel", "lanes" };
	static const char *const found[] = { "places", "reach" };
	json_t *plan = json_deep_copy(past_campaign(run));

	for (size_t i = 0; merged_explores(run) && i < sizeof(found) / sizeof(found[0]); i++)
		json_object_del(json_object_get(plan, "explore"), found[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		json_object_del(plan, others[i]);
	return plan;
}

bool merged_same_plan(const struct past *a, const struct past *b)
{
	json_auto_t *left = plan_of(a), *right = plan_of(b);

	return left && right && json_equal(left, right);
}

bool merged_same_kernel(const struct past *a, const struct past *b)
{
	return same_value(past_machine(a), past_machine(b), "release") &&
	       same_value(past_machine(a), past_machine(b), "version");
}

static bool is_one_plan(struct past *const *runs, uint32_t nr)
{
	bool same = true;

	for (uint32_t i = 1; i < nr; i++)
		same = same && merged_same_plan(runs[0], runs[i]) &&
		       merged_same_kernel(runs[0], runs[i]);
	return same;
}

/* --- shards --- */

/* Of the whole: the shards of an explorer have seeds of their own (trial/shard.h). */
static uint64_t seed_of_whole(const struct past *run)
{
	uint64_t seed = fields_count(past_campaign(run), "seed");

	return (seed - (merged_explores(run) ? past_shard(run).index - 1 : 0)) & INT64_MAX;
}

/* The seed and the end are the same, too. */
bool merged_same_whole(const struct past *a, const struct past *b)
{
	return past_shard(a).of == past_shard(b).of && past_shard(a).of > 1 &&
	       seed_of_whole(a) == seed_of_whole(b) &&
	       same_value(past_campaign(a), past_campaign(b), "stop") &&
	       merged_same_plan(a, b) && merged_same_kernel(a, b);
}

static bool is_first_of_whole(struct past *const *runs, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (merged_same_whole(runs[i], runs[at]))
			return false;
	return past_shard(runs[at]).of > 1;
}

/* The numbers that are not there, as "2, 5-7"; returns how many. */
static uint32_t list_gaps(const bool *there, uint32_t of, char *list, size_t size)
{
	size_t used = 0;
	uint32_t nr = 0;

	list[0] = '\0';
	for (uint32_t i = 1, last; i <= of; i = last + 1) {
		last = i;
		if (there[i])
			continue;
		while (last < of && !there[last + 1])
			last++;
		if (used < size)
			used += (size_t)snprintf(list + used, size - used,
						 last > i ? "%s%u-%u" : "%s%u", nr ? ", " : "",
						 i, last);
		nr += last - i + 1;
	}
	return nr;
}

bool merged_missing(struct past *const *runs, uint32_t nr, uint32_t at, struct merged_gap *gap)
{
	uint32_t of = past_shard(runs[at]).of, missing;
	bool there[SHARDS_MAX + 1] = { false };
	char list[128];

	if (!is_first_of_whole(runs, at))
		return false;
	for (uint32_t i = at; i < nr; i++)
		if (merged_same_whole(runs[at], runs[i]))
			there[past_shard(runs[i]).index] = true;
	missing = list_gaps(there, of, list, sizeof(list));
	snprintf(gap->text, sizeof(gap->text), "shard%s %s of %u %s missing",
		 missing == 1 ? "" : "s", list, of, missing == 1 ? "is" : "are");
	return missing > 0;
}

/* --- each once --- */

static int refuse_shard(const struct past *run, const struct past *other, struct why *why)
{
	struct shard shard = past_shard(run);

	if (!merged_same_whole(run, other) || shard.index != past_shard(other).index)
		return 0;
	return why_set(
		why, EINVAL,
		"%s: shard %u of %u, as %s is, so its trials would count twice; name each shard once",
		past_folder(run), shard.index, shard.of, past_folder(other));
}

static int refuse_twice(struct past *const *runs, uint32_t nr, struct why *why)
{
	for (uint32_t i = 1; i < nr; i++)
		for (uint32_t j = 0; j < i; j++) {
			const char *id = past_summary(runs[i])->id;
			const char *other = past_summary(runs[j])->id;

			if (id && other && !strcmp(id, other))
				return why_set(
					why, EINVAL,
					"%s: the same run as %s (%s), its trials would count twice; name each run once",
					past_folder(runs[i]), past_folder(runs[j]), id);
			if (refuse_shard(runs[i], runs[j], why))
				return -EINVAL;
		}
	return 0;
}

/* --- one tally --- */

static int add_up(struct past *const *runs, uint32_t nr, struct merged *out)
{
	struct tally *all;
	struct summary sums;

	if (past_tally_new(runs[0], &all))
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++)
		tally_merge(all, past_tally(runs[i]));
	tally_summary(all, &sums);
	tally_explored(all, &out->explored, &sums);
	out->added_up = true;
	out->verdict = sums.verdict;
	out->trials = sums.trials;
	out->valid = sums.valid;
	out->fault_rate_bound_ppm = sums.fault_rate_bound_ppm;
	snprintf(out->reason, sizeof(out->reason), "%s", sums.reason);
	tally_free(all);
	return 0;
}

/* --- the worst of several --- */

static bool is_worse(enum campaign_verdict verdict, enum campaign_verdict than)
{
	static const int rank[CAMPAIGN_VERDICTS] = {
		[CAMPAIGN_CLEAN] = 0,
		[CAMPAIGN_SKIPPED] = 1,
		[CAMPAIGN_INCONCLUSIVE] = 2,
		[CAMPAIGN_FAULT] = 3,
	};

	return rank[verdict] > rank[than];
}

static void take_worst(struct past *const *runs, uint32_t nr, struct merged *out)
{
	const struct past *worst = runs[0];

	for (uint32_t i = 0; i < nr; i++) {
		const struct summary *sums = past_summary(runs[i]);

		if (is_worse(sums->verdict, past_summary(worst)->verdict))
			worst = runs[i];
		if (sums->fault_rate_bound_ppm > out->fault_rate_bound_ppm)
			out->fault_rate_bound_ppm = sums->fault_rate_bound_ppm;
		out->trials += sums->trials;
		out->valid += sums->valid;
	}
	out->verdict = past_summary(worst)->verdict;
	snprintf(out->reason, sizeof(out->reason), "%s", past_summary(worst)->reason);
}

/* --- both --- */

static uint32_t count_parts(struct past *const *runs, uint32_t nr)
{
	uint32_t parts = 0;

	for (uint32_t i = 0; i < nr; i++)
		parts += !past_is_whole(runs[i]);
	return parts;
}

static void tell_first(struct merged *out, const char *words)
{
	char before[sizeof(out->reason)];

	memcpy(before, out->reason, sizeof(before));
	snprintf(out->reason, sizeof(out->reason), "%.200s: %.*s", words,
		 (int)sizeof(before) - 203, before);
}

static void tell_gaps(struct past *const *runs, uint32_t nr, struct merged *out)
{
	struct merged_gap gap;

	for (uint32_t i = nr; i-- > 0;) {
		if (!merged_missing(runs, nr, i, &gap))
			continue;
		tell_first(out, gap.text);
		if (out->verdict != CAMPAIGN_FAULT)
			out->verdict = CAMPAIGN_INCONCLUSIVE;
	}
}

/* Nothing is green that was not tried. */
static void tell_parts(uint32_t parts, uint32_t nr, struct merged *out)
{
	char words[96];

	if (!parts)
		return;
	snprintf(words, sizeof(words),
		 "%u of %u runs unfinished, without a positive control or without a trial",
		 parts, nr);
	tell_first(out, words);
	if (out->verdict == CAMPAIGN_CLEAN || (out->verdict == CAMPAIGN_SKIPPED && parts < nr))
		out->verdict = CAMPAIGN_INCONCLUSIVE;
}

int merged_make(struct past *const *runs, uint32_t nr, struct merged *out, struct why *why)
{
	int err = refuse_twice(runs, nr, why);

	*out = (struct merged){ 0 };
	if (!err)
		err = merged_explored(runs, nr, &out->explored, why);
	if (err)
		return err;
	if (!is_one_plan(runs, nr))
		take_worst(runs, nr, out);
	else if (add_up(runs, nr, out))
		return why_memory(why);
	tell_parts(count_parts(runs, nr), nr, out);
	tell_gaps(runs, nr, out);
	return 0;
}
