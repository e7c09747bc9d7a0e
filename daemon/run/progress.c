// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "results/finding_words.h"
#include "results/lines.h"
#include "run/progress.h"

#define COLUMNS	   96
#define NS_PER_S   1000000000ull
#define REDRAW_NS  (NS_PER_S / 10)
#define PLAIN_NS   (5 * NS_PER_S)
#define BAR_CELLS  10
#define CLEAR_LINE "\r\033[K"

struct progress {
	enum progress_style style;
	FILE *out;
	bool on_terminal;
	bool in_colour;
	bool is_drawn; /* a progress line is on the terminal */
	bool has_begun;

	char *name;    /* of the campaign */
	char *planted; /* NULL: nothing */
	bool arms[ARMS];
	uint32_t lanes;
	uint32_t stop_trials, stop_seconds, stop_findings, stop_valid;
	bool stop_decided;

	/* The rate is counted from the first update on. */
	uint64_t first_ns;
	uint32_t first_trials;
	uint64_t drawn_ns;
};

/* A line that is put together piece by piece; what does not fit is cut. */
struct text {
	char at[512];
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void text_add(struct text *text, const char *fmt,
							   ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text->at + text->length, sizeof(text->at) - text->length, fmt, ap);
	va_end(ap);
	if (n > 0)
		text->length += (size_t)n;
	if (text->length >= sizeof(text->at))
		text->length = sizeof(text->at) - 1;
}

static void print_wrapped(FILE *out, const char *words)
{
	finding_print_wrapped(out, words, COLUMNS);
}

/* --- begin --- */

static bool is_terminal(FILE *out)
{
	const char *term = getenv("TERM");
	int fd = fileno(out);

	return fd >= 0 && isatty(fd) && term && strcmp(term, "dumb") != 0;
}

int progress_new(enum progress_style style, FILE *out, const struct campaign *campaign,
		 struct progress **out_progress)
{
	struct progress *progress = calloc(1, sizeof(*progress));
	const char *no_color = getenv("NO_COLOR");

