// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/exits.h"
#include "base/memory.h"
#include "base/stats.h"
#include "command/command.h"
#include "command/minimise.h"
#include "command/rows.h"
#include "command/source.h"
#include "io/loop.h"
#include "parse/campaign.h"
#include "parse/campaign_pinned.h"
#include "proof/minimise.h"
#include "proof/minimise_lines.h"
#include "proof/proof.h"
#include "proof/reproducer.h"
#include "proof/simplify.h"
#include "report/report.h"
#include "results/finding_words.h"
#include "results/reader.h"
#include "results/results.h"
#include "run/campaign.h"

struct options {
	const char *results;
	uint32_t finding;
	uint32_t trials;
	uint32_t hits; /* wanted of MINIMISE_RUNS */
	const char *kernel;
	const char *modules;
	const char *plant;
	const char *out;
	const char *span;
	struct option_texts sets;
	bool json, quiet, force;
	uint64_t until_ns; /* the search ends then; 0: never */
};

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

enum { MINIMISE_TRIALS = 200 };

_Static_assert(MINIMISE_HITS == 3 && MINIMISE_RUNS == 10 && MINIMISE_TRIALS == 200, "the presets of --hits and --trials");

static const struct option_row rows[] = {
	{ "trials", 0, OPTION_NUMBER, AT(trials), "N", .min = 2 * MINIMISE_RUNS, .preset = "200", .doc = "Run at most N trials" },
	{ "hits", 0, OPTION_NUMBER, AT(hits), "N", .min = 1, .max = MINIMISE_RUNS, .preset = "3",
	  .doc = "Keep a change when N of at most 10 trials still show the finding; give more for a finding that is to show nearly always" },
	{ "for", 0, OPTION_TEXT, AT(span), "TIME", .doc = "Start no further simplification after this time (90, 30m or 2h), then confirm the simplest trial found so far" },
	{ "kernel", 0, OPTION_TEXT, AT(kernel), "IMAGE|here", .doc = DOC_KERNEL_OR_HERE },
	{ "modules", 0, OPTION_TEXT, AT(modules), "DIR", .doc = DOC_MODULES },
	{ "plant", 0, OPTION_TEXT, AT(plant), "BUG", .doc = "Plant this bug instead of that of the results" },
	{ "out", 0, OPTION_TEXT, AT(out), "DIR",
	  .doc = "Write minimal.yaml, spec.json, reproducer.c (where a C program can do it) and the results of each step into this folder (default: below results/)" },
	{ "set", 0, OPTION_TEXTS, AT(sets), "KEY=VALUE", .doc = "Change a key of the spec beforehand. Can be repeated" },
	{ "json", 0, OPTION_FLAG, AT(json), .doc = "Print a JSON line for each step, and one at the end" },
	{ "quiet", 0, OPTION_FLAG, AT(quiet), .doc = "Print the last sentences only" },
	{ "force", 0, OPTION_FLAG, AT(force), .doc = DOC_FORCE },
	{ .name = NULL },
};
static const struct operand_row operands[] = {
	{ "RESULTS", OPTION_TEXT, AT(results), true, "The results folder of a run" },
	{ "FINDING", OPTION_NUMBER, AT(finding), true, "Number of a finding in it" },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN,	     .doc = "Minimal and confirmed" },
	{ EXIT_INCONCLUSIVE, .doc = "Not minimal: the finding did not reproduce, the trials (--trials) or the time (--for) did not suffice, or the command was interrupted" },
	{ EXIT_CONFIG,	     .doc = "RESULTS cannot be read, or has no such finding" },
	{ .doc = NULL },
};
/* clang-format on */

/* The outcome of a candidate's run. */
struct outcome {
	struct proof proof;
	bool interrupted;
};

struct session {
	const struct options *o;
	const struct past *past;
	const struct tally_finding *finding;
	struct plainer *plainer;
	struct minimise minimise;
	char folder[PATH_MAX - 64];
	FILE *people;
	char release[96]; /* of the kernel that the last trials ran on */
	struct proof confirmed;
	uint32_t steps, trials;
	uint64_t started_ns;
	bool time_is_over;
	bool interrupted;
	int code; /* of a run that failed */
};

