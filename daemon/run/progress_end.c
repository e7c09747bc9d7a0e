// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/shown.h"
#include "export/tap.h"
#include "run/progress_parts.h"

static const char *duration(char *out, size_t size, uint64_t us)
{
	if (us < 1000)
		snprintf(out, size, "%" PRIu64 "us", us);
	else if (us < 999950)
		snprintf(out, size, "%.1fms", (double)us / 1000);
	else
		snprintf(out, size, "%.1fs", (double)us / 1000000);
	return out;
}

static void print_pair(FILE *out, int width, uint64_t p50_us, uint64_t p99_us)
{
	char p50[32], p99[32], pair[72] = "-";

	if (p50_us || p99_us)
		snprintf(pair, sizeof(pair), "%s/%s", duration(p50, sizeof(p50), p50_us),
			 duration(p99, sizeof(p99), p99_us));
	fprintf(out, "%*s", width, pair);
}

static void print_table(FILE *out, const struct summary *summary)
{
	/* clang-format off */
	static const int widths[VERDICTS] = {
		[VERDICT_CLEAN] = 7, [VERDICT_LEAK] = 7, [VERDICT_HANG] = 7,
		[VERDICT_KERNEL_BUG] = 12, [VERDICT_MISSED] = 8, [VERDICT_INVALID] = 9,
		[VERDICT_SKIPPED] = 9,
	};
	/* clang-format on */

	fprintf(out, "%-8s%8s%8s%8s", "arm", "trials", "opened", "inside");
	for (int v = 0; v < VERDICTS; v++)
		fprintf(out, "%*s", widths[v], verdict_names[v]);
	fputc('\n', out);
	for (uint32_t i = 0; i < summary->nr_arms; i++) {
		const struct tally_arm *arm = &summary->arms[i];

		fprintf(out, "%-8s%8u%8u%8u", arm_names[arm->arm], arm->trials, arm->opened,
			arm->inside);
		for (int v = 0; v < VERDICTS; v++)
			fprintf(out, "%*u", widths[v], arm->verdicts.by[v]);
		fputc('\n', out);
	}
}

static void print_times(FILE *out, const struct summary *summary)
{
	enum { WIDTH = 17 };

	fprintf(out, "%-8s%*s%*s%*s%*s%*s\n", "p50/p99", WIDTH, "hold asked", WIDTH, "held",
		WIDTH, "first echo", WIDTH, "second flag set", WIDTH, "settle");
	for (uint32_t i = 0; i < summary->nr_arms; i++) {
		const struct tally_arm *arm = &summary->arms[i];

		fprintf(out, "%-8s", arm_names[arm->arm]);
		print_pair(out, WIDTH, arm->hold_asked_p50_us, arm->hold_asked_p99_us);
		print_pair(out, WIDTH, arm->held_p50_us, arm->held_p99_us);
		print_pair(out, WIDTH, arm->first_echo_p50_us, arm->first_echo_p99_us);
		print_pair(out, WIDTH, arm->second_flags_p50_us, arm->second_flags_p99_us);
		print_pair(out, WIDTH, arm->settle_p50_us, arm->settle_p99_us);
		fputc('\n', out);
	}
}

static void print_steps(FILE *out, const struct summary *summary)
{
	enum { WIDTH = 11 };

	if (!summary->nr_steps)
		return;
	fprintf(out, "\n%-38s%8s%6s%10s%*s%*s%*s\n", "step", "reached", "kept", "deadline",
		WIDTH, "asked", WIDTH, "held p50", WIDTH, "p99");
	for (uint32_t i = 0; i < summary->nr_steps; i++) {
		const struct tally_step *step = &summary->steps[i];
		char place[128], asked[32] = "-", p50[32] = "-", p99[32] = "-";

		snprintf(place, sizeof(place), "%s %s%s", order_thread_names[step->thread],
			 step->at_return ? "return of " : "", step->place);
		if (step->asked_us)
			duration(asked, sizeof(asked), step->asked_us);
		if (step->kept) {
			duration(p50, sizeof(p50), step->held_p50_ns / 1000);
			duration(p99, sizeof(p99), step->held_p99_ns / 1000);
		}
		fprintf(out, "%-38s%8u%6u%10u%*s%*s%*s\n", place, step->reached, step->kept,
			step->deadlines, WIDTH, asked, WIDTH, p50, WIDTH, p99);
		if (step->missed)
			fprintf(out, "  the kernel skipped its program %" PRIu64 " times\n",
				step->missed);
	}
}

