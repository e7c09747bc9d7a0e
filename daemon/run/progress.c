// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/shown.h"
#include "export/tap.h"
#include "results/ledger_line.h"
#include "run/progress_parts.h"
#include "trial/shard.h"

#define NS_PER_S   1000000000ull
#define REDRAW_NS  (NS_PER_S / 10)
#define PLAIN_NS   (5 * NS_PER_S)
#define BAR_CELLS  10
#define CLEAR_LINE "\r\033[K"

/* --- begin --- */

static bool is_terminal(FILE *out)
{
	const char *term = getenv("TERM");
	int fd = shown_fd(out);

	return fd >= 0 && isatty(fd) && term && strcmp(term, "dumb") != 0;
}

int progress_new(enum progress_style style, FILE *out, const struct campaign *campaign,
		 struct progress **out_progress)
{
	struct progress *progress = calloc(1, sizeof(*progress));
	const char *no_color = getenv("NO_COLOR");
	struct deal deal;

	if (!progress)
		return -ENOMEM;
	progress->style = style;
	progress->out = out;
	progress->on_terminal = style == PROGRESS_PEOPLE && is_terminal(out);
	progress->in_colour = progress->on_terminal && !(no_color && *no_color);
	progress->lanes = campaign->lanes;
	deal = shard_deal(campaign);
	progress->shard = deal.shard;
	progress->stop_trials = shard_place(&deal, campaign->stop.trials);
	progress->stop_seconds = campaign->stop.seconds;
	progress->stop_findings = campaign->stop.findings;
	progress->stop_valid = campaign->stop.valid;
	progress->stop_decided = campaign->stop.nr_decided;
	for (uint32_t i = 0; i < campaign->nr_arms; i++)
		progress->arms[campaign->arms[i]] = true;
	progress->name = strdup(campaign->name);
	progress->planted = campaign->vm.plant ? strdup(campaign->vm.plant) : NULL;
	if (!progress->name || (campaign->vm.plant && !progress->planted)) {
		progress_free(progress);
		return -ENOMEM;
	}
	*out_progress = progress;
	return 0;
}

void progress_free(struct progress *progress)
{
	if (!progress)
		return;
	free(progress->name);
	free(progress->planted);
	free(progress);
}

static void print_campaign(const struct progress *progress)
{
	const char * or = "; ends after ", *comma = " ";
	char text[PROGRESS_LINE] = "";

	text_add(text, sizeof(text), "Campaign %s: arms", progress->name);
	for (int arm = 0; arm < ARMS; arm++) {
		if (!progress->arms[arm])
			continue;
		text_add(text, sizeof(text), "%s%s", comma, arm_names[arm]);
		comma = ", ";
	}
	if (progress->shard.of > 1)
		text_add(text, sizeof(text), "; shard %u of %u", progress->shard.index,
			 progress->shard.of);
	text_add(text, sizeof(text), "; %u lane%s", progress->lanes, plural(progress->lanes));
	if (progress->stop_trials) {
		text_add(text, sizeof(text), "%s%u trial%s", or, progress->stop_trials,
			 plural(progress->stop_trials));
		or = " or ";
	}
	if (progress->stop_seconds) {
		text_add(text, sizeof(text), "%s%u s", or, progress->stop_seconds);
		or = " or ";
	}
	if (progress->stop_findings) {
		text_add(text, sizeof(text), "%s%u finding%s", or, progress->stop_findings,
			 plural(progress->stop_findings));
		or = " or ";
	}
	if (progress->stop_valid) {
		text_add(text, sizeof(text), "%s%u valid trial%s", or, progress->stop_valid,
			 plural(progress->stop_valid));
		or = " or ";
	}
	if (progress->stop_decided)
		text_add(text, sizeof(text), "%san answer", or);
	if (progress->planted)
		text_add(text, sizeof(text), "; the bug %s is planted in the kernel",
			 progress->planted);
	print_wrapped(progress->out, text);
}

void progress_step(struct progress *progress, const struct results_hook *hook)
{
	char text[PROGRESS_LINE] = "";

	if (progress->style != PROGRESS_PEOPLE)
		return;
	if (!strcmp(hook->probe, "step"))
		text_add(text, sizeof(text), "Step: %s of %s: %s", tier_names[hook->tier],
			 hook->function, hook->note);
	else
		text_add(text, sizeof(text), "%c%s: %s", toupper(hook->probe[0]),
			 hook->probe + 1, hook->note);
	print_wrapped(progress->out, text);
	fflush(progress->out);
}