/* --- the spec to begin with --- */

static bool choose_finding(struct session *s, struct why *why)
{
	const struct summary *summary = past_summary(s->past);

	if (s->o->finding > summary->nr_findings) {
		why_set(why, ENOENT, "%s: no finding %u; it has %u", s->o->results,
			s->o->finding, summary->nr_findings);
		return false;
	}
	s->finding = &summary->findings[s->o->finding - 1];
	return true;
}

/* The spec of the results with the changes of --set and --plant. malloc'd. */
static char *changed_spec(const struct options *o, const char *spec, struct why *why)
{
	char *plant = run_set_text("vm.plant", o->plant), *text = NULL;
	struct campaign *campaign = NULL;
	json_auto_t *json = NULL;
	const char *sets[OPTION_TEXTS_MAX + 1];
	size_t nr = o->sets.nr;

	memcpy(sets, o->sets.at, nr * sizeof(sets[0]));
	if (o->plant)
		sets[nr++] = plant;
	if (!plant)
		why_memory(why);
	else if (!campaign_load_text("spec", spec, strlen(spec), sets, nr, &campaign, why)) {
		json = fields_to_json(&campaign_fields, campaign);
		text = json ? campaign_text(json) : NULL;
		if (!text)
			why_memory(why);
	}
	campaign_free(campaign);
	free(plant);
	return text;
}

/* A leak by chance begins with the order of the repeat that showed it. malloc'd. */
static char *first_spec(const struct session *s, struct why *why)
{
	const struct tally_ledger *ledger = &s->finding->ledger;
	const struct past_trial *trial;

	if (ledger->order && ledger->leaked && past_trial(s->past, ledger->trial))
		return past_spec_of_repeat(
			s->past, past_ledger(s->past, ledger->trial, ledger->attempt), why);
	trial = past_trial(s->past, s->finding->smallest.trial);
	return past_spec(s->past, trial ? trial : report_trial(s->past, s->finding), why);
}

static int begin(struct session *s, struct why *why)
{
	const struct minimise_knob *knobs;
	char *spec, *changed = NULL;
	uint32_t nr;
	int err;

	if (!choose_finding(s, why))
		return -ENOENT;
	spec = first_spec(s, why);
	if (spec)
		changed = changed_spec(s->o, spec, why);
	err = changed ? plainer_new(changed, &s->plainer, why) : -EINVAL;
	free(changed);
	free(spec);
	if (err)
		return err;
	knobs = plainer_knobs(s->plainer, &nr);
	minimise_begin(&s->minimise, knobs, nr);
	return 0;
}

static void choose_folder(struct session *s)
{
	time_t now = time(NULL);
	struct tm utc;
	char stamp[32];

	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
	if (s->o->out)
		snprintf(s->folder, sizeof(s->folder), "%s", s->o->out);
	else
		snprintf(s->folder, sizeof(s->folder), "results/minimise-%u-%s", s->o->finding,
			 stamp);
}

/* --- one candidate --- */

static int load(const struct session *s, const char *spec, struct campaign **campaign,
		struct why *why)
{
	bool confirms = s->minimise.stage == MINIMISE_CONFIRM;
	char trials[32], hits[32];
	const char *const sets[] = { "name=minimise", "ledger=off", trials, hits };
	const struct run_source source = {
		.text = spec,
		.name = "spec",
		.kernel = run_kernel(s->o->kernel, s->past),
		.modules = s->o->modules,
		.sets = sets,
		.nr_sets = sizeof(sets) / sizeof(sets[0]),
	};

	snprintf(trials, sizeof(trials), "stop.trials=%d", MINIMISE_RUNS);
	snprintf(hits, sizeof(hits), "stop.hits=%u", confirms ? 0 : s->o->hits);
	return run_load(&source, campaign, why);
}

/* A run that was interrupted before its first line leaves no results, and no trial was run. */
static int take_results(struct session *s, const char *folder, int code,
			struct outcome *outcome, struct why *why)
{
	const char *by;
	struct past *past;

