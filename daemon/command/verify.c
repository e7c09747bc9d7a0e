// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/exits.h"
#include "base/stats.h"
#include "command/command.h"
#include "command/source.h"
#include "parse/campaign.h"
#include "parse/campaign_pinned.h"
#include "proof/proof.h"
#include "results/finding_words.h"
#include "results/reader.h"
#include "run/campaign.h"

enum {
	SETS_MAX = 64,
	OURS_MAX = 12,
	BISECT_SKIP = 125, /* what `git bisect run` takes for "cannot be judged" */
};

struct options {
	const char *before;
	const char *after;
	const char *campaign; /* file; when before is a kernel */
	const char *modules;
	const char *out;
	uint32_t finding;
	uint32_t rarer;
	bool bisect, json, quiet, force, help;
	const char *sets[SETS_MAX];
	size_t nr_sets;
};

enum {
	OPT_BEFORE = 256,
	OPT_AFTER,
	OPT_FINDING,
	OPT_RARER,
	OPT_MODULES,
	OPT_OUT,
	OPT_SET,
	OPT_BISECT,
	OPT_JSON,
	OPT_QUIET,
	OPT_FORCE,
	OPT_HELP
};

/* clang-format off */
static const struct option long_options[] = {
	{ "before",	 required_argument, NULL, OPT_BEFORE },
	{ "after",	 required_argument, NULL, OPT_AFTER },
	{ "finding",	 required_argument, NULL, OPT_FINDING },
	{ "rarer",	 required_argument, NULL, OPT_RARER },
	{ "modules",	 required_argument, NULL, OPT_MODULES },
	{ "out",	 required_argument, NULL, OPT_OUT },
	{ "set",	 required_argument, NULL, OPT_SET },
	{ "bisect-step", no_argument,	    NULL, OPT_BISECT },
	{ "json",	 no_argument,	    NULL, OPT_JSON },
	{ "quiet",	 no_argument,	    NULL, OPT_QUIET },
	{ "force",	 no_argument,	    NULL, OPT_FORCE },
	{ "help",	 no_argument,	    NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};
/* clang-format on */

/* What is to be proved, as the results before tell it. */
struct claim {
	const struct past *past;
	const struct tally_finding *finding;
	const struct tally_share
		*share;	 /* of the arm that injects most of those that show it */
	uint64_t needed; /* valid trials of that arm */
};

/* --- options --- */

static int read_option(int opt, struct options *o)
{
	switch (opt) {
	case OPT_BEFORE: o->before = optarg; break;
	case OPT_AFTER: o->after = optarg; break;
	case OPT_FINDING:
		return read_number(optarg, &o->finding) ?
			       0 :
			       command_usage(&command_verify,
					     "--finding %s: a finding's number is wanted",
					     optarg);
	case OPT_RARER:
		return read_number(optarg, &o->rarer) ?
			       0 :
			       command_usage(&command_verify,
					     "--rarer %s: a whole number is wanted", optarg);
	case OPT_MODULES: o->modules = optarg; break;
	case OPT_OUT: o->out = optarg; break;
	case OPT_SET:
		if (o->nr_sets == SETS_MAX - OURS_MAX)
			return command_usage(&command_verify, "more than %d --set",
					     SETS_MAX - OURS_MAX);
		o->sets[o->nr_sets++] = optarg;
		break;
	case OPT_BISECT: o->bisect = true; break;
	case OPT_JSON: o->json = true; break;
	case OPT_QUIET: o->quiet = true; break;
	case OPT_FORCE: o->force = true; break;
	case 'h':
	case OPT_HELP: o->help = true; break;
	}
	return 0;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return path && !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int read_options(int argc, char **argv, struct options *o)
{
	int opt, code = 0;

	optind = 1;
	opterr = 0;
	while (!code && (opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		code = opt == '?' ?
			       command_usage(&command_verify,
					     "\"%s\" is no option of it, or lacks its value",
					     argv[optind - 1]) :
			       read_option(opt, o);
	if (code || o->help)
		return code;
	if (!o->before || !o->after)
		return command_usage(&command_verify, "--before and --after are wanted");
	if (is_folder(o->before) ? optind != argc : optind + 1 != argc)
		return command_usage(
			&command_verify,
			is_folder(o->before) ?
				"the results before say what to run; no campaign "
				"is wanted" :
				"--before %s is no folder of results; for a kernel "
				"a campaign file is wanted, too",
			o->before);
	o->campaign = argv[optind]; /* NULL behind the last */
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
	const char *sets[SETS_MAX];
	struct run_source source = {
		.text = launch->text,
		.name = launch->text ? "results" : o->campaign,
		.kernel = run_kernel(launch->kernel, NULL),
		.modules = o->modules,
		.sets = sets,
	};

	for (size_t i = 0; i < launch->nr_sets; i++)
		sets[source.nr_sets++] = launch->sets[i];
	/* What was set before is in the results before already, and must not undo our limits. */
	if (!launch->text || is_folder(o->before)) {
		for (size_t i = 0; i < o->nr_sets; i++)
			sets[source.nr_sets++] = o->sets[i];
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
		why_set(why, ENOENT, "verify: %s has no finding %u, but %u finding%s",
			past_folder(past), o->finding, summary->nr_findings,
			summary->nr_findings == 1 ? "" : "s");
		return false;
	}
	*claim = (struct claim){ .past = past, .finding = &summary->findings[o->finding - 1] };
	for (uint32_t i = 0; i < claim->finding->nr_shares; i++)
		if (claim->finding->shares[i].count)
			claim->share = &claim->finding->shares[i];
	if (!claim->share) {
		why_set(why, ENOENT, "verify: finding %u of %s shows in no arm of its campaign",
			o->finding, past_folder(past));
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
		"Before: %u of %u %s trials show %s (%s or more at 95%%); %llu without it say "
		"\"fixed\"\n",
		claim->share->count, claim->share->judged, arm_names[claim->share->arm],
		claim->finding->signature, least_rate(claim).at,
		(unsigned long long)claim->needed);
	fflush(out);
}

/* --- after --- */

/* Trials that are needed to have so many valid ones, twice over. */
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

/* The campaign before on the kernel after, with what is set here. */
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
		return command_complain(&(struct why){ "verify: out of memory" },
					EXIT_INTERNAL);
	code = run_source(o, &launch, folder);
	free(text);
	return code;
}

/* Only the arm that shows the fault, for as long as it takes. */
static int run_after(const struct options *o, const struct claim *claim, char folder[PATH_MAX])
{
	char arms[64], valid[64], trials[64];
	const char *const ours[] = {
		"name=verify",	  arms, valid, trials, "stop.findings=1", "stop.seconds=0",
		"stop.decided=[]"
	};

	snprintf(arms, sizeof(arms), "arms=[%s]", arm_names[claim->share->arm]);
	snprintf(valid, sizeof(valid), "stop.valid=%llu", (unsigned long long)claim->needed);
	snprintf(trials, sizeof(trials), "stop.trials=%llu",
		 (unsigned long long)most_trials(claim));
	return run_again(o, claim->past, ours, sizeof(ours) / sizeof(ours[0]), folder);
}

static const char *release_of(const struct past *past)
{
	return json_string_value(json_object_get(past_machine(past), "release")) ?: "?";
}

static void tell_after(const struct claim *claim, const struct past *after,
		       const struct proof *proof, FILE *out)
{
	const char *signature = claim->finding->signature, *release = release_of(after);
	struct finding_rate bound = finding_percent(
		stats_ppm_up(stats_rate_bound(proof->same, proof->valid, 0.95)), true);

	switch (proof_judge(proof, claim->needed)) {
	case PROOF_FIXED:
		fprintf(out,
			"Fixed: 0 of %u valid %s trials show %s on %s (rate below %s at 95%%); "
			"as frequent as before (%s or more), it would have shown with a "
			"probability of 99%%\n",
			proof->valid, arm_names[claim->share->arm], signature, release,
			bound.at, least_rate(claim).at);
		break;
	case PROOF_NOT_FIXED:
		fprintf(out,
			"Not fixed: trial %u on %s shows %s again (see `dadrace report "
			"%s`)\n",
			proof->first_same, release, signature, past_folder(after));
		break;
	case PROOF_CHANGED:
		fprintf(out,
			"Changed: %s did not show on %s in %u valid trials, but trial %u shows "
			"another fault, %s (see `dadrace report %s`)\n",
			signature, release, proof->valid, proof->first_other,
			proof->other_signature, past_folder(after));
		break;
	case PROOF_TOO_FEW:
		fprintf(out,
			"Not proved: %s did not show on %s, but only %u of %llu trials that "
			"are "
			"needed are valid (%u missed, %u invalid, %u skipped; rate below %s at "
			"95%%)\n",
			signature, release, proof->valid, (unsigned long long)claim->needed,
			proof->by[VERDICT_MISSED], proof->by[VERDICT_INVALID],
			proof->by[VERDICT_SKIPPED], bound.at);
		break;
	}
}

static int exit_of(const struct options *o, enum proof_verdict verdict)
{
	switch (verdict) {
	case PROOF_FIXED: return o->bisect ? 0 : EXIT_CLEAN;
	case PROOF_NOT_FIXED: return o->bisect ? 1 : EXIT_FAULT;
	case PROOF_CHANGED: return o->bisect ? BISECT_SKIP : EXIT_FAULT;
	case PROOF_TOO_FEW: return o->bisect ? BISECT_SKIP : EXIT_INCONCLUSIVE;
	}
	return EXIT_INTERNAL;
}

static int judge_after(const struct options *o, const struct claim *claim, const char *folder)
{
	struct proof proof = { .signature = claim->finding->signature };
	struct past *after;
	struct why why;

	if (past_open(folder, &after, &why))
		return command_complain(&why, o->bisect ? BISECT_SKIP : EXIT_INTERNAL);
	past_prove(after, &proof);
	tell_after(claim, after, &proof, o->json ? stderr : stdout);
	past_close(after);
	return exit_of(o, proof_judge(&proof, claim->needed));
}

/*
 * Nothing was found before, so no rate says how many trials are enough: as many as before are run. A fault that they
 * show has come with the kernel after.
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
			"Not fixed: trial %u on %s shows %s, and none of %u valid trials on %s "
			"does (see "
			"`dadrace report %s`)\n",
			summary->findings[0].first_trial, release_of(after),
			summary->findings[0].signature, before->valid, release_of(past),
			folder);
		code = EXIT_FAULT;
	} else {
		why_set(&why, ENOENT,
			"verify: %s shows no fault (%s), nor does %s (%s), so there is none "
			"whose absence "
			"could be verified; more trials may show it",
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

static int run_with(const struct options *o)
{
	struct past *past = NULL;
	int code;

	if (o->help)
		return command_help(&command_verify);
	code = open_before(o, &past);
	if (!code)
		code = verify(o, past);
	past_close(past);
	return code;
}

static int run(int argc, char **argv)
{
	struct options options = { .finding = 1, .rarer = 1 };
	int code = read_options(argc, argv, &options);

	if (!code)
		code = run_with(&options);
	/* Whatever is neither 0 nor 1 would say "bad" to git bisect. */
	return options.bisect && code > EXIT_FAULT ? BISECT_SKIP : code;
}

const struct command command_verify = {
	.name = "verify",
	.arguments = "--before RESULTS|KERNEL --after KERNEL|here [OPTION]... [CAMPAIGN]",
	.doc = "Tells whether a kernel still has a fault that was found before",
	.help = "RESULTS is a folder with a finding; for a KERNEL (as of `dadrace run "
		"--kernel`, or "
		"\"here\") the\n"
		"CAMPAIGN is run on it first. Then the arm that shows the finding runs on the "
		"kernel after, until\n"
		"the fault shows or until enough trials are valid: ceil(ln 0.01 / ln(1 - r)), "
		"r "
		"being the lower\n"
		"95% bound of the rate before. Stopping at the first finding does not bias "
		"that "
		"bound.\n"
		"Where nothing was found before, that campaign runs on the kernel after: a "
		"fault there is not fixed.\n"
		"Exit codes: 0 fixed, 1 not fixed or changed (another fault appeared), 3 too "
		"few "
		"were valid, or\n"
		"nothing was found before and after.\n"
		"\n"
		"  --before WHERE    results with the finding, or the kernel to find it on\n"
		"  --after KERNEL    the kernel that may have lost it\n"
		"  --finding N       which finding of RESULTS; default 1\n"
		"  --rarer N         would also see a fault that has become N times as rare (a "
		"half-made fix);\n"
		"                    default 1\n"
		"  --bisect-step     exits with 0, 1 or 125 (not to be judged), for `git "
		"bisect "
		"run`\n"
		"  --modules DIR     modules of the kernels\n"
		"  --out DIR         results go to DIR/before and DIR/after; default: below "
		"results/\n"
		"  --set KEY=VALUE   overrides a key of CAMPAIGN, or of the one in RESULTS\n"
		"  --json            streams every line of the results on standard output\n"
		"  --quiet           only the sentences before and after\n"
		"  --force           runs on a machine that an earlier leak has marked dirty\n",
	.run = run,
};
