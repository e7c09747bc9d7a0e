// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "export/cases.h"
#include "export/formats.h"
#include "export/tap.h"

/*
 * An arm alone is judged as a campaign of this one arm would be. What keeps the campaign from
 * being clean is told of the last, which injects most.
 */
static enum campaign_verdict judge_arm(const struct summary *summary,
				       const struct tally_arm *arm, char *reason, size_t size)
{
	struct arm_tally alone[ARMS] = { 0 };
	enum campaign_verdict verdict;

	if (summary->verdict == CAMPAIGN_SKIPPED && !arm->trials) {
		snprintf(reason, size, "%s", summary->reason);
		return CAMPAIGN_SKIPPED;
	}
	alone[arm->arm].trials = arm->trials;
	memcpy(alone[arm->arm].verdicts, arm->verdicts.by, sizeof(arm->verdicts.by));
	verdict = verdict_campaign(alone, reason, size);
	if (verdict == CAMPAIGN_CLEAN && summary->verdict == CAMPAIGN_INCONCLUSIVE &&
	    arm == &summary->arms[summary->nr_arms - 1]) {
		snprintf(reason, size, "%s", summary->reason);
		return CAMPAIGN_INCONCLUSIVE;
	}
	return verdict;
}

/* What is said of an arm is one line, whatever it quotes. */
static void print_line(FILE *out, const char *before, const char *text)
{
	fprintf(out, "%s%.*s\n", before, (int)strcspn(text, "\n"), text);
}

void tap_version(FILE *out)
{
	fputs("TAP version 13\n", out);
}

/*
 * Trials of all arms run in turn, and side by side: of the time that went by, an arm has the
 * share of its trials.
 */
static uint64_t wall_ms(const struct summary *summary, const struct tally_arm *arm)
{
	uint64_t all_ms = 0;

	for (uint32_t i = 0; i < summary->nr_arms; i++)
		all_ms += summary->arms[i].elapsed_ms;
	return all_ms ? summary->elapsed_ms * arm->elapsed_ms / all_ms : 0;
}

/* The campaign's own bound is of the last arm, by the trials that decide. */
static void print_bound(FILE *out, const struct summary *summary, const struct tally_arm *arm)
{
	uint64_t bound_ppm = arm == &summary->arms[summary->nr_arms - 1] ?
				     summary->fault_rate_bound_ppm :
				     stats_ppm_up(stats_rate_bound(0, arm->valid, 0.95));

	fprintf(out, "# no fault in %u valid trial%s; rate below %s at 95%%\n", arm->valid,
		arm->valid == 1 ? "" : "s", finding_percent(bound_ppm, true).at);
}

static void print_arm(FILE *out, const char *campaign, const struct summary *summary,
		      uint32_t number, const struct tally_arm *arm)
{
	char reason[768], name[256];
	enum campaign_verdict verdict = judge_arm(summary, arm, reason, sizeof(reason));
	bool is_ok, is_skip;

	/* Without a hold the window is narrow: the echo arm may well miss. */
	is_skip = verdict == CAMPAIGN_SKIPPED ||
		  (verdict == CAMPAIGN_INCONCLUSIVE && arm->arm == ARM_ECHO);
	is_ok = is_skip || verdict == CAMPAIGN_CLEAN;
	snprintf(name, sizeof(name), "%.200s.%s", campaign, arm_names[arm->arm]);
	export_make_plain(name);
	fprintf(out, "%sok %u %s", is_ok ? "" : "not ", number, name);
	if (is_skip)
		print_line(out, " # SKIP ", reason);
	else
		fprintf(out, " # time=%" PRIu64 "ms\n", wall_ms(summary, arm));
	if (!is_ok)
		print_line(out, "# ", reason);
	else if (!is_skip)
		print_bound(out, summary, arm);
}

void tap_nothing(FILE *out, enum exits code, const char *sentence)
{
	tap_version(out);
	print_line(out, code == EXIT_CANNOT ? "1..0 # SKIP " : "Bail out! ", sentence);
	fflush(out);
}

enum exits tap_exit(enum exits code)
{
	return code == EXIT_INCONCLUSIVE ? EXIT_FAULT : code;
}

/* All of it comes last, the plan too: what cannot run at all is a plan of nothing. */
void tap_campaign(FILE *out, const char *name, const struct summary *summary,
		  const char *failure)
{
	bool is_skip = summary->verdict == CAMPAIGN_SKIPPED;

	if (is_skip && !summary->trials) {
		print_line(out, "1..0 # SKIP ", summary->reason);
	} else if (!failure || summary->trials) {
		fprintf(out, "1..%u\n", summary->nr_arms);
		for (uint32_t i = 0; i < summary->nr_arms; i++)
			print_arm(out, name, summary, i + 1, &summary->arms[i]);
	}
	if (failure && !is_skip)
		print_line(out, "Bail out! ", failure);
	if (summary->trials)
		fprintf(out, "# verdict: %s - %s\n", campaign_verdict_names[summary->verdict],
			summary->reason);
}

int export_tap(const struct past *past, FILE *out, struct why *why)
{
	(void)why;
	tap_version(out);
	tap_campaign(out, past_name(past), past_summary(past), NULL);
	return 0;
}