	if (past_open(folder, &past, why)) {
		outcome->interrupted = code == EXIT_INCONCLUSIVE;
		return outcome->interrupted ? 0 : command_complain(why, EXIT_INTERNAL);
	}
	past_prove(past, &outcome->proof);
	by = past_summary(past)->ended_by;
	outcome->interrupted = by && !results_ends_for_good(by);
	snprintf(s->release, sizeof(s->release), "%s", past_release(past));
	past_close(past);
	return 0;
}

/* 0, or the exit code of a run that could not be made. */
static int try_candidate(struct session *s, const char *spec, struct outcome *outcome)
{
	char out[PATH_MAX], folder[PATH_MAX];
	struct campaign *campaign = NULL;
	struct run_ask ask = { .out = out, .quiet = true, .force = s->o->force };
	struct why why;
	int code;

	*outcome = (struct outcome){ .proof.signature = s->finding->trial_signature };
	snprintf(out, sizeof(out), "%s/steps/%03u", s->folder, s->steps);
	if (load(s, spec, &campaign, &why))
		return command_complain(&why, EXIT_CONFIG);
	ask.campaign = campaign;
	code = run_campaign(&ask, folder);
	campaign_free(campaign);
	return run_has_failed(code) ? code : take_results(s, folder, code, outcome, &why);
}

/* --- telling --- */

static struct plainer_words say_step(const struct session *s, enum minimise_answer answer)
{
	const struct minimise *m = &s->minimise;
	struct plainer_words words = { "the spec as it is in the results" };
	struct minimise_point to = m->candidate;

	if (m->stage == MINIMISE_SEARCH) {
		if (answer == MINIMISE_SAME && m->knobs[m->turned].kind == MINIMISE_NUMBER)
			to.at[m->turned] = m->knobs[m->turned].plain;
		return plainer_say(s->plainer, m->turned, &m->best, &to);
	}
	if (m->stage == MINIMISE_CONFIRM)
		snprintf(words.text, sizeof(words.text), "all changes together, %d times",
			 MINIMISE_RUNS);
	return words;
}

static void tell_step(const struct session *s, const struct minimise_step_line *line)
{
	char hits[32] = "not run";
	char *json = s->o->json ? fields_to_line(&minimise_step_fields, "step", line) : NULL;

	if (json) {
		fputs(json, stdout);
		fflush(stdout);
		free(json);
	}
	if (s->o->quiet)
		return;
	if (line->trials)
		snprintf(hits, sizeof(hits), "%u of %u", line->hits, line->trials);
	fprintf(s->people, "%4u  %-58s %8s  %s%s%s%s\n", line->step, line->change, hits,
		line->stage == MINIMISE_SEARCH	? minimise_answer_words[line->answer] :
		line->answer == MINIMISE_HELD	? "shows it" :
		line->stage == MINIMISE_CONFIRM ? "not often enough: one step back" :
						  "not often enough",
		line->other ? " (another fault: " : "", line->other ? line->other : "",
		line->other ? ")" : "");
	fflush(s->people);
}

/* --- the search --- */

static bool affords(struct session *s)
{
	bool searches = s->minimise.stage == MINIMISE_SEARCH;
	uint32_t left = s->o->trials - s->trials;

	s->time_is_over |= searches && s->o->until_ns && loop_now() >= s->o->until_ns;
	if (searches && s->time_is_over)
		return false;
	/* The confirmation needs as many trials again. */
	return left >= (searches ? 2 : 1) * MINIMISE_RUNS;
}

static bool is_same_as_best(const struct session *s, const struct plainer_spec *candidate)
{
	struct plainer_spec best = { 0 };
	bool same;

	if (s->minimise.stage != MINIMISE_SEARCH ||
	    plainer_make(s->plainer, &s->minimise.best, &best, NULL))
		return false;
	same = plainer_same(best.campaign, candidate->campaign);
	plainer_spec_free(&best);
	return same;
}

