// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/exits.h"
#include "base/stats.h"
#include "command/command.h"
#include "command/rows.h"
#include "command/source.h"
#include "parse/campaign.h"
#include "parse/campaign_pinned.h"
#include "proof/proof.h"
#include "results/finding_words.h"
#include "results/reader.h"
#include "run/campaign.h"

enum { BISECT_SKIP = 125 }; /* what `git bisect run` takes for "cannot be judged" */

struct options {
	const char *before;
	const char *after;
	const char *campaign; /* file; when before is a kernel */
	const char *modules;
	const char *out;
	uint32_t finding;
	uint32_t rarer;
	bool bisect, json, quiet, force;
	struct option_texts sets;
};

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "before", 0, OPTION_TEXT, AT(before), "RESULTS|KERNEL", .needed = true,
	  .doc = "The results with the finding, or the kernel to find it on" },
	{ "after", 0, OPTION_TEXT, AT(after), "KERNEL|here", .needed = true,
	  .doc = "The kernel in which it may be fixed; \"here\" is the running kernel" },
	{ "finding", 0, OPTION_NUMBER, AT(finding), "N", .min = 1, .preset = "1", .doc = "Which finding of RESULTS" },
	{ "rarer", 0, OPTION_NUMBER, AT(rarer), "N", .min = 1, .preset = "1",
	  .doc = "Also detect a fault that has become N times as rare, as by an incomplete fix" },
	{ "bisect-step", 0, OPTION_FLAG, AT(bisect),
	  .doc = "Exit with 0, 1 or 125 (cannot be judged), for `git bisect run`" },
	{ "modules", 0, OPTION_TEXT, AT(modules), "DIR", .doc = "Modules of the kernels (default: those of their packages)" },
	{ "out", 0, OPTION_TEXT, AT(out), "DIR",
	  .doc = "Write the new results into DIR/before and DIR/after (default: below results/)" },
	{ "set", 0, OPTION_TEXTS, AT(sets), "KEY=VALUE",
	  .doc = "Override a key of CAMPAIGN, or of the campaign in RESULTS. Can be repeated" },
	{ "json", 0, OPTION_FLAG, AT(json), .doc = DOC_STREAM },
	{ "quiet", 0, OPTION_FLAG, AT(quiet), .doc = "Print only the sentences before and after" },
	{ "force", 0, OPTION_FLAG, AT(force), .doc = DOC_FORCE },
	{ .name = NULL },
};
static const struct operand_row operands[] = {
	{ "CAMPAIGN", OPTION_TEXT, AT(campaign), false, "The campaign file to run first when --before names a kernel" },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN,	     .doc = "Fixed" },
	{ EXIT_FAULT,	     .doc = "Not fixed, or changed: another fault appeared" },
	{ EXIT_INCONCLUSIVE, .doc = "Too few trials were valid, or nothing was found before and after" },
	{ EXIT_CONFIG,	     .doc = "RESULTS, KERNEL or CAMPAIGN cannot be read, or has no such finding" },
	{ .doc = NULL },
};
/* clang-format on */

/* The claim to be proved, from the results before. */
struct claim {
	const struct past *past;
	const struct tally_finding *finding;
	const struct tally_share
		*share;	 /* of the arm that injects most of those that show it */
	uint64_t needed; /* valid trials of that arm */
};