static void print_hooks(struct progress *progress, const struct results_hook *hooks,
			uint32_t nr_hooks)
{
	char text[PROGRESS_LINE] = "";

	text_add(text, sizeof(text), "Hooks:");
	for (uint32_t i = 0; i < nr_hooks; i++) {
		const struct results_hook *hook = &hooks[i];

		if (hook->note)
			continue;
		text_add(text, sizeof(text), "%s%s", i ? ", " : " ", hook->probe);
		if (hook->tier == TIER_AUTO)
			text_add(text, sizeof(text), " not hooked");
		else
			text_add(text, sizeof(text), " by %s", tier_names[hook->tier]);
		if (hook->function)
			text_add(text, sizeof(text), " (%s)", hook->function);
	}
	print_wrapped(progress->out, text);
	for (uint32_t i = 0; i < nr_hooks; i++)
		if (hooks[i].note)
			progress_step(progress, &hooks[i]);
}

void progress_begin(struct progress *progress, const struct results *results,
		    const struct results_hook *hooks, uint32_t nr_hooks)
{
	progress->has_begun = true;
	switch (progress->style) {
	case PROGRESS_QUIET: return;
	case PROGRESS_PEOPLE:
		print_campaign(progress);
		if (nr_hooks)
			print_hooks(progress, hooks, nr_hooks);
		if (results)
			fprintf(progress->out, "Results go to %s\n", results_folder(results));
		break;
	case PROGRESS_TAP: tap_version(progress->out); break;
	}
	fflush(progress->out);
}

/* --- meanwhile --- */

static double per_second(const struct progress *progress, uint32_t trials, uint64_t now_ns)
{
	uint64_t ns = now_ns - progress->first_ns;

	return ns ? (double)(trials - progress->first_trials) * NS_PER_S / (double)ns : 0;
}

/* How much of the campaign is done, 0 to 1, and what is left; -1 when nobody knows. */
static double share_done(const struct progress *progress, uint32_t trials, double rate,
			 uint64_t now_ns, double *left_s)
{
	double share = -1, elapsed_s = (double)(now_ns - progress->first_ns) / NS_PER_S;

	*left_s = -1;
	if (progress->stop_trials) {
		uint32_t left =
			trials < progress->stop_trials ? progress->stop_trials - trials : 0;

		share = 1 - (double)left / progress->stop_trials;
		if (rate > 0)
			*left_s = left / rate;
	}
	if (progress->stop_seconds) {
		double left = progress->stop_seconds - elapsed_s;

		left = left > 0 ? left : 0;
		if (*left_s < 0 || left < *left_s)
			*left_s = left;
		if (1 - left / progress->stop_seconds > share)
			share = 1 - left / progress->stop_seconds;
	}
	return share;
}

