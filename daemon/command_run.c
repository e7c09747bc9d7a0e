// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bringup.h"
#include "campaign.h"
#include "command.h"
#include "machine.h"
#include "probes.h"
#include "progress.h"
#include "results.h"
#include "runner.h"
#include "undo.h"

enum { SETS_MAX = 64 };

struct options {
	const char *file;
	const char *out;
	const char *sets[SETS_MAX];
	size_t nr_sets;
	enum tier tier;
	bool json, tap, quiet, keep, force, dump_config, help_config, help;
};

enum { OPT_OUT = 256, OPT_SET, OPT_TIER, OPT_JSON, OPT_TAP, OPT_QUIET, OPT_KEEP, OPT_FORCE,
       OPT_DUMP, OPT_HELP_CONFIG, OPT_HELP };

/* clang-format off */
static const struct option long_options[] = {
	{ "out",	 required_argument, NULL, OPT_OUT },
	{ "set",	 required_argument, NULL, OPT_SET },
	{ "tier",	 required_argument, NULL, OPT_TIER },
	{ "json",	 no_argument,	    NULL, OPT_JSON },
	{ "tap",	 no_argument,	    NULL, OPT_TAP },
	{ "quiet",	 no_argument,	    NULL, OPT_QUIET },
	{ "keep",	 no_argument,	    NULL, OPT_KEEP },
	{ "force",	 no_argument,	    NULL, OPT_FORCE },
	{ "dump-config", no_argument,	    NULL, OPT_DUMP },
	{ "help-config", no_argument,	    NULL, OPT_HELP_CONFIG },
	{ "help",	 no_argument,	    NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};
/* clang-format on */

static bool tier_named(const char *name, enum tier *tier)
{
	for (int i = 0; i < TIERS; i++)
		if (!strcmp(tier_names[i], name)) {
			*tier = i;
			return true;
		}
	return false;
}

/* 0, or an exit code after the sentence. */
static int read_options(int argc, char **argv, struct options *o)
{
	int opt;

	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (opt) {
		case OPT_OUT: o->out = optarg; break;
		case OPT_SET:
			if (o->nr_sets == SETS_MAX)
				return command_usage(&command_run, "more than %d --set", SETS_MAX);
			o->sets[o->nr_sets++] = optarg;
			break;
		case OPT_TIER:
			if (!tier_named(optarg, &o->tier))
				return command_usage(&command_run,
						     "--tier %s: one of auto, kprobe, fentry, "
						     "tracepoint is wanted",
						     optarg);
			break;
		case OPT_JSON: o->json = true; break;
		case OPT_TAP: o->tap = true; break;
		case OPT_QUIET: o->quiet = true; break;
		case OPT_KEEP: o->keep = true; break;
		case OPT_FORCE: o->force = true; break;
		case OPT_DUMP: o->dump_config = true; break;
		case OPT_HELP_CONFIG: o->help_config = true; break;
		case 'h':
		case OPT_HELP: o->help = true; break;
		default:
			return command_usage(&command_run, "\"%s\" is no option of it, or lacks its value",
					     argv[optind - 1]);
		}
	}
	if (o->help || o->help_config)
		return 0;
	if (optind + 1 != argc)
		return command_usage(&command_run, optind == argc ? "a campaign file is wanted" :
								    "one campaign file, not several");
	if (o->json && o->tap)
		return command_usage(&command_run, "--json and --tap both want standard output");
	o->file = argv[optind];
	return 0;
}

static int complain(const struct why *why, int code)
{
	fprintf(stderr, "dadrace: %s\n", why->text);
	return code;
}

/* The tools that machines share must not be in each other's way, nor run on a poisoned kernel. */
static int take_machine(const struct options *o, struct why *why)
{
	unsigned int left;

	if (geteuid() != 0)
		return complain(&(struct why){ "run: root is needed to make namespaces, devices and "
					       "eBPF programs; try `sudo dadrace run ...`" },
				EXIT_CANNOT);
	if (machine_dirty(why) && !o->force)
		return complain(why, EXIT_BUSY);
	if (machine_lock(why) < 0)
		return complain(why, EXIT_BUSY);
	if (undo_replay(stderr, &left, why) < 0 || left)
		return complain(why, EXIT_BUSY);
	return 0;
}

