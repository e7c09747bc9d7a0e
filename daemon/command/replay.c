// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse/campaign.h"
#include "command/command.h"
#include "command/source.h"
#include "run/campaign.h"
#include "base/exits.h"
#include "results/finding_words.h"
#include "results/reader.h"
#include "proof/proof.h"
#include "base/stats.h"

enum { SETS_MAX = 64, OURS_MAX = 8, TIMES = 10 };

struct options {
	const char *results;
	uint32_t trial;
	uint32_t times;
	const char *kernel;
	const char *modules;
	struct run_ask ask;
	const char *sets[SETS_MAX];
	size_t nr_sets;
	bool print_spec, help;
};

enum {
	OPT_TIMES = 256,
	OPT_KERNEL,
	OPT_MODULES,
	OPT_OUT,
	OPT_SET,
	OPT_SPEC,
	OPT_JSON,
	OPT_QUIET,
	OPT_FORCE,
	OPT_HELP
};

/* clang-format off */
static const struct option long_options[] = {
	{ "times",	required_argument, NULL, OPT_TIMES },
	{ "kernel",	required_argument, NULL, OPT_KERNEL },
	{ "modules",	required_argument, NULL, OPT_MODULES },
	{ "out",	required_argument, NULL, OPT_OUT },
	{ "set",	required_argument, NULL, OPT_SET },
	{ "print-spec", no_argument,	   NULL, OPT_SPEC },
	{ "json",	no_argument,	   NULL, OPT_JSON },
	{ "quiet",	no_argument,	   NULL, OPT_QUIET },
	{ "force",	no_argument,	   NULL, OPT_FORCE },
	{ "help",	no_argument,	   NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};
/* clang-format on */

static int read_options(int argc, char **argv, struct options *o)
{
	int opt;

	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (opt) {
		case OPT_TIMES:
			if (!read_number(optarg, &o->times))
				return command_usage(&command_replay,
						     "--times %s: a number of trials is wanted",
						     optarg);
			break;
		case OPT_KERNEL: o->kernel = optarg; break;
		case OPT_MODULES: o->modules = optarg; break;
		case OPT_OUT: o->ask.out = optarg; break;
		case OPT_SET:
			if (o->nr_sets == SETS_MAX - OURS_MAX)
				return command_usage(&command_replay, "more than %d --set",
						     SETS_MAX - OURS_MAX);
			o->sets[o->nr_sets++] = optarg;
			break;
		case OPT_SPEC: o->print_spec = true; break;
		case OPT_JSON: o->ask.json = true; break;
		case OPT_QUIET: o->ask.quiet = true; break;
		case OPT_FORCE: o->ask.force = true; break;
		case 'h':
		case OPT_HELP: o->help = true; return 0;
		default:
			return command_usage(&command_replay,
					     "\"%s\" is no option of it, or lacks its value",
					     argv[optind - 1]);
		}
	}
	if (optind + 2 != argc)
		return command_usage(
			&command_replay,
			"a folder of results and the number of a trial are wanted");
	o->results = argv[optind];
	if (!read_number(argv[optind + 1], &o->trial))
		return command_usage(&command_replay, "%s: a trial's number is wanted",
				     argv[optind + 1]);
	return 0;
}

static int load(const struct options *o, const struct past *past, const char *spec,
		struct campaign **campaign, struct why *why)
{
	char name[64], times[64];
	const char *sets[SETS_MAX] = { name, times };
	const struct run_source source = {
		.text = spec,
		.name = "spec",
		.kernel = run_kernel(o->kernel, past),
		.modules = o->modules,
		.sets = sets,
		.nr_sets = 2 + o->nr_sets,
	};

	snprintf(name, sizeof(name), "name=replay-%u", o->trial);
	snprintf(times, sizeof(times), "stop.trials=%u", o->times);
	memcpy(sets + 2, o->sets, o->nr_sets * sizeof(sets[0]));
	return run_load(&source, campaign, why);
}