static void add_left(char text[PROGRESS_LINE], double left_s)
{
	uint64_t seconds = (uint64_t)(left_s + 0.5);

	if (seconds >= 3600)
		text_add(text, PROGRESS_LINE, "  %" PRIu64 ":%02u:%02u left", seconds / 3600,
			 (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
	else
		text_add(text, PROGRESS_LINE, "  %02u:%02u left", (unsigned)(seconds / 60),
			 (unsigned)(seconds % 60));
}

static void compose(const struct progress *progress, const struct tally *tally, uint64_t now_ns,
		    char text[PROGRESS_LINE])
{
	uint32_t trials, verdicts[VERDICTS];
	double rate, share, left_s;

	tally_so_far(tally, &trials, verdicts);
	rate = per_second(progress, trials, now_ns);
	share = share_done(progress, trials, rate, now_ns, &left_s);
	if (progress->on_terminal && share >= 0) {
		int full = (int)(share * BAR_CELLS);

		text_add(text, PROGRESS_LINE, "[%.*s%.*s]  ", full, "##########",
			 BAR_CELLS - full, "..........");
	}
	text_add(text, PROGRESS_LINE, "%u", trials);
	if (progress->stop_trials)
		text_add(text, PROGRESS_LINE, "/%u", progress->stop_trials);
	text_add(text, PROGRESS_LINE, " trial%s", progress->stop_trials ? "s" : plural(trials));
	if (rate > 0)
		text_add(text, PROGRESS_LINE, rate < 9.95 ? "  %.1f/s" : "  %.0f/s", rate);
	if (left_s >= 0)
		add_left(text, left_s);
	/* These three are always there, so that the eye finds them in the same place. */
	text_add(text, PROGRESS_LINE, "  clean %u  missed %u  leak %u", verdicts[VERDICT_CLEAN],
		 verdicts[VERDICT_MISSED], verdicts[VERDICT_LEAK]);
	for (int v = 0; v < VERDICTS; v++)
		if (v != VERDICT_CLEAN && v != VERDICT_MISSED && v != VERDICT_LEAK &&
		    verdicts[v])
			text_add(text, PROGRESS_LINE, "  %s %u", verdict_names[v], verdicts[v]);
}

/* A line that wraps could not be redrawn. */
static int terminal_columns(FILE *out)
{
	struct winsize size = { 0 };

	if (ioctl(shown_fd(out), TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col;
}

void progress_update(struct progress *progress, const struct tally *tally, uint64_t now_ns)
{
	uint64_t pause_ns = progress->on_terminal ? REDRAW_NS : PLAIN_NS;
	char text[PROGRESS_LINE] = "";

	if (progress->style != PROGRESS_PEOPLE)
		return;
	if (!progress->first_ns) {
		uint32_t verdicts[VERDICTS];

		tally_so_far(tally, &progress->first_trials, verdicts);
		progress->first_ns = now_ns;
		if (!progress->on_terminal)
			progress->drawn_ns = now_ns;
	}
	if (now_ns - progress->drawn_ns < pause_ns)
		return;
	progress->drawn_ns = now_ns;
	compose(progress, tally, now_ns, text);
	if (progress->on_terminal) {
		shown_control(progress->out, CLEAR_LINE);
		fprintf(progress->out, "%.*s", terminal_columns(progress->out) - 1, text);
	} else
		fprintf(progress->out, "%s\n", text);
	progress->is_drawn = progress->on_terminal;
	fflush(progress->out);
}

static void clear(struct progress *progress)
{
	if (progress->is_drawn)
		shown_control(progress->out, CLEAR_LINE);
	progress->is_drawn = false;
}

void progress_say(struct progress *progress, const char *sentence)
{
	switch (progress->style) {
	case PROGRESS_QUIET: return;
	case PROGRESS_PEOPLE:
		clear(progress);
		fprintf(progress->out, "%s\n", sentence);
		/* The next update may draw at once. */
		if (progress->on_terminal)
			progress->drawn_ns = 0;
		fflush(progress->out);
		return;
	case PROGRESS_TAP:
		/* It may quote the kernel's log, which TAP readers take for a crash. */
		fprintf(stderr, "%s\n", sentence);
		return;
	}
}

void progress_suspicion(struct progress *progress, const struct evidence *evidence,
			const struct judgement *suspicion)
{
	char sentence[512];

	snprintf(sentence, sizeof(sentence), "leak suspected: trial %u (%s): %s",
		 evidence->spec.trial, arm_names[evidence->spec.arm], suspicion->reason);
	progress_say(progress, sentence);
}

void progress_finding(struct progress *progress, const struct evidence *evidence,
		      const struct judgement *judgement)
{
	char sentence[512];

	snprintf(sentence, sizeof(sentence), "finding: trial %u (%s): %s", evidence->spec.trial,
		 arm_names[evidence->spec.arm], judgement->reason);
	progress_say(progress, sentence);
}

void progress_ledger(struct progress *progress, const struct ledger_line *line)
{
	char sentence[512];

	if (!line->attempt)
		return;
	snprintf(sentence, sizeof(sentence),
		 "ledger: trial %u of %s, repeated with the ledger (attempt %u): %s; %s",
		 line->trial, line->signature ? line->signature : "?", line->attempt,
		 verdict_names[line->verdict], ledger_hole_sentences[line->state]);
	progress_say(progress, sentence);
}

void progress_fail(struct progress *progress, const char *sentence)
{
	clear(progress);
	fflush(progress->out);
	fprintf(stderr, "dadrace: %s\n", sentence);
}

void progress_refuse(struct progress *progress, enum exits code, const char *sentence)
{
	if (progress->style == PROGRESS_TAP)
		tap_nothing(progress->out, code, sentence);
	progress_fail(progress, sentence);
}

void progress_end(struct progress *progress, const struct summary *summary,
		  const struct results *results, const char *failure)
{
	clear(progress);
	if (progress->style == PROGRESS_TAP)
		progress_tap(progress, summary, results, failure);
	if (progress->style == PROGRESS_PEOPLE && (!failure || summary->trials))
		progress_table(progress, summary, results);
	if (failure)
		progress_fail(progress, failure);
}

void progress_reports(struct progress *progress, const char *folder, uint32_t nr)
{
	if (progress->style == PROGRESS_PEOPLE && nr)
		fprintf(progress->out, "Report, ready to mail: %s/findings/1.txt\n", folder);
}