static void fill_line(const struct proof *proof, struct minimise_step_line *line)
{
	struct stats_interval rate = stats_rate_interval(proof->same, proof->trials, 0.95);

	line->trials = proof->trials;
	line->valid = proof->valid;
	line->hits = proof->same;
	line->rate_low_ppm = stats_ppm_down(rate.low);
	line->rate_high_ppm = stats_ppm_up(rate.high);
	line->other = proof->other ? proof->other_signature : NULL;
}

static enum minimise_answer judge(struct session *s, const struct plainer_spec *candidate,
				  struct outcome *outcome)
{
	if (is_same_as_best(s, candidate))
		return MINIMISE_SAME;
	s->code = try_candidate(s, candidate->text, outcome);
	s->interrupted = outcome->interrupted;
	s->trials += outcome->proof.trials;
	return outcome->proof.same >= s->o->hits ? MINIMISE_HELD : MINIMISE_LOST;
}

static void take_step(struct session *s)
{
	struct minimise_step_line line = { .stage = s->minimise.stage, .step = ++s->steps };
	struct plainer_spec candidate = { 0 };
	uint64_t started_ns = loop_now();
	struct outcome outcome = { 0 };
	struct plainer_words change;

	line.answer = plainer_make(s->plainer, &s->minimise.candidate, &candidate, NULL) ?
			      MINIMISE_IMPOSSIBLE :
			      judge(s, &candidate, &outcome);
	if (!s->code && !s->interrupted) {
		change = say_step(s, line.answer);
		line.change = change.text;
		line.spec = candidate.text;
		fill_line(&outcome.proof, &line);
		line.elapsed_ms = (loop_now() - started_ns) / 1000000;
		tell_step(s, &line);
		if (line.stage == MINIMISE_CONFIRM && line.answer == MINIMISE_HELD)
			s->confirmed = outcome.proof;
		minimise_tell(&s->minimise, line.answer);
	}
	plainer_spec_free(&candidate);
}

static void search(struct session *s)
{
	while (!s->code && !s->interrupted && minimise_next(&s->minimise)) {
		if (affords(s))
			take_step(s);
		else if (s->minimise.stage == MINIMISE_SEARCH)
			minimise_enough(&s->minimise);
		else
			return;
	}
}

/* --- what is left behind --- */

struct sentence {
	char text[512];
};

static bool is_minimal(const struct session *s)
{
	return s->minimise.stage == MINIMISE_DONE && !s->minimise.cut;
}

static struct sentence outcome_of(const struct session *s)
{
	const struct proof *proof = &s->confirmed;
	struct stats_interval rate = stats_rate_interval(proof->same, proof->trials, 0.95);
	const char *signature = s->finding->trial_signature;
	struct sentence told;

	if (s->minimise.stage == MINIMISE_DONE)
		snprintf(told.text, sizeof(told.text),
			 "%u of %u trials show %s; rate %s .. %s at 95%%%s", proof->same,
			 proof->trials, signature,
			 finding_percent(stats_ppm_down(rate.low), false).at,
			 finding_percent(stats_ppm_up(rate.high), true).at,
			 !s->minimise.cut ? "" :
			 s->time_is_over  ? "; more time may simplify it further (--for)" :
					    "; more trials may simplify it further (--trials)");
	else if (s->minimise.stage == MINIMISE_GONE)
		snprintf(
			told.text, sizeof(told.text),
			"%s did not reproduce in %u of %d trials of the spec in the results; `dadrace replay` shows how often it does",
			signature, s->o->hits, MINIMISE_RUNS);
	else
		snprintf(told.text, sizeof(told.text),
			 "%s; the simplest trial so far is not %s",
			 s->interrupted ? "interrupted" :
			 s->code	? "a run failed" :
					  "all trials that --trials allows were run",
			 s->minimise.stage == MINIMISE_FIRST ? "known" : "confirmed");
	return told;
}

/* The comment at the head of each file. malloc'd. */
static char *comment_of(const struct session *s, const char *spec)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out,
		"The simplest trial that shows %s, found by `dadrace minimise`.\n\n"
		"Kernel:  Linux %s\nRate:    %s\nFinding: %s\nSpec:    %s\n",
		s->finding->trial_signature, s->release, outcome_of(s).text, s->finding->reason,
		spec);
	memstream_close(out, &text);
	return text;
}