static bool is_folder(const char *path)
{
	struct stat st;

	return path && !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int check(const struct options *o)
{
	if (is_folder(o->before) && o->campaign)
		return command_refuse(
			&command_verify,
			"%s: the results in %s say what to run; leave out the campaign",
			o->campaign, o->before);
	if (!is_folder(o->before) && !o->campaign)
		return command_refuse(
			&command_verify,
			"--before %s: not a results folder; if it is a kernel, name the CAMPAIGN to run on it",
			o->before);
	return 0;
}

/* --- running --- */

/* A campaign to be run: a file, or a text. */
struct launch {
	const char *text; /* NULL: the file */
	const char *kernel;
	const char *part; /* of --out */
	const char *const *sets;
	size_t nr_sets;
};

static int load(const struct options *o, const struct launch *launch,
		struct campaign **campaign, struct why *why)
{
	const char *sets[RUN_SETS_MAX];
	struct run_source source = {
		.text = launch->text,
		.name = launch->text ? "results" : o->campaign,
		.kernel = run_kernel(launch->kernel, NULL),
		.modules = o->modules,
		.sets = sets,
	};

	for (size_t i = 0; i < launch->nr_sets; i++)
		sets[source.nr_sets++] = launch->sets[i];
	/*
	 * The results measured before have --set in them already; again, it could undo our
	 * limits.
	 */
	if (!launch->text || is_folder(o->before)) {
		for (uint32_t i = 0; i < o->sets.nr; i++)
			sets[source.nr_sets++] = o->sets.at[i];
	}
	return run_load(&source, campaign, why);
}

/* Returns the run's code; `folder` is that of its results. */
static int run_source(const struct options *o, const struct launch *launch,
		      char folder[PATH_MAX])
{
	struct campaign *campaign = NULL;
	char out[PATH_MAX] = "";
	struct run_ask ask = {
		.out = o->out ? out : NULL,
		.json = o->json,
		.quiet = o->quiet,
		.force = o->force,
	};
	struct why why;
	int code;

	folder[0] = '\0';
	snprintf(out, sizeof(out), "%s/%s", o->out ? o->out : "", launch->part);
	if (load(o, launch, &campaign, &why))
		return command_complain(&why, EXIT_CONFIG);
	ask.campaign = campaign;
	code = run_campaign(&ask, folder);
	campaign_free(campaign);
	return code;
}

/* The results before: those that are there, or measured now. */
static int open_before(const struct options *o, struct past **past)
{
	const struct launch measured = { .kernel = o->before, .part = "before" };
	char folder[PATH_MAX];
	struct why why;
	int code = 0;

	snprintf(folder, sizeof(folder), "%s", o->before);
	if (!is_folder(o->before))
		code = run_source(o, &measured, folder);
	if (run_has_failed(code))
		return code;
	return past_open(folder, past, &why) ? command_complain(&why, EXIT_CONFIG) : 0;
}

/* --- before --- */

static bool make_claim(const struct options *o, const struct past *past, struct claim *claim,
		       struct why *why)
{
	const struct summary *summary = past_summary(past);

	if (o->finding > summary->nr_findings) {
		why_set(why, ENOENT, "%s: no finding %u; it has %u", past_folder(past),
			o->finding, summary->nr_findings);
		return false;
	}
	*claim = (struct claim){ .past = past, .finding = &summary->findings[o->finding - 1] };
	for (uint32_t i = 0; i < claim->finding->nr_shares; i++)
		if (claim->finding->shares[i].count)
			claim->share = &claim->finding->shares[i];
	if (!claim->share) {
		why_set(why, ENOENT, "%s: finding %u shows in no arm of its campaign",
			past_folder(past), o->finding);
		return false;
	}
	claim->needed = proof_needed(claim->share->count, claim->share->judged, o->rarer);
	return true;
}

static struct finding_rate least_rate(const struct claim *claim)
{
	return finding_percent(stats_ppm_down(stats_rate_floor(claim->share->count,
							       claim->share->judged, 0.95)),
			       false);
}

static void tell_before(const struct claim *claim, FILE *out)
{
	fprintf(out,
		"Before: %u of %u %s trials show %s (%s or more at 95%%); %llu valid trials without it prove it fixed\n",
		claim->share->count, claim->share->judged, arm_names[claim->share->arm],
		claim->finding->trial_signature, least_rate(claim).at,
		(unsigned long long)claim->needed);
	fflush(out);
}

/* --- after --- */

/* Twice the trials that should give as many valid ones as needed. */
static uint64_t most_trials(const struct claim *claim)
{
	enum { CAP = 100000000, SPARE = 16 };
	const struct summary *summary = past_summary(claim->past);
	double spent = 1, nr; /* trials for each valid one */

	for (uint32_t i = 0; i < summary->nr_arms; i++)
		if (summary->arms[i].arm == claim->share->arm && summary->arms[i].valid)
			spent = (double)summary->arms[i].trials / summary->arms[i].valid;
	nr = 2 * (double)claim->needed * spent + SPARE;
	return nr < CAP ? (uint64_t)nr : CAP;
}

/* Runs the campaign before on the kernel after, with these keys changed. */
static int run_again(const struct options *o, const struct past *past, const char *const *sets,
		     size_t nr_sets, char folder[PATH_MAX])
{
	char *text = campaign_text(past_campaign(past));
	const struct launch launch = {
		.text = text,
		.kernel = o->after,
		.part = "after",
		.sets = sets,
		.nr_sets = nr_sets,
	};
	int code;

	if (!text)
		return command_complain(&(struct why){ "out of memory" }, EXIT_INTERNAL);
	code = run_source(o, &launch, folder);
	free(text);
	return code;
}

/* Runs only the arm that shows the fault, until enough trials are valid. */
static int run_after(const struct options *o, const struct claim *claim, char folder[PATH_MAX])
{
	char arms[64], valid[64], trials[64], limit[64];
	const char *const ours[] = {
		"name=verify",
		arms,
		valid,
		trials,
		limit,
		"stop.findings=1",
		"stop.hits=0",
		"stop.seconds=0",
		"stop.decided=[]",
	};
	double least = stats_rate_floor(claim->share->count, claim->share->judged, 0.95);
	unsigned long long least_ppm = stats_ppm_down(least / o->rarer);

	snprintf(arms, sizeof(arms), "arms=[%s]", arm_names[claim->share->arm]);
	snprintf(valid, sizeof(valid), "stop.valid=%llu", (unsigned long long)claim->needed);
	snprintf(trials, sizeof(trials), "stop.trials=%llu",
		 (unsigned long long)most_trials(claim));
	/* What is proved is clean, whatever the campaign before asked for. */
	snprintf(limit, sizeof(limit), "clean_below_ppm=%llu", least_ppm ? least_ppm : 1);
	return run_again(o, claim->past, ours, sizeof(ours) / sizeof(ours[0]), folder);
}

static void tell_after(const struct claim *claim, const struct past *after,
		       const struct proof *proof, FILE *out)
{
	const char *signature = claim->finding->trial_signature, *release = past_release(after);
	struct finding_rate bound = finding_percent(
		stats_ppm_up(stats_rate_bound(proof->same, proof->valid, 0.95)), true);

	switch (proof_judge(proof, claim->needed)) {
	case PROOF_FIXED:
		fprintf(out,
			"Fixed: 0 of %u valid %s trials show %s on %s (rate below %s at 95%%). At its rate before (%s or more), it would have shown with a probability of 99%%.\n",
			proof->valid, arm_names[claim->share->arm], signature, release,
			bound.at, least_rate(claim).at);
		break;
	case PROOF_NOT_FIXED:
		fprintf(out,
			"Not fixed: trial %u on %s shows %s again (see `dadrace report %s`)\n",
			proof->first_same, release, signature, past_folder(after));
		break;
	case PROOF_CHANGED:
		fprintf(out,
			"Changed: %s did not show on %s in %u valid trials, but trial %u shows another fault, %s (see `dadrace report %s`)\n",
			signature, release, proof->valid, proof->first_other,
			proof->other_signature, past_folder(after));
		break;
	case PROOF_TOO_FEW:
		fprintf(out,
			"Not proved: %s did not show on %s, but only %u of the %llu needed trials were valid (%u missed, %u invalid, %u skipped; rate below %s at 95%%)\n",
			signature, release, proof->valid, (unsigned long long)claim->needed,
			proof->by[VERDICT_MISSED], proof->by[VERDICT_INVALID],
			proof->by[VERDICT_SKIPPED], bound.at);
		break;
	}
}

static int exit_of(const struct options *o, enum proof_verdict verdict)
{
	switch (verdict) {
	case PROOF_FIXED: return EXIT_CLEAN;
	case PROOF_NOT_FIXED: return EXIT_FAULT;
	case PROOF_CHANGED: return o->bisect ? BISECT_SKIP : EXIT_FAULT;
	case PROOF_TOO_FEW: return EXIT_INCONCLUSIVE;
	}
	return EXIT_INTERNAL;
}

static int judge_after(const struct options *o, const struct claim *claim, const char *folder)
{
	struct proof proof = { .signature = claim->finding->trial_signature };
	struct past *after;
	struct why why;

	if (past_open(folder, &after, &why))
		return command_complain(&why, EXIT_INTERNAL);
	past_prove(after, &proof);
	tell_after(claim, after, &proof, o->json ? stderr : stdout);
	past_close(after);
	return exit_of(o, proof_judge(&proof, claim->needed));
}

/*
 * Nothing was found before, so no rate tells how many trials are enough: as many as before are
 * run. A fault that they show is new in the kernel after.
 */
static int verify_sound(const struct options *o, const struct past *past)
{
	const char *const ours[] = { "name=verify", "stop.findings=1" };
	const struct summary *before = past_summary(past), *summary;
	char folder[PATH_MAX];
	struct past *after;
	struct why why;
	int code = run_again(o, past, ours, sizeof(ours) / sizeof(ours[0]), folder);

	if (run_has_failed(code))
		return code;
	if (past_open(folder, &after, &why))
		return command_complain(&why, EXIT_INTERNAL);
	summary = past_summary(after);
	if (summary->nr_findings) {
		fprintf(o->json ? stderr : stdout,
			"Not fixed: trial %u on %s shows %s, and none of %u valid trials on %s does (see `dadrace report %s`)\n",
			summary->findings[0].first_trial, past_release(after),
			summary->findings[0].trial_signature, before->valid, past_release(past),
			folder);
		code = EXIT_FAULT;
	} else {
		why_set(&why, ENOENT,
			"%s shows no fault (%s), and neither does %s (%s): there is nothing to verify; more trials may show a fault",
			past_folder(past), before->reason, folder, summary->reason);
		code = command_complain(&why, EXIT_INCONCLUSIVE);
	}
	past_close(after);
	return code;
}

static int verify(const struct options *o, const struct past *past)
{
	char folder[PATH_MAX];
	struct claim claim = { 0 };
	struct why why;
	int code;

	if (!past_summary(past)->nr_findings)
		return verify_sound(o, past);
	if (!make_claim(o, past, &claim, &why))
		return command_complain(&why, EXIT_INCONCLUSIVE);
	tell_before(&claim, o->json ? stderr : stdout);
	code = run_after(o, &claim, folder);
	return run_has_failed(code) ? code : judge_after(o, &claim, folder);
}

static int run(const void *options)
{
	const struct options *o = options;
	struct past *past = NULL;
	int code = check(o);

	if (!code)
		code = open_before(o, &past);
	if (!code)
		code = verify(o, past);
	past_close(past);
	return code;
}

/* git bisect takes every other code below 128 for "bad". */
static int exit_code(const void *options, int code)
{
	const struct options *o = options;

	return o->bisect && code > EXIT_FAULT ? BISECT_SKIP : code;
}

const struct command command_verify = {
	.name = "verify",
	.syntax = {
		.name = "dadrace verify",
		.doc = "Test whether a kernel still has a fault that was found before",
		.about = "The arm that shows the finding runs on the kernel after, until the fault shows or until enough trials are valid: ceil(ln 0.01 / ln(1 - r)), where r is the lower 95% bound of the rate before. "
			 "Stopping at the first finding does not bias that bound.\n"
			 "When --before names a kernel, as for `dadrace run --kernel`, or \"here\", CAMPAIGN runs on it first.\n"
			 "When nothing was found before, the same campaign runs on the kernel after; a fault that it shows counts as not fixed.",
		.options = rows,
		.operands = operands,
		.exits = exits,
		.size = sizeof(struct options),
	},
	.run = run,
	.exit_code = exit_code,
};
