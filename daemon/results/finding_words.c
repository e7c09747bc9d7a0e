// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "results/finding_words.h"
#include "results/lines.h"

void finding_print_wrapped(FILE *out, const char *words, int columns)
{
	int at = 0;

	while (*words) {
		int length = (int)strcspn(words, " ");

		if (at && at + 1 + length > columns) {
			fputs("\n  ", out);
			at = 2;
		} else if (at) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", length, words);
		at += length;
		words += length;
		words += strspn(words, " ");
	}
	fputc('\n', out);
}

struct finding_rate finding_percent(uint64_t ppm, bool is_upper)
{
	uint64_t step = ppm >= 10000 ? 1000 : ppm >= 1000 ? 100 : ppm >= 100 ? 10 : 1;
	int decimals = ppm >= 10000 ? 1 : ppm >= 1000 ? 2 : ppm >= 100 ? 3 : 4;
	uint64_t rounded_ppm = (ppm + (is_upper ? step - 1 : 0)) / step * step;
	struct finding_rate text;

	if (ppm % 1000000 == 0)
		snprintf(text.at, sizeof(text.at), "%" PRIu64 "%%", ppm / 10000);
	else
		snprintf(text.at, sizeof(text.at), "%.*f%%", decimals,
			 (double)rounded_ppm / 10000);
	return text;
}

/* --- the ledger --- */

struct finding_text finding_hold(const struct ledger_hold_told *hold)
{
	bool is_in = hold->after == MOMENT_ECHO_IN;
	int64_t at_us = hold->at_ns / 1000;
	struct finding_text text;

	if (is_in || hold->after == MOMENT_ECHO_OUT)
		snprintf(text.at, sizeof(text.at), "at %" PRId64 " us, right after echo %u %s",
			 at_us, hold->echo,
			 is_in ? "reached the receive path" : "entered the kernel");
	else if (moment_is_known(hold->after))
		snprintf(text.at, sizeof(text.at), "at %" PRId64 " us, right after %s%s%.0u",
			 at_us, moment_names[hold->after], hold->echo ? ", after echo " : "",
			 hold->echo);
	else
		snprintf(text.at, sizeof(text.at), "at %" PRId64 " us, before anything else",
			 at_us);
	return text;
}

struct finding_text finding_holds(const struct tally_finding *finding)
{
	const struct tally_ledger *ledger = &finding->ledger;
	struct finding_text text;
	char of[48] = "";

	if (!finding->path_signature) {
		snprintf(text.at, sizeof(text.at),
			 "Who holds: not known; in %u repeat%s of trial %u %s%s",
			 ledger->attempt, ledger->attempt == 1 ? "" : "s", ledger->trial,
			 ledger->leaked ? "" : "it did not leak again; the ledger: ",
			 ledger->reason);
		return text;
	}
	if (ledger->attempt)
		snprintf(of, sizeof(of), "repeat %u of ", ledger->attempt);
	snprintf(text.at, sizeof(text.at),
		 "Who holds, by the ledger of %strial %u, compared with %u trial%s without the "
		 "race:",
		 of, ledger->trial, ledger->clean, ledger->clean == 1 ? "" : "s");
	return text;
}

static void print_unmatched(FILE *out, const struct ledger_unmatched_told *unmatched,
			    int columns)
{
	char text[2048];
	size_t used = (size_t)snprintf(
		text, sizeof(text), "  %+" PRId64 " by %s%s%s, %s: %.1024s",
		unmatched->unmatched, unmatched->kind, unmatched->task ? " of " : "",
		unmatched->task ? unmatched->task : "", unmatched->exact ? "exact" : "inferred",
		unmatched->stack);

	for (uint32_t i = 0; i < unmatched->nr_holds && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "; %s",
					 finding_hold(&unmatched->holds[i]).at);
	fputs("  ", out);
	finding_print_wrapped(out, text + 2, columns - 2);
}

void finding_print_ledger(FILE *out, const struct tally_finding *finding, int columns)
{
	const struct tally_ledger *ledger = &finding->ledger;

	if (!ledger->reason)
		return;
	finding_print_wrapped(out, finding_holds(finding).at, columns);
	for (uint32_t i = 0; i < ledger->nr_unmatched; i++)
		print_unmatched(out, &ledger->unmatched[i], columns);
}

