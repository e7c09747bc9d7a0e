// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "results/finding_words.h"
#include "results/ledger_line.h"

static void print_words(FILE *out, const char *words, int columns, int indent)
{
	int at = 0;

	while (*words) {
		int length = (int)strcspn(words, " ");

		if (at && at + 1 + length > columns) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
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

void finding_print_wrapped(FILE *out, const char *words, int columns)
{
	print_words(out, words, columns, 2);
}

void finding_print_paragraph(FILE *out, const char *words, int columns)
{
	print_words(out, words, columns, 0);
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

/* Why it is not known who holds. */
static struct finding_text holder_unknown(const struct tally_ledger *ledger)
{
	struct finding_text text;

	/* clang-format off */
	if (!ledger->attempt)
		snprintf(text.at, sizeof(text.at), "Who holds: not known; the ledger of trial %u: %s",
			 ledger->trial, ledger->reason);
	else if (ledger->leaked)
		snprintf(text.at, sizeof(text.at), "Who holds: not known; repeat %u of trial %u leaked again, but of its ledger: %s",
			 ledger->attempt, ledger->trial, ledger->reason);
	else
		snprintf(text.at, sizeof(text.at), "Who holds: not known; in %u repeat%s of trial %u the leak did not come back (the last ledger: %s)",
			 ledger->attempt, ledger->attempt == 1 ? "" : "s", ledger->trial, ledger->reason);
	/* clang-format on */
	return text;
}

struct finding_text finding_holds(const struct tally_finding *finding)
{
	const struct tally_ledger *ledger = &finding->ledger;
	struct finding_text text;
	char of[48] = "", order[600] = "";

	if (!finding->path_signature)
		return holder_unknown(ledger);
	if (ledger->attempt)
		snprintf(of, sizeof(of), "repeat %u of ", ledger->attempt);
	if (ledger->order)
		snprintf(order, sizeof(order), " with the order \"%s\"", ledger->order);
	/* clang-format off */
	snprintf(text.at, sizeof(text.at), "Who holds, by the ledger of %strial %u%s, compared with %u trial%s without the race:",
		 of, ledger->trial, order, ledger->clean, ledger->clean == 1 ? "" : "s");
	/* clang-format on */
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

static void print_lines(FILE *out, const char *lines, int columns)
{
	while (*lines) {
		char line[1024];
		size_t length = strcspn(lines, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)length, lines);
		fputs("  ", out);
		finding_print_wrapped(out, line, columns - 2);
		lines += length + (lines[length] == '\n');
	}
}

/* What is known for sure comes first: exact paths, then what is left, then inferred paths. */
static bool is_exact(const struct tally_finding *finding)
{
	return finding->path_signature && finding->ledger.nr_unmatched &&
	       finding->ledger.unmatched[0].exact;
}

static void print_post_mortem(FILE *out, const struct tally_ledger *ledger, int columns)
{
	if (!ledger->post_mortem)
		return;
	finding_print_wrapped(out, "Who holds the device afterwards:", columns);
	print_lines(out, ledger->post_mortem, columns);
}

void finding_print_ledger(FILE *out, const struct tally_finding *finding, int columns)
{
	const struct tally_ledger *ledger = &finding->ledger;

	if (!ledger->reason)
		return;
	if (!is_exact(finding))
		print_post_mortem(out, ledger, columns);
	finding_print_wrapped(out, finding_holds(finding).at, columns);
	for (uint32_t i = 0; i < ledger->nr_unmatched; i++)
		print_unmatched(out, &ledger->unmatched[i], columns);
	if (is_exact(finding))
		print_post_mortem(out, ledger, columns);
}

/* The arm that injects most, which the others are compared with; NULL: it did not run. */
static const struct tally_share *most_of(const struct tally_finding *finding)
{
	for (uint32_t i = 0; i < finding->nr_shares; i++)
		if (isnan(finding->shares[i].p_value))
			return &finding->shares[i];
	return NULL;
}

void finding_print_shares(FILE *out, const struct tally_finding *finding)
{
	const struct tally_share *most = finding->nr_shares > 1 ? most_of(finding) : NULL;
	char against[32];

	fprintf(out, "  %-9s%8s%10s%22s", "", "judged", "show it", "rate at 95%");
	if (most) {
		snprintf(against, sizeof(against), "%s against it", arm_names[most->arm]);
		fprintf(out, "%20s", against);
	}
	fputc('\n', out);
	for (uint32_t i = 0; i < finding->nr_shares; i++) {
		const struct tally_share *share = &finding->shares[i];
		struct finding_rate low = finding_percent(share->rate_low_ppm, false);
		struct finding_rate high = finding_percent(share->rate_high_ppm, true);
		char rate[64], p[32] = "-";

		snprintf(rate, sizeof(rate), "%s .. %s", low.at, high.at);
		if (isfinite(share->p_value))
			snprintf(p, sizeof(p), "p = %.2g", share->p_value);
		fprintf(out, "  %-9s%8u%10u%22s", arm_names[share->arm], share->judged,
			share->count, rate);
		if (most)
			fprintf(out, "%20s", p);
		fputc('\n', out);
	}
}

/* The arm without a hold, preferably the one with the same packets; NULL: none ran. */
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

/* --- the point of a finding --- */

/* What the arm that shows most does to the kernel: the subject of the sentence. */
static const char *subject_of(enum arm arm)
{
	switch (arm) {
	case ARM_CONTROL: return "The bring-up alone";
	case ARM_HOLD: return "Holding the bring-up";
	case ARM_ECHO: return "Sending packets";
	case ARM_RACE: return "The race";
	case ARMS: break;
	}
	return "The campaign";
}

static void say_fault(const struct tally_finding *finding, char *out, size_t size)
{
	const char *object = finding->object ? finding->object : "";
	bool is_dst = !strcmp(object, object_names[OBJECT_DST]);
	int64_t number = finding->delta < 0 ? -finding->delta : finding->delta;
	const char *things = is_dst ? (number == 1 ? "entry" : "entries") :
				      (number == 1 ? "reference" : "references");

	if (finding->verdict == VERDICT_LEAK)
		snprintf(out, size, "leaks %" PRId64 " %s %s", number, object, things);
	else if (finding->verdict == VERDICT_HANG)
		snprintf(out, size, "makes a task hang");
	else if (number)
		snprintf(out, size, "drops %" PRId64 " %s %s too many", number, object, things);
	else
		snprintf(out, size, "makes the kernel report a bug");
}

/*
 * The arm that the sentence is about: the one that injects most, or the one that shows it most
 * often.
 */
static const struct tally_share *shown_by(const struct tally_finding *finding)
{
	const struct tally_share *best = most_of(finding);

	for (uint32_t i = 0; i < finding->nr_shares; i++)
		if (!best ||
		    (!most_of(finding)->count && finding->shares[i].count > best->count))
			best = &finding->shares[i];
	return best;
}

static const char *subject_of_finding(const struct tally_finding *finding,
				      const struct tally_share *share)
{
	if (finding->without_echo)
		return "The bring-up";
	return subject_of(share ? share->arm : finding->nr_arms ? finding->arms[0] : ARMS);
}

static void say_often(const struct tally_finding *finding, const struct tally_share *share,
		      char *out, size_t size)
{
	uint32_t count = 0, judged = 0;
	size_t used;

	for (uint32_t i = 0; i < finding->nr_shares; i++) {
		count += finding->shares[i].count;
		judged += finding->shares[i].judged;
	}
	used = (size_t)snprintf(out, size, " in %u of %u trials", share->count, share->judged);
	if (finding->nr_shares < 2 || used >= size)
		return;
	used += (size_t)snprintf(out + used, size - used, "; %s %u of %u",
				 share == most_of(finding) ? "without it" : "in other arms",
				 count - share->count, judged - share->judged);
	if (used < size && share == most_of(finding))
		snprintf(out + used, size - used, " (p = %.2g)", finding->p_value);
}

/* The sentence of the post-mortem that blames something, at its length; NULL: there is none. */
static const char *what_is_left(const struct tally_ledger *ledger, int *length)
{
	static const char *const blames[] = { "LOST: ", " to no object: " };
	const char *line = ledger->post_mortem;

	for (; line && *line; line += *length + (line[*length] == '\n')) {
		*length = (int)strcspn(line, "\n");
		for (size_t i = 0; i < sizeof(blames) / sizeof(blames[0]); i++) {
			const char *found = strstr(line, blames[i]);

			if (found && found < line + *length)
				return line;
		}
	}
	return NULL;
}

static void say_holder(const struct tally_finding *finding, char *out, size_t size)
{
	const struct tally_ledger *ledger = &finding->ledger;
	const char *left = NULL, *path;
	int length = 0;

	if (!is_exact(finding))
		left = what_is_left(ledger, &length);
	if (left) {
		text_add(out, size, " %.*s", length, left);
	} else if (finding->path_signature && ledger->nr_unmatched) {
		path = ledger->unmatched[0].stack;
		text_add(out, size, " Held by %.*s%s", (int)strcspn(path, " "), path,
			 finding->pinned ? "; the unregister hangs." : ".");
		return;
	}
	if (finding->pinned)
		text_add(out, size, " The unregister hangs.");
}

struct finding_text finding_point(const struct tally_finding *finding)
{
	const struct tally_share *share = shown_by(finding);
	struct finding_text text;
	char fault[96], often[96];

	say_fault(finding, fault, sizeof(fault));
	if (share)
		say_often(finding, share, often, sizeof(often));
	else
		snprintf(often, sizeof(often), " in %u trial%s", finding->count,
			 finding->count == 1 ? "" : "s");
	snprintf(text.at, sizeof(text.at), "%s %s%s%s.", subject_of_finding(finding, share),
		 fault, often,
		 finding->without_echo ? "; the same leak shows without any echo" : "");
	say_holder(finding, text.at, sizeof(text.at));
	return text;
}

struct finding_text finding_headline(const struct tally_finding *finding)
{
	const struct tally_share *held = most_of(finding), *unheld = unheld_of(finding);
	struct finding_text text = { 0 };

	if (held && unheld && held != unheld && held->count)
		snprintf(
			text.at, sizeof(text.at),
			"Natural rate: %u of %u trials (%s arm, %s .. %s); held: %u of %u (%s arm, %s .. %s)",
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
	if (finding->without_echo)
		snprintf(
			text.at, sizeof(text.at),
			"Not caused by what is injected: the same leak shows without any echo, in a repeat of trial %u in the hold arm",
			finding->ledger.trial);
	else if (!most || !likest)
		snprintf(
			text.at, sizeof(text.at),
			"Cause not known: no other arm ran, so there is nothing to compare with");
	else if (!most->count)
		snprintf(text.at, sizeof(text.at), "The %s arm never shows it",
			 arm_names[most->arm]);
	else if (finding->p_value <= TALLY_ERROR)
		snprintf(
			text.at, sizeof(text.at),
			"Caused by what the %s arm injects: p <= %.2g against every other arm (Fisher's exact test)",
			arm_names[most->arm], finding->p_value);
	else
		snprintf(
			text.at, sizeof(text.at),
			"That what the %s arm injects is the cause is not shown: p = %.2g against the %s arm (Fisher's exact test)",
			arm_names[most->arm], finding->p_value, arm_names[likest->arm]);
	return text;
}