static void write_yaml(const struct session *s, const struct plainer_spec *spec,
		       const char *comment, FILE *out)
{
	const char *kernel = run_kernel(s->o->kernel, s->past), *key;
	json_auto_t *json = fields_parse(spec->text);
	json_t *value;

	for (const char *at = comment; *at;) {
		int length = (int)strcspn(at, "\n");

		fprintf(out, "#%s%.*s\n", length ? " " : "", length, at);
		at += length + (at[length] == '\n');
	}
	fprintf(out, "name: minimal\nstop: {trials: %d}\n", MINIMISE_RUNS);
	if (kernel)
		fprintf(out, "kernel: \"%s\"\n", kernel);
	json_object_foreach(json, key, value)
	{
		char *text = json_dumps(value, JSON_ENCODE_ANY);

		fprintf(out, "%s: %s\n", key, text ? text : "");
		free(text);
	}
}

static void write_spec(const struct session *s, const struct plainer_spec *spec,
		       const char *comment, FILE *out)
{
	(void)s;
	(void)comment;
	fprintf(out, "%s\n", spec->text);
}

static void write_program(const struct session *s, const struct plainer_spec *spec,
			  const char *comment, FILE *out)
{
	(void)s;
	reproducer_write(spec->campaign, comment, out);
}

enum { WRITTEN_PROGRAM = 2 };
static const struct written {
	const char *name;
	void (*write)(const struct session *s, const struct plainer_spec *spec,
		      const char *comment, FILE *out);
} written[] = {
	{ "minimal.yaml", write_yaml },
	{ "spec.json", write_spec },
	[WRITTEN_PROGRAM] = { "reproducer.c", write_program },
};

static int write_file(const struct session *s, const struct written *file,
		      const struct plainer_spec *spec, const char *comment)
{
	char path[PATH_MAX];
	struct why why;
	FILE *out;
	bool failed;

	snprintf(path, sizeof(path), "%s/%s", s->folder, file->name);
	out = fopen(path, "we");
	if (out)
		file->write(s, spec, comment, out);
	failed = !out || ferror(out);
	failed = (out && fclose(out)) || failed;
	if (!failed)
		return 0;
	why_set(&why, errno, "%s: cannot be written: %s", path, strerror(errno));
	return command_complain(&why, EXIT_INTERNAL);
}

static int leave_files(const struct session *s, const struct plainer_spec *spec,
		       const char *obstacle)
{
	char *comment = comment_of(s, spec->text);
	int code = comment ? 0 : EXIT_INTERNAL;

	for (int i = 0; !code && i <= WRITTEN_PROGRAM; i++)
		if (i != WRITTEN_PROGRAM || !obstacle)
			code = write_file(s, &written[i], spec, comment);
	free(comment);
	return code;
}

static void tell_end(const struct session *s, const struct plainer_spec *spec,
		     const char *obstacle)
{
	bool known = s->minimise.stage != MINIMISE_FIRST && s->minimise.stage != MINIMISE_GONE;
	struct stats_interval rate =
		stats_rate_interval(s->confirmed.same, s->confirmed.trials, 0.95);
	struct sentence outcome = outcome_of(s);
	char program[PATH_MAX];
	const struct minimise_end_line line = {
		.signature = s->finding->trial_signature,
		.kernel = s->release[0] ? s->release : NULL,
		.stage = s->minimise.stage,
		.reason = outcome.text,
		.steps = s->steps,
		.trials = s->trials,
		.hits = s->confirmed.same,
		.confirmed = s->confirmed.trials,
		.rate_low_ppm = stats_ppm_down(rate.low),
		.rate_high_ppm = stats_ppm_up(rate.high),
		.elapsed_ms = (loop_now() - s->started_ns) / 1000000,
		.spec = spec->text,
		.reproducer = known && !obstacle ? program : NULL,
	};
	char *json = s->o->json ? fields_to_line(&minimise_end_fields, "minimal", &line) : NULL;

	snprintf(program, sizeof(program), "%s/%s", s->folder, written[WRITTEN_PROGRAM].name);
	if (json)
		fputs(json, stdout);
	free(json);
	fprintf(s->people, "\n%s: %s\n  (%u trials in %u steps, %llu s)\n",
		is_minimal(s) ? "Minimal" : "Not minimal", outcome.text, s->trials, s->steps,
		(unsigned long long)line.elapsed_ms / 1000);
	if (!known)
		return;
	fprintf(s->people, "%s\nCampaign: %s/minimal.yaml (the spec alone: %s/spec.json)\n",
		spec->text, s->folder, s->folder);
	if (obstacle)
		fprintf(s->people, "No C program: %s\n", obstacle);
	else
		fprintf(s->people, "C program: %s\n", program);
}