static void print_finding(FILE *out, const struct tally_finding *finding, uint32_t number)
{
	char text[PROGRESS_LINE] = "";

	text_add(text, sizeof(text), "Finding %u: %s", number, finding_point(finding).at);
	print_wrapped(out, text);
	text[0] = '\0';
	text_add(text, sizeof(text), "Trial %u: %s", finding->trials[0], finding->reason);
	print_wrapped(out, text);
	if (finding->nr_shares) {
		struct finding_text headline = finding_headline(finding);

		if (*headline.at)
			print_wrapped(out, headline.at);
		finding_print_shares(out, finding);
		print_wrapped(out, finding_cause(finding).at);
	}
	finding_print_ledger(out, finding, PROGRESS_COLUMNS);
	text[0] = '\0';
	text_add(text, sizeof(text), "Signature: %s, in %u trial%s of", finding->signature,
		 finding->count, plural(finding->count));
	for (uint32_t i = 0; i < finding->nr_arms; i++)
		text_add(text, sizeof(text), "%s%s", i ? ", " : " ",
			 arm_names[finding->arms[i]]);
	print_wrapped(out, text);
}

static const char *colour_of(enum campaign_verdict verdict)
{
	switch (verdict) {
	case CAMPAIGN_CLEAN: return "\033[1;32m";
	case CAMPAIGN_FAULT: return "\033[1;31m";
	case CAMPAIGN_INCONCLUSIVE:
	case CAMPAIGN_SKIPPED: return "\033[1;33m";
	case CAMPAIGN_VERDICTS: break;
	}
	return "";
}

static void print_verdict(const struct progress *progress, const struct summary *summary)
{
	fputs("Verdict: ", progress->out);
	if (progress->in_colour)
		shown_control(progress->out, colour_of(summary->verdict));
	fputs(campaign_verdict_names[summary->verdict], progress->out);
	if (progress->in_colour)
		shown_control(progress->out, "\033[0m");
	fprintf(progress->out, " - %s\n", summary->reason);
}

/* The most frequent reason why trials proved nothing. */
static void print_reason(FILE *out, const struct summary *summary)
{
	const struct tally_reason *reason = &summary->reasons[0];
	char text[PROGRESS_LINE] = "";

	if (!summary->nr_reasons)
		return;
	text_add(text, sizeof(text), "Why: %u of %u trials are %s: %s", reason->count,
		 summary->trials, verdict_names[reason->verdict], reason->reason);
	print_wrapped(out, text);
}

/* A shard that came to its end has too few trials for a verdict of the plan. */
static bool is_share(const struct summary *summary)
{
	return summary->shard.of > 1 && summary->ended_by &&
	       !strcmp(summary->ended_by, "trials") && summary->verdict != CAMPAIGN_FAULT &&
	       summary->verdict != CAMPAIGN_SKIPPED;
}

static void print_next(const struct progress *progress, const struct summary *summary,
		       const struct results *results)
{
	FILE *out = progress->out;

	if (is_share(summary)) {
		print_reason(out, summary);
		fprintf(out,
			"Next: `dadrace report` with the folders of all %u shards gives the verdict of the plan\n",
			summary->shard.of);
		return;
	}
	switch (summary->verdict) {
	case CAMPAIGN_FAULT:
		if (!results || !summary->nr_findings)
			return;
		fprintf(out,
			"Next: read the report of the finding, and repeat its first trial:\n"
			"  dadrace report %s 1\n"
			"  dadrace replay %s %u\n",
			results_folder(results), results_folder(results),
			summary->findings[0].trials[0]);
		return;
	case CAMPAIGN_CLEAN:
		fprintf(out,
			"Next: run more trials to lower the bound, for example with --set stop.trials=%" PRIu64
			"\n",
			(uint64_t)summary->trials * 10);
		return;
	case CAMPAIGN_INCONCLUSIVE:
		print_reason(out, summary);
		if (summary->ended_by && !strcmp(summary->ended_by, "signal"))
			fputs("Next: continue with the same command, --out and --resume\n",
			      out);
		else if (summary->ended_by && !strcmp(summary->ended_by, "control"))
			fputs("Next: run it again; if its controls fail again, dadrace cannot count references on this kernel\n",
			      out);
		else if (!summary->nr_reasons)
			fputs("Next: run more trials\n", out);
		return;
	case CAMPAIGN_SKIPPED:
		print_reason(out, summary);
		fputs("Next: `dadrace doctor` shows what this kernel lacks\n", out);
		return;
	case CAMPAIGN_VERDICTS: return;
	}
}