/* The arm that the others are compared with; NULL when it did not run. */
static const struct tally_share *most_of(const struct tally_finding *finding)
{
	for (uint32_t i = 0; i < finding->nr_shares; i++)
		if (isnan(finding->shares[i].p_value))
			return &finding->shares[i];
	return NULL;
}

void finding_print_shares(FILE *out, const struct tally_finding *finding)
{
	const struct tally_share *most = most_of(finding);
	char against[32] = "";

	if (most && finding->nr_shares > 1)
		snprintf(against, sizeof(against), "%s against it", arm_names[most->arm]);
	fprintf(out, "  %-9s%8s%10s%22s%20s\n", "", "judged", "show it", "rate at 95%",
		against);
	for (uint32_t i = 0; i < finding->nr_shares; i++) {
		const struct tally_share *share = &finding->shares[i];
		struct finding_rate low = finding_percent(share->rate_low_ppm, false);
		struct finding_rate high = finding_percent(share->rate_high_ppm, true);
		char rate[64], p[32] = "-";

		snprintf(rate, sizeof(rate), "%s .. %s", low.at, high.at);
		if (isfinite(share->p_value))
			snprintf(p, sizeof(p), "p = %.2g", share->p_value);
		fprintf(out, "  %-9s%8u%10u%22s%20s\n", arm_names[share->arm], share->judged,
			share->count, rate, p);
	}
}

/* The arm in which nothing is held: with the same packets where it ran. NULL: there is none. */
static const struct tally_share *unheld_of(const struct tally_finding *finding)
{
	const struct tally_share *best = NULL;

	for (uint32_t i = 0; i < finding->nr_shares; i++) {
		const struct tally_share *share = &finding->shares[i];
		bool is_held = share->arm == ARM_HOLD || share->arm == ARM_RACE;

		if (!is_held && share->judged && (!best || share->arm == ARM_ECHO))
			best = share;
	}
	return best;
}

struct finding_text finding_headline(const struct tally_finding *finding)
{
	const struct tally_share *held = most_of(finding), *unheld = unheld_of(finding);
	struct finding_text text = { 0 };

	if (held && unheld && held != unheld && held->count)
		snprintf(text.at, sizeof(text.at),
			 "Left alone it shows in %u of %u trials (%s arm: %s .. %s); held, in "
			 "%u "
			 "of %u (%s arm: %s .. %s)",
			 unheld->count, unheld->judged, arm_names[unheld->arm],
			 finding_percent(unheld->rate_low_ppm, false).at,
			 finding_percent(unheld->rate_high_ppm, true).at, held->count,
			 held->judged, arm_names[held->arm],
			 finding_percent(held->rate_low_ppm, false).at,
			 finding_percent(held->rate_high_ppm, true).at);
	return text;
}

struct finding_text finding_cause(const struct tally_finding *finding)
{
	const struct tally_share *most = most_of(finding), *likest = NULL;
	struct finding_text text;

	for (uint32_t i = 0; i < finding->nr_shares; i++) {
		const struct tally_share *share = &finding->shares[i];

		if (share != most && (!likest || share->p_value > likest->p_value))
			likest = share;
	}
	if (!most || !likest)
		snprintf(text.at, sizeof(text.at),
			 "Whether what was injected causes it is not known: no other arm ran");
	else if (!most->count)
		snprintf(text.at, sizeof(text.at), "The %s arm does not show it",
			 arm_names[most->arm]);
	else if (finding->p_value <= TALLY_ERROR)
		snprintf(text.at, sizeof(text.at),
			 "What the %s arm injects causes it: p = %.2g at most, against every "
			 "other arm (Fisher's exact test)",
			 arm_names[most->arm], finding->p_value);
	else
		snprintf(text.at, sizeof(text.at),
			 "That what the %s arm injects causes it is not shown: p = %.2g "
			 "against the %s arm (Fisher's exact test)",
			 arm_names[most->arm], finding->p_value, arm_names[likest->arm]);
	return text;
}
