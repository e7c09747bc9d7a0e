// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "base/stats.h"
#include "command/command.h"
#include "command/rows.h"
#include "command/source.h"
#include "parse/campaign.h"
#include "proof/proof.h"
#include "results/finding_words.h"
#include "results/reader.h"
#include "run/campaign.h"

struct options {
	const char *results;
	uint32_t trial;
	uint32_t times;
	const char *kernel;
	const char *modules;
	struct run_ask ask;
	struct option_texts sets;
	bool print_spec;
};

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "times", 0, OPTION_NUMBER, AT(times), "N", .min = 1, .preset = "10", .doc = "Run the trial N times" },
	{ "kernel", 0, OPTION_TEXT, AT(kernel), "IMAGE|here", .doc = DOC_KERNEL_OR_HERE },
	{ "modules", 0, OPTION_TEXT, AT(modules), "DIR", .doc = DOC_MODULES },
	{ "out", 0, OPTION_TEXT, AT(ask.out), "DIR",
	  .doc = "Write the new results into this folder (default: results/replay-TRIAL-TIME)" },
	{ "set", 0, OPTION_TEXTS, AT(sets), "KEY=VALUE", .doc = "Change a key of the spec. Can be repeated" },
	{ "print-spec", 0, OPTION_FLAG, AT(print_spec), .doc = "Print the spec, which `dadrace run --spec -` reads, and exit" },
	{ "json", 0, OPTION_FLAG, AT(ask.json), .doc = DOC_STREAM },
	{ "quiet", 0, OPTION_FLAG, AT(ask.quiet), .doc = "Print the last sentences only" },
	{ "force", 0, OPTION_FLAG, AT(ask.force), .doc = DOC_FORCE },
	{ .name = NULL },
};
static const struct operand_row operands[] = {
	{ "RESULTS", OPTION_TEXT, AT(results), true, "The results folder of a run" },
	{ "TRIAL", OPTION_NUMBER, AT(trial), true, "Number of a trial in it" },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN,	     .doc = "Not reproduced" },
	{ EXIT_FAULT,	     .doc = "Reproduced" },
	{ EXIT_INCONCLUSIVE, .doc = "No trial was valid" },
	{ EXIT_CONFIG,	     .doc = "RESULTS cannot be read, or has no such trial" },
	{ .doc = NULL },
};
/* clang-format on */

static int load(const struct options *o, const struct past *past, const char *spec,
		struct campaign **campaign, struct why *why)
{
	char name[64], times[64];
	const char *sets[RUN_SETS_MAX] = { name, times };
	const struct run_source source = {
		.text = spec,
		.name = "spec",
		.kernel = run_kernel(o->kernel, past),
		.modules = o->modules,
		.sets = sets,
		.nr_sets = 2 + o->sets.nr,
	};

	snprintf(name, sizeof(name), "name=replay-%u", o->trial);
	snprintf(times, sizeof(times), "stop.trials=%u", o->times);
	memcpy(sets + 2, o->sets.at, o->sets.nr * sizeof(sets[0]));
	return run_load(&source, campaign, why);
}

static void tell(FILE *out, const struct proof *proof)
{
	/* Only valid trials prove that the fault is absent. */
	uint32_t trials = proof->same ? proof->judged : proof->valid;
	struct stats_interval rate = stats_rate_interval(proof->same, trials, 0.95);

	if (!proof->valid)
		fprintf(out, "Proves nothing: none of %u trials was valid", proof->trials);
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

/* Reads the verdict from the results that the run has left. */
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

static int run(const void *options)
{
	const struct options *o = options;
	const struct past_trial *trial;
	struct past *past = NULL;
	char *spec = NULL;
	struct why why;
	int code;

	if (past_open(o->results, &past, &why))
		return command_complain(&why, EXIT_CONFIG);
	trial = past_trial(past, o->trial);
	if (trial)
		spec = past_spec(past, trial, &why);
	else
		why_set(&why, 0, "%s: no trial %u; it has %u", o->results, o->trial,
			past_summary(past)->trials);
	if (!spec)
		code = command_complain(&why, EXIT_CONFIG);
	else if (o->print_spec)
		code = puts(spec) < 0 ? EXIT_INTERNAL : EXIT_CLEAN;
	else
		code = replay(o, past, trial, spec, &why);
	free(spec);
	past_close(past);
	return code;
}

const struct command command_replay = {
	.name = "replay",
	.syntax = {
		.name = "dadrace replay",
		.doc = "Run the exact spec of a trial again and report how often its fault reproduced",
		.about = "A trial counts as reproduced when it shows the same fault; when the original trial had none, any fault counts.",
		.options = rows,
		.operands = operands,
		.exits = exits,
		.size = sizeof(struct options),
	},
	.run = run,
};