/* A hook costs every process of the machine a little: what the campaign does not use stays out. */
static void leave_out(const struct campaign *campaign, struct probes_ask *ask)
{
	bool inbound = false, outbound = false;
	int nr = 0;

	for (uint32_t i = 0; i < campaign->echo.nr_directions; i++) {
		inbound |= campaign->echo.directions[i] == DIRECTION_INBOUND;
		outbound |= campaign->echo.directions[i] != DIRECTION_INBOUND;
	}
	if (campaign->window.site == SITE_OFF)
		ask->without[nr++] = "flags";
	if (!inbound)
		ask->without[nr++] = "echo-in";
	if (!outbound)
		ask->without[nr++] = "echo-out";
}

static uint32_t list_hooks(const struct probes *probes, struct results_hook *hooks, uint32_t max)
{
	uint32_t nr = 0;

	for (const struct probe_hook *h = probes_hooks(probes); h->probe && nr < max; h++)
		hooks[nr++] = (struct results_hook){
			.probe = h->probe->name, .tier = h->tier, .function = h->function
		};
	return nr;
}

static int run_with(const struct options *o, const struct campaign *campaign, struct probes *probes,
		    struct why *why)
{
	struct results_hook hooks[16];
	uint32_t nr_hooks = list_hooks(probes, hooks, 16);
	enum progress_style style = o->tap   ? PROGRESS_TAP :
				    o->quiet ? PROGRESS_QUIET :
					       PROGRESS_PEOPLE;
	struct machine machine;
	struct results *results;
	struct progress *progress;
	struct runner_ask ask;
	int code;

	machine_read(&machine);
	if (results_open(o->out, campaign, o->json ? stdout : NULL, &results, why))
		return complain(why, EXIT_CONFIG);
	if (results_begin(results, campaign, &machine, hooks, nr_hooks, why)) {
		results_close(results);
		return complain(why, EXIT_INTERNAL);
	}
	if (progress_new(style, o->json ? stderr : stdout, campaign, &progress)) {
		results_close(results);
		return complain(&(struct why){ "run: out of memory" }, EXIT_INTERNAL);
	}
	ask = (struct runner_ask){
		.campaign = campaign,
		.probes = probes,
		.results = results,
		.progress = progress,
		.keep = o->keep,
	};
	progress_begin(progress, results, hooks, nr_hooks);
	why->text[0] = '\0';
	code = runner_run(&ask, why);
	progress_free(progress);
	results_close(results);
	return why->text[0] ? complain(why, code) : code;
}

static int run(int argc, char **argv)
{
	struct options options = { 0 };
	struct campaign *campaign = NULL;
	struct probes *probes = NULL;
	struct why why;
	int code = read_options(argc, argv, &options);

	if (code)
		return code;
	if (options.help)
		return command_help(&command_run);
	if (options.help_config) {
		campaign_help(stdout);
		return EXIT_CLEAN;
	}
	if (campaign_load(options.file, options.sets, options.nr_sets, &campaign, &why))
		return complain(&why, EXIT_CONFIG);
	if (options.dump_config) {
		code = campaign_dump(campaign, stdout) ? EXIT_INTERNAL : EXIT_CLEAN;
	} else if (bringup_check(campaign, &why)) {
		code = complain(&why, EXIT_CONFIG);
	} else {
		struct probes_ask ask = {
			.tier = options.tier ? options.tier : campaign->tier,
		};

		leave_out(campaign, &ask);
		code = take_machine(&options, &why);
		if (!code && probes_open(&ask, &probes, &why))
			code = complain(&why, EXIT_CANNOT);
		if (!code)
			code = run_with(&options, campaign, probes, &why);
		probes_close(probes);
	}
	campaign_free(campaign);
	return code;
}

const struct command command_run = {
	.name = "run",
	.arguments = "CAMPAIGN [--out DIR] [--set KEY=VALUE]... [OPTION]...",
	.doc = "Runs a campaign file (\"-\" is standard input) and tells its verdict",
	.help = "  --out DIR         where results.ndjson and summary.json go; default: results/NAME-TIME\n"
		"  --set KEY=VALUE   overrides a key of the file (VALUE is YAML); may be repeated\n"
		"  --tier TIER       hooks by kprobe, fentry or tracepoint only; default: the best that works\n"
		"  --json            streams every line of the results on standard output\n"
		"  --tap             TAP 13 on standard output, for kselftest and netdev CI\n"
		"  --quiet           no progress, no table\n"
		"  --keep            gives the lanes' namespaces names, and leaves them\n"
		"  --force           runs on a machine that an earlier leak has marked dirty\n"
		"  --dump-config     prints the resolved campaign and ends\n"
		"  --help-config     prints every key of a campaign file and ends\n",
	.run = run,
};
