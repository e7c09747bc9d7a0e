// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "report/across_runs.h"
#include "results/finding_words.h"
#include "results/ledger_line.h"

enum { COLUMNS = 96 };

/* The run's finding with this key, or NULL. */
static const struct tally_finding *find(const struct past *run, const char *key)
{
	const struct summary *summary = past_summary(run);

	for (uint32_t i = 0; i < summary->nr_findings; i++)
		if (!strcmp(summary->findings[i].signature, key))
			return &summary->findings[i];
	return NULL;
}

static bool is_told(struct past *const *runs, uint32_t nr, const char *key)
{
	for (uint32_t i = 0; i < nr; i++)
		if (find(runs[i], key))
			return true;
	return false;
}

static void tell(struct past *const *runs, uint32_t nr, const struct tally_finding *first,
		 uint32_t number, FILE *out)
{
	uint32_t in = 0, trials = 0;
	int64_t delta = 0;
	char text[4096];

	for (uint32_t i = 0; i < nr; i++) {
		const struct tally_finding *finding = find(runs[i], first->signature);

		in += !!finding;
		trials += finding ? finding->count : 0;
		if (finding && finding->delta > delta)
			delta = finding->delta;
	}
	fprintf(out, "%sFinding %u: %s in %u of %u runs, %u trial%s", number > 1 ? "\n" : "",
		number, first->trial_signature, in, nr, trials, trials == 1 ? "" : "s");
	if (delta)
		fprintf(out, "; up to %+" PRId64 " references", delta);
	fputc('\n', out);
	snprintf(text, sizeof(text), "Who holds: %s",
		 first->ledger.nr_unmatched ? first->ledger.unmatched[0].stack : "not known");
	finding_print_wrapped(out, text, COLUMNS);
	for (uint32_t i = 0; i < nr; i++) {
		const struct tally_finding *finding = find(runs[i], first->signature);

		if (finding)
			fprintf(out,
				"  %s (%s): %u of %u trials, first: trial %u, last: trial %u\n",
				past_folder(runs[i]), past_name(runs[i]), finding->count,
				past_summary(runs[i])->trials, finding->first_trial,
				finding->last_trial);
	}
}

/* With the bound, without which "clean" says nothing. */
static void tell_verdict(const struct past *run, FILE *out)
{
	const struct summary *summary = past_summary(run);
	struct shard shard = past_shard(run);

	fprintf(out, "Verdict of %s (%s", past_folder(run), past_name(run));
	if (shard.of > 1)
		fprintf(out, ", shard %u of %u", shard.index, shard.of);
	fprintf(out, "): %s - %s\n", campaign_verdict_names[summary->verdict], summary->reason);
}

static void tell_gaps(struct past *const *runs, uint32_t nr, FILE *out)
{
	struct merged_gap gap;

	for (uint32_t i = 0; i < nr; i++)
		if (merged_missing(runs, nr, i, &gap))
			fprintf(out, "Unfinished: %s, %s\n", past_name(runs[i]), gap.text);
}

static void tell_differences(struct past *const *runs, uint32_t nr, FILE *out)
{
	for (uint32_t i = 1; i < nr; i++) {
		if (!merged_same_plan(runs[0], runs[i]))
			fprintf(out, "Another plan than %s: %s (%s)\n", past_folder(runs[0]),
				past_folder(runs[i]), past_name(runs[i]));
		if (!merged_same_kernel(runs[0], runs[i]))
			fprintf(out, "Another kernel than %s: %s (%s)\n", past_folder(runs[0]),
				past_folder(runs[i]), past_release(runs[i]));
	}
}

/* What each of the runs has seen itself is in its verdict. */
static void tell_explored(const struct explore_sums *explored, uint32_t nr, FILE *out)
{
	if (explored->mode)
		fprintf(out,
			"Explored by all %u runs: holds were kept at %u of %u different places; %u different features\n",
			nr, explored->held, explored->places, explored->features);
}

static void tell_all(const struct merged *merged, uint32_t nr, FILE *out)
{
	fprintf(out, "Verdict of all %u runs: %s - %s\n", nr,
		campaign_verdict_names[merged->verdict], merged->reason);
	if (!merged->added_up && merged->verdict == CAMPAIGN_CLEAN)
		fprintf(out,
			"Plans or kernels differ, so trials are not added up; the highest bound is %s\n",
			finding_percent(merged->fault_rate_bound_ppm, true).at);
}

void report_runs(struct past *const *runs, uint32_t nr, const struct merged *merged, FILE *out)
{
	uint32_t number = 0;

	for (uint32_t i = 0; i < nr; i++)
		if (past_unfinished(runs[i]))
			fprintf(out, "Unfinished: %s, %s\n", past_folder(runs[i]),
				past_unfinished(runs[i]));
	tell_gaps(runs, nr, out);
	for (uint32_t i = 0; i < nr; i++) {
		const struct summary *summary = past_summary(runs[i]);

		for (uint32_t j = 0; j < summary->nr_findings; j++)
			if (!is_told(runs, i, summary->findings[j].signature))
				tell(runs, nr, &summary->findings[j], ++number, out);
	}
	if (!number)
		fprintf(out, "No finding in %u run%s\n", nr, nr == 1 ? "" : "s");
	for (uint32_t i = 0; i < nr; i++)
		tell_verdict(runs[i], out);
	tell_differences(runs, nr, out);
	tell_explored(&merged->explored, nr, out);
	tell_all(merged, nr, out);
}