	if (!progress)
		return -ENOMEM;
	progress->style = style;
	progress->out = out;
	progress->on_terminal = style == PROGRESS_PEOPLE && is_terminal(out);
	progress->in_colour = progress->on_terminal && !(no_color && *no_color);
	progress->lanes = campaign->lanes;
	progress->stop_trials = campaign->stop.trials;
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

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static void print_campaign(const struct progress *progress)
{
	const char * or = "; ends after ", *comma = " ";
	struct text text = { 0 };

	text_add(&text, "Campaign %s: arms", progress->name);
	for (int arm = 0; arm < ARMS; arm++) {
		if (!progress->arms[arm])
			continue;
		text_add(&text, "%s%s", comma, arm_names[arm]);
		comma = ", ";
	}
	text_add(&text, "; %u lane%s", progress->lanes, plural(progress->lanes));
	if (progress->stop_trials) {
		text_add(&text, "%s%u trial%s", or, progress->stop_trials,
			 plural(progress->stop_trials));
		or = " or ";
	}
	if (progress->stop_seconds) {
		text_add(&text, "%s%u s", or, progress->stop_seconds);
		or = " or ";
	}
	if (progress->stop_findings) {
		text_add(&text, "%s%u finding%s", or, progress->stop_findings,
			 plural(progress->stop_findings));
		or = " or ";
	}
	if (progress->stop_valid) {
		text_add(&text, "%s%u valid trial%s", or, progress->stop_valid,
			 plural(progress->stop_valid));
		or = " or ";
	}
	if (progress->stop_decided)
		text_add(&text, "%san answer", or);
	if (progress->planted)
		text_add(&text, "; the bug %s is planted in the kernel", progress->planted);
	print_wrapped(progress->out, text.at);
}

void progress_step(struct progress *progress, const struct results_hook *hook)
{
	struct text text = { 0 };

	if (progress->style != PROGRESS_PEOPLE)
		return;
	if (!strcmp(hook->probe, "step"))
		text_add(&text, "Step: %s of %s: %s", tier_names[hook->tier], hook->function,
			 hook->note);
	else
		text_add(&text, "%c%s: %s", toupper(hook->probe[0]), hook->probe + 1,
			 hook->note);
	print_wrapped(progress->out, text.at);
	fflush(progress->out);
}

static void print_hooks(struct progress *progress, const struct results_hook *hooks,
			uint32_t nr_hooks)
{
	struct text text = { 0 };

	text_add(&text, "Hooks:");
	for (uint32_t i = 0; i < nr_hooks; i++) {
		const struct results_hook *hook = &hooks[i];

		if (hook->note)
			continue;
		text_add(&text, "%s%s", i ? ", " : " ", hook->probe);
		if (hook->tier == TIER_AUTO)
			text_add(&text, " not hooked");
		else
			text_add(&text, " by %s", tier_names[hook->tier]);
		if (hook->function)
			text_add(&text, " (%s)", hook->function);
	}
	print_wrapped(progress->out, text.at);
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
	case PROGRESS_TAP: fputs("TAP version 13\n", progress->out); break;
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

static void add_left(struct text *text, double left_s)
{
	uint64_t seconds = (uint64_t)(left_s + 0.5);

	if (seconds >= 3600)
		text_add(text, "  %" PRIu64 ":%02u:%02u left", seconds / 3600,
			 (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
	else
		text_add(text, "  %02u:%02u left", (unsigned)(seconds / 60),
			 (unsigned)(seconds % 60));
}

static void compose(const struct progress *progress, const struct tally *tally, uint64_t now_ns,
		    struct text *text)
{
	uint32_t trials, verdicts[VERDICTS];
	double rate, share, left_s;

	tally_so_far(tally, &trials, verdicts);
	rate = per_second(progress, trials, now_ns);
	share = share_done(progress, trials, rate, now_ns, &left_s);
	if (progress->on_terminal && share >= 0) {
		int full = (int)(share * BAR_CELLS);

		text_add(text, "[%.*s%.*s]  ", full, "##########", BAR_CELLS - full,
			 "..........");
	}
	text_add(text, "%u", trials);
	if (progress->stop_trials)
		text_add(text, "/%u", progress->stop_trials);
	text_add(text, " trial%s", progress->stop_trials ? "s" : plural(trials));
	if (rate > 0)
		text_add(text, rate < 9.95 ? "  %.1f/s" : "  %.0f/s", rate);
	if (left_s >= 0)
		add_left(text, left_s);
	/* These three are always there, so that the eye finds them in the same place. */
	text_add(text, "  clean %u  missed %u  leak %u", verdicts[VERDICT_CLEAN],
		 verdicts[VERDICT_MISSED], verdicts[VERDICT_LEAK]);
	for (int v = 0; v < VERDICTS; v++)
		if (v != VERDICT_CLEAN && v != VERDICT_MISSED && v != VERDICT_LEAK &&
		    verdicts[v])
			text_add(text, "  %s %u", verdict_names[v], verdicts[v]);
}

/* A line that wraps could not be redrawn. */
static int terminal_columns(FILE *out)
{
	struct winsize size = { 0 };

	if (ioctl(fileno(out), TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col;
}

void progress_update(struct progress *progress, const struct tally *tally, uint64_t now_ns)
{
	uint64_t pause_ns = progress->on_terminal ? REDRAW_NS : PLAIN_NS;
	struct text text = { 0 };

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
	compose(progress, tally, now_ns, &text);
	if (progress->on_terminal)
		fprintf(progress->out, CLEAR_LINE "%.*s", terminal_columns(progress->out) - 1,
			text.at);
	else
		fprintf(progress->out, "%s\n", text.at);
	progress->is_drawn = progress->on_terminal;
	fflush(progress->out);
}

static void clear(struct progress *progress)
{
	if (progress->is_drawn)
		fputs(CLEAR_LINE, progress->out);
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

/* --- end: TAP --- */

static void print_test_name(FILE *out, const char *campaign, enum arm arm)
{
	for (; *campaign; campaign++)
		fputc(isascii(*campaign) && (isalnum(*campaign) || strchr("_.-", *campaign)) ?
			      *campaign :
			      '_',
		      out);
	fprintf(out, ".%s", arm_names[arm]);
}

/* An arm alone is judged as a campaign of this one arm would be. */
static enum campaign_verdict judge_arm(const struct summary *summary,
				       const struct tally_arm *arm, char *reason, size_t size)
{
	struct arm_tally alone[ARMS] = { 0 };

	if (summary->verdict == CAMPAIGN_SKIPPED && !arm->trials) {
		snprintf(reason, size, "%s", summary->reason);
		return CAMPAIGN_SKIPPED;
	}
	alone[arm->arm].trials = arm->trials;
	memcpy(alone[arm->arm].verdicts, arm->verdicts.by, sizeof(arm->verdicts.by));
	return verdict_campaign(alone, reason, size);
}

static void print_tap_arm(const struct progress *progress, const struct summary *summary,
			  uint32_t number, const struct tally_arm *arm)
{
	char reason[768];
	enum campaign_verdict verdict = judge_arm(summary, arm, reason, sizeof(reason));
	bool is_ok, is_skip;

	/* Without a hold the window is narrow: the echo arm may well miss. */
	is_skip = verdict == CAMPAIGN_SKIPPED ||
		  (verdict == CAMPAIGN_INCONCLUSIVE && arm->arm == ARM_ECHO);
	is_ok = is_skip || verdict == CAMPAIGN_CLEAN;
	fprintf(progress->out, "%sok %u ", is_ok ? "" : "not ", number);
	print_test_name(progress->out, progress->name, arm->arm);
	if (is_skip)
		fprintf(progress->out, " # SKIP %s\n", reason);
	else
		fprintf(progress->out, " # time=%" PRIu64 "ms\n", arm->elapsed_ms);
	if (!is_ok)
		fprintf(progress->out, "# %s\n", reason);
}

/* The plan comes last: what cannot run at all is a plan of nothing. */
static void print_tap(const struct progress *progress, const struct summary *summary,
		      const struct results *results, const char *failure)
{
	bool is_skip = summary->verdict == CAMPAIGN_SKIPPED;
	FILE *out = progress->out;

	if (!progress->has_begun)
		fputs("TAP version 13\n", out);
	if (is_skip && !summary->trials) {
		fprintf(out, "1..0 # SKIP %s\n", summary->reason);
	} else if (!failure || summary->trials) {
		fprintf(out, "1..%u\n", summary->nr_arms);
		for (uint32_t i = 0; i < summary->nr_arms; i++)
			print_tap_arm(progress, summary, i + 1, &summary->arms[i]);
	}
	if (failure && !is_skip)
		fprintf(out, "Bail out! %s\n", failure);
	if (results)
		fprintf(out, "# results: %s/summary.json\n", results_folder(results));
	fflush(out);
}

/* --- end: people --- */

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
			fprintf(out, "  the kernel skipped %" PRIu64 " runs of its program\n",
				step->missed);
	}
}

static void print_finding(FILE *out, const struct tally_finding *finding, uint32_t number)
{
	struct text text = { 0 };

	text_add(&text, "Finding %u: %s", number, finding_point(finding).at);
	print_wrapped(out, text.at);
	text = (struct text){ 0 };
	text_add(&text, "Trial %u: %s", finding->trials[0], finding->reason);
	print_wrapped(out, text.at);
	if (finding->nr_shares) {
		struct finding_text headline = finding_headline(finding);

		if (*headline.at)
			print_wrapped(out, headline.at);
		finding_print_shares(out, finding);
		print_wrapped(out, finding_cause(finding).at);
	}
	finding_print_ledger(out, finding, COLUMNS);
	text = (struct text){ 0 };
	text_add(&text, "Signature: %s, in %u trial%s of", finding->signature, finding->count,
		 plural(finding->count));
	for (uint32_t i = 0; i < finding->nr_arms; i++)
		text_add(&text, "%s%s", i ? ", " : " ", arm_names[finding->arms[i]]);
	print_wrapped(out, text.at);
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
	const char *on = progress->in_colour ? colour_of(summary->verdict) : "";
	const char *off = progress->in_colour ? "\033[0m" : "";
	struct text text = { 0 };

	text_add(&text, "%s", summary->reason);
	if (summary->verdict == CAMPAIGN_CLEAN) {
		text_add(&text, "; rate below %s at 95%%",
			 finding_percent(summary->fault_rate_bound_ppm, true).at);
	}
	fprintf(progress->out, "Verdict: %s%s%s - %s\n", on,
		campaign_verdict_names[summary->verdict], off, text.at);
}

/* The most frequent reason why trials proved nothing. */
static void print_reason(FILE *out, const struct summary *summary, const char *advice)
{
	struct text text = { 0 };

	if (summary->nr_reasons) {
		const struct tally_reason *reason = &summary->reasons[0];

		text_add(&text, "Next: %u of %u trials are %s: %s%s", reason->count,
			 summary->trials, verdict_names[reason->verdict], reason->reason,
			 advice);
	} else {
		text_add(&text, "Next: let more trials run");
	}
	print_wrapped(out, text.at);
}

static void print_next(const struct progress *progress, const struct summary *summary,
		       const struct results *results)
{
	FILE *out = progress->out;

	switch (summary->verdict) {
	case CAMPAIGN_FAULT:
		if (!results || !summary->nr_findings)
			return;
		fprintf(out,
			"Next: read the timeline of trial %u:\n"
			"  jq -c 'select(.type==\"trial\" and .spec.trial==%u).timeline[]' "
			"%s/results.ndjson\n",
			summary->findings[0].trials[0], summary->findings[0].trials[0],
			results_folder(results));
		return;
	case CAMPAIGN_CLEAN:
		fprintf(out,
			"Next: more trials lower the bound, as --set stop.trials=%" PRIu64
			" does\n",
			(uint64_t)summary->trials * 10);
		return;
	case CAMPAIGN_INCONCLUSIVE: print_reason(out, summary, ""); return;
	case CAMPAIGN_SKIPPED:
		print_reason(out, summary, "; `dadrace doctor` tells what this kernel lacks");
		return;
	case CAMPAIGN_VERDICTS: return;
	}
}

/* What comes before the address is there, or after DAD, is inside the window and yet no race with DAD. */
static void print_tentative(FILE *out, const struct summary *summary)
{
	for (uint32_t i = 0; i < summary->nr_arms; i++) {
		const struct tally_arm *arm = &summary->arms[i];

		if (arm->arm == ARM_RACE && arm->tentative < arm->inside)
			fprintf(out,
				"Note: in %u of %u races nothing came while an address was "
				"tentative\n",
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
			"Note: in %u trial%s DAD failed although only the device's own probe "
			"came back\n",
			fooled, plural(fooled));
}

static void print_explored(FILE *out, const struct explore_sums *sums)
{
	if (!sums->mode)
		return;
	fprintf(out, "Explored (%s): %u places, %u generations, %u features, corpus of %u",
		explore_mode_names[sums->mode], sums->places, sums->generations, sums->features,
		sums->corpus);
	if (sums->first_finding)
		fprintf(out, "; first finding in trial %u", sums->first_finding);
	fputc('\n', out);
	if (isfinite(sums->least_chance))
		fprintf(out,
			"  a bug that needs no more delays than that: at least %.3g a trial, "
			"when "
			"the longest hold is long enough\n",
			sums->least_chance);
}

static void print_end(struct progress *progress, const struct summary *summary,
		      const struct results *results)
{
	FILE *out = progress->out;
	char elapsed[32];

	clear(progress);
	fprintf(out, "\n%u trial%s of %s in %s", summary->trials, plural(summary->trials),
		progress->name, duration(elapsed, sizeof(elapsed), summary->elapsed_ms * 1000));
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
			"Stuck: the unregister of %u lane%s never returned; only a "
			"reboot frees them\n",
			summary->stuck, plural(summary->stuck));
	print_tentative(out, summary);
	if (summary->decided)
		fprintf(out,
			"Decided: %s; wrong in at most 5%% of campaigns\n"
			"  (intervals and p-values are those of a fixed number of trials)\n",
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
	char sentence[256];

	if (!line->attempt)
		return;
	snprintf(sentence, sizeof(sentence), "ledger: repeat %u of trial %u (%s): %s, %s",
		 line->attempt, line->trial, line->signature ? line->signature : "?",
		 verdict_names[line->verdict], ledger_hole_names[line->state]);
	progress_say(progress, sentence);
}

void progress_fail(struct progress *progress, const char *sentence)
{
	clear(progress);
	fflush(progress->out);
	fprintf(stderr, "dadrace: %s\n", sentence);
}

void progress_end(struct progress *progress, const struct summary *summary,
		  const struct results *results, const char *failure)
{
	if (progress->style == PROGRESS_TAP)
		print_tap(progress, summary, results, failure);
	if (progress->style == PROGRESS_PEOPLE && (!failure || summary->trials))
		print_end(progress, summary, results);
	if (failure)
		progress_fail(progress, failure);
}

void progress_reports(struct progress *progress, const char *folder, uint32_t nr)
{
	if (progress->style == PROGRESS_PEOPLE && nr)
		fprintf(progress->out, "Report, ready to mail: %s/findings/1.txt\n", folder);
}