/*
 * What comes before the address is there, or after DAD, is inside the window and yet no race
 * with DAD.
 */
static void print_tentative(FILE *out, const struct summary *summary)
{
	for (uint32_t i = 0; i < summary->nr_arms; i++) {
		const struct tally_arm *arm = &summary->arms[i];

		if (arm->arm == ARM_RACE && arm->tentative < arm->inside)
			fprintf(out,
				"Note: in %u of %u race trials no packet arrived while an address was tentative\n",
				arm->inside - arm->tentative, arm->inside);
	}
}

/* RFC 7527 4.2 wants a probe that comes back ignored: no reference is lost, but say so. */
static void print_fooled(FILE *out, const struct summary *summary)
{
	uint32_t fooled = 0;

	for (uint32_t i = 0; i < summary->nr_arms; i++)
		fooled += summary->arms[i].dad_fooled;
	if (fooled)
		fprintf(out,
			"Note: in %u trial%s DAD failed because the device's own probe came back, which a host must ignore (RFC 7527 4.2)\n",
			fooled, plural(fooled));
}

static void print_explored(FILE *out, const struct explore_sums *sums)
{
	if (!sums->mode)
		return;
	fprintf(out,
		"Explored (%s): holds kept at %u of %u places, %u pair%s of a place and a change, %u generation%s, %u features, corpus of %u",
		explore_mode_names[sums->mode], sums->held, sums->places, sums->pairs,
		plural(sums->pairs), sums->generations, plural(sums->generations),
		sums->features, sums->corpus);
	if (sums->first_finding)
		fprintf(out, "; first finding in trial %u", sums->first_finding);
	fputc('\n', out);
	if (isfinite(sums->least_chance))
		fprintf(out,
			"  a bug that needs at most as many delays is hit with a chance of at least %.3g in each trial, if the longest hold is long enough\n",
			sums->least_chance);
}

void progress_table(const struct progress *progress, const struct summary *summary,
		    const struct results *results)
{
	FILE *out = progress->out;
	char elapsed[32];

	fprintf(out, "\n%u trial%s of %s in %s", summary->trials, plural(summary->trials),
		progress->name, duration(elapsed, sizeof(elapsed), summary->elapsed_ms * 1000));
	if (summary->shard.of > 1)
		fprintf(out, ", shard %u of %u", summary->shard.index, summary->shard.of);
	if (summary->ended_by)
		fprintf(out, ", ended by %s", summary->ended_by);
	fputs("\n\n", out);
	print_table(out, summary);
	fputc('\n', out);
	print_times(out, summary);
	print_steps(out, summary);
	fputc('\n', out);
	for (uint32_t i = 0; i < summary->nr_findings; i++)
		print_finding(out, &summary->findings[i], i + 1);
	if (summary->nr_findings)
		fputc('\n', out);
	if (summary->stuck)
		fprintf(out,
			"Stuck: in %u lane%s the unregister never returned; what it holds is released by a reboot only\n",
			summary->stuck, plural(summary->stuck));
	print_tentative(out, summary);
	if (summary->decided)
		fprintf(out,
			"Decided: %s; such answers are wrong in at most 5%% of campaigns\n"
			"  (the table has the trials that were in flight then, too; intervals and p-values assume a number of trials that was fixed beforehand)\n",
			summary->decided);
	print_explored(out, &summary->explore);
	print_fooled(out, summary);
	print_verdict(progress, summary);
	if (results)
		fprintf(out, "Results: %s/summary.json (%s/results.ndjson has every trial)\n",
			results_folder(results), results_folder(results));
	print_next(progress, summary, results);
	fflush(out);
}

void progress_tap(const struct progress *progress, const struct summary *summary,
		  const struct results *results, const char *failure)
{
	if (!progress->has_begun)
		tap_version(progress->out);
	tap_campaign(progress->out, progress->name, summary, failure);
	if (results)
		fprintf(progress->out, "# results: %s/summary.json\n", results_folder(results));
	fflush(progress->out);
}