static int end(struct session *s, struct why *why)
{
	bool known = s->minimise.stage != MINIMISE_FIRST && s->minimise.stage != MINIMISE_GONE;
	struct plainer_spec best = { 0 };
	const char *obstacle;
	int code = 0;

	if (plainer_make(s->plainer, &s->minimise.best, &best, why))
		return command_complain(why, EXIT_INTERNAL);
	obstacle = reproducer_obstacle(best.campaign);
	if (known)
		code = leave_files(s, &best, obstacle);
	if (!code)
		tell_end(s, &best, obstacle);
	plainer_spec_free(&best);
	if (code || s->code)
		return code ? code : s->code;
	return is_minimal(s) ? EXIT_CLEAN : EXIT_INCONCLUSIVE;
}

static int minimise(struct session *s, struct why *why)
{
	if (begin(s, why))
		return command_complain(why, EXIT_CONFIG);
	choose_folder(s);
	if (!s->o->quiet)
		fprintf(s->people,
			"Finding %u of %s, %s: the simplest trial that shows it.\nA change is kept when %u of at most %d trials show the finding.\n\n",
			s->o->finding, s->o->results, s->finding->trial_signature, s->o->hits,
			MINIMISE_RUNS);
	search(s);
	return end(s, why);
}

static int minimise_as(const struct options *o, bool *interrupted)
{
	struct session session = { .o = o, .started_ns = loop_now() };
	struct past *past = NULL;
	struct why why;
	int code;

	if (past_open(o->results, &past, &why))
		return command_complain(&why, EXIT_CONFIG);
	session.past = past;
	session.people = o->json ? stderr : stdout;
	code = minimise(&session, &why);
	*interrupted = session.interrupted;
	plainer_free(session.plainer);
	past_close(past);
	return code;
}

static int run(const void *options)
{
	struct options o = *(const struct options *)options;
	bool interrupted = false;
	uint32_t seconds = 0;
	int code = o.span ? command_read_for(&command_minimise, o.span, &seconds) : 0;

	if (code)
		return code;
	if (o.span)
		o.until_ns = loop_now() + seconds * 1000000000ULL;
	return minimise_as(&o, &interrupted);
}

bool minimise_finding(const char *results, uint32_t finding, uint64_t until_ns)
{
	struct options o = { .results = results,
			     .finding = finding,
			     .trials = MINIMISE_TRIALS,
			     .hits = MINIMISE_HITS,
			     .until_ns = until_ns };
	bool interrupted = false;
	char out[PATH_MAX];

	snprintf(out, sizeof(out), "%s/minimal-%u", results, finding);
	o.out = out;
	minimise_as(&o, &interrupted);
	return !interrupted;
}

const struct command command_minimise = {
	.name = "minimise",
	.alias = "minimize",
	.syntax = {
		.name = "dadrace minimise",
		.doc = "Simplify the trial of a finding as far as possible, and write a C program that reproduces it",
		.about = "One thing after another is left out or made smaller: steps of the order, DAD answers, the command of the bring-up, echoes or the hold, sysctls, times. "
			 "A change is kept when the finding still shows in 3 of at most 10 trials; at the end, 10 trials confirm the result.\n"
			 "Ctrl-C ends the search with the simplest trial found so far.",
		.options = rows,
		.operands = operands,
		.exits = exits,
		.size = sizeof(struct options),
	},
	.run = run,
};