static void tell(FILE *out, const struct proof *proof)
{
	/* That it is not there is proved by valid trials only. */
	uint32_t trials = proof->same ? proof->judged : proof->valid;
	struct stats_interval rate = stats_rate_interval(proof->same, trials, 0.95);

	if (!proof->valid)
		fprintf(out, "Proves nothing: none of %u trials is valid", proof->trials);
	else
		fprintf(out, "%s: %u of %u%s trials show %s; rate %s .. %s at 95%%",
			proof->same ? "Reproduced" : "Not reproduced", proof->same, trials,
			proof->same ? "" : " valid",
			proof->signature[0] ? proof->signature : "a fault",
			finding_percent(stats_ppm_down(rate.low), false).at,
			finding_percent(stats_ppm_up(rate.high), true).at);
	fprintf(out, " (%u missed, %u invalid, %u skipped)\n", proof->by[VERDICT_MISSED],
		proof->by[VERDICT_INVALID], proof->by[VERDICT_SKIPPED]);
	if (proof->other)
		fprintf(out, "Another fault: %s in %u trials, first in trial %u\n",
			proof->other_signature, proof->other, proof->first_other);
}

/* What came of it, from the results that it has left. */
static int sum_up(const char *folder, const char *signature, FILE *out, struct why *why)
{
	struct proof proof = { .signature = signature };
	struct past *past;

	if (past_open(folder, &past, why))
		return command_complain(why, EXIT_INTERNAL);
	past_prove(past, &proof);
	past_close(past);
	tell(out, &proof);
	if (!proof.valid)
		return EXIT_INCONCLUSIVE;
	return proof.same ? EXIT_FAULT : EXIT_CLEAN;
}

static int replay(const struct options *o, const struct past *past,
		  const struct past_trial *trial, const char *spec, struct why *why)
{
	struct run_ask ask = o->ask;
	struct campaign *campaign = NULL;
	char folder[PATH_MAX];
	int code;

	if (load(o, past, spec, &campaign, why))
		return command_complain(why, EXIT_CONFIG);
	ask.campaign = campaign;
	code = run_campaign(&ask, folder);
	if (!run_has_failed(code))
		code = sum_up(folder, trial->signature, ask.json ? stderr : stdout, why);
	campaign_free(campaign);
	return code;
}

static int run(int argc, char **argv)
{
	struct options options = { .times = TIMES };
	const struct past_trial *trial;
	struct past *past = NULL;
	char *spec = NULL;
	struct why why;
	int code = read_options(argc, argv, &options);

	if (code)
		return code;
	if (options.help)
		return command_help(&command_replay);
	if (past_open(options.results, &past, &why))
		return command_complain(&why, EXIT_CONFIG);
	trial = past_trial(past, options.trial);
	if (trial)
		spec = past_spec(past, trial, &why);
	else
		why_set(&why, 0, "replay: %s has no trial %u, but %u trials", options.results,
			options.trial, past_summary(past)->trials);
	if (!spec)
		code = command_complain(&why, EXIT_CONFIG);
	else if (options.print_spec)
		code = puts(spec) < 0 ? EXIT_INTERNAL : EXIT_CLEAN;
	else
		code = replay(&options, past, trial, spec, &why);
	free(spec);
	past_close(past);
	return code;
}

const struct command command_replay = {
	.name = "replay",
	.arguments = "RESULTS TRIAL [--times N] [--kernel IMAGE|here] [OPTION]...",
	.doc = "Runs a trial's exact spec again and tells how often it reproduced",
	.help = "RESULTS is a folder that a run has filled, TRIAL the number of a trial in it. "
		"The "
		"same fault\n"
		"counts; of a trial without one, any. Exit codes: 1 reproduced, 0 not, 3 no "
		"trial "
		"was valid.\n"
		"\n"
		"  --times N         how many trials; default 10\n"
		"  --kernel IMAGE    on this kernel instead of that of the results (as "
		"`dadrace run "
		"--kernel`);\n"
		"                    \"here\" is the running one\n"
		"  --modules DIR     that kernel's modules\n"
		"  --out DIR         where the results go; default: results/replay-TRIAL-TIME\n"
		"  --set KEY=VALUE   changes a key of the spec\n"
		"  --print-spec      prints the spec and ends; `dadrace run --spec -` reads "
		"it\n"
		"  --json            streams every line of the results on standard output\n"
		"  --quiet           only the last sentences\n"
		"  --force           runs on a machine that an earlier leak has marked dirty\n",
	.run = run,
};
