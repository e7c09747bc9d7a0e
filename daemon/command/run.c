// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "command/command.h"
#include "parse/campaign.h"
#include "parse/service_config.h"
#include "run/campaign.h"
#include "service/client.h"

enum { SETS_MAX = 64 };

struct options {
	const char *file;
	struct run_ask ask;
	const char *sets[SETS_MAX];
	size_t nr_sets;
	const char *kernel;
	const char *modules;
	const char *spec;
	uint32_t times;
	const char *plant;
	const char *plant_module;
	enum tier tier;
	bool by_daemon, dump_config, help_config, help;
};

enum {
	OPT_OUT = 256,
	OPT_SET,
	OPT_TIER,
	OPT_KERNEL,
	OPT_MODULES,
	OPT_SPEC,
	OPT_TIMES,
	OPT_PLANT,
	OPT_PLANT_MODULE,
	OPT_FIRST,
	OPT_LEARNED,
	OPT_LEDGERED,
	OPT_JSON,
	OPT_TAP,
	OPT_QUIET,
	OPT_KEEP,
	OPT_FORCE,
	OPT_RESUME,
	OPT_DAEMON,
	OPT_DUMP,
	OPT_HELP_CONFIG,
	OPT_HELP
};

/* clang-format off */
static const struct option long_options[] = {
	{ "out",	 required_argument, NULL, OPT_OUT },
	{ "set",	 required_argument, NULL, OPT_SET },
	{ "tier",	 required_argument, NULL, OPT_TIER },
	{ "kernel",	 required_argument, NULL, OPT_KERNEL },
	{ "modules",	 required_argument, NULL, OPT_MODULES },
	{ "spec",	 required_argument, NULL, OPT_SPEC },
	{ "times",	 required_argument, NULL, OPT_TIMES },
	{ "plant",	 required_argument, NULL, OPT_PLANT },
	{ "plant-module", required_argument, NULL, OPT_PLANT_MODULE },
	{ "first",	 required_argument, NULL, OPT_FIRST },
	{ "learned",	 required_argument, NULL, OPT_LEARNED },
	{ "ledgered",	 required_argument, NULL, OPT_LEDGERED },
	{ "json",	 no_argument,	    NULL, OPT_JSON },
	{ "tap",	 no_argument,	    NULL, OPT_TAP },
	{ "quiet",	 no_argument,	    NULL, OPT_QUIET },
	{ "keep",	 no_argument,	    NULL, OPT_KEEP },
	{ "force",	 no_argument,	    NULL, OPT_FORCE },
	{ "resume",	 no_argument,	    NULL, OPT_RESUME },
	{ "daemon",	 no_argument,	    NULL, OPT_DAEMON },
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
		case OPT_OUT: o->ask.out = optarg; break;
		case OPT_SET:
			if (o->nr_sets == SETS_MAX)
				return command_usage(&command_run, "more than %d --set",
						     SETS_MAX);
			o->sets[o->nr_sets++] = optarg;
			break;
		case OPT_TIER:
			if (!tier_named(optarg, &o->tier))
				return command_usage(&command_run,
						     "--tier %s: one of auto, kprobe, fentry, "
						     "tracepoint is wanted",
						     optarg);
			break;
		case OPT_KERNEL: o->kernel = optarg; break;
		case OPT_MODULES: o->modules = optarg; break;
		case OPT_SPEC: o->spec = optarg; break;
		case OPT_TIMES:
			if (!read_number(optarg, &o->times))
				return command_usage(&command_run,
						     "--times %s: a number of trials is wanted",
						     optarg);
			break;
		case OPT_PLANT: o->plant = optarg; break;
		case OPT_PLANT_MODULE: o->plant_module = optarg; break;
		case OPT_FIRST:
			if (!read_number(optarg, &o->ask.first))
				return command_usage(&command_run,
						     "--first %s: a trial's number is wanted",
						     optarg);
			break;
		case OPT_LEARNED: o->ask.learned = optarg; break;
		case OPT_LEDGERED: o->ask.ledgered = optarg; break;
		case OPT_JSON: o->ask.json = true; break;
		case OPT_TAP: o->ask.tap = true; break;
		case OPT_QUIET: o->ask.quiet = true; break;
		case OPT_KEEP: o->ask.keep = true; break;
		case OPT_FORCE: o->ask.force = true; break;
		case OPT_RESUME: o->ask.resume = true; break;
		case OPT_DAEMON: o->by_daemon = true; break;
		case OPT_DUMP: o->dump_config = true; break;
		case OPT_HELP_CONFIG: o->help_config = true; break;
		case 'h':
		case OPT_HELP: o->help = true; break;
		default:
			return command_usage(&command_run,
					     "\"%s\" is no option of it, or lacks its value",
					     argv[optind - 1]);
		}
	}
	if (o->help || o->help_config)
		return 0;
	if (o->spec && optind != argc)
		return command_usage(&command_run,
				     "--spec takes the place of the campaign file");
	if (!o->spec && optind + 1 != argc)
		return command_usage(&command_run, optind == argc ?
							   "a campaign file is wanted" :
							   "one campaign file, not several");
	if (o->ask.json && o->ask.tap)
		return command_usage(&command_run,
				     "--json and --tap both want standard output");
	if (o->ask.resume && !o->ask.out)
		return command_usage(&command_run,
				     "--resume goes on with the results of --out DIR");
	if (o->by_daemon && (o->ask.out || o->nr_sets || o->kernel || o->ask.tap))
		return command_usage(&command_run,
				     "--daemon takes the campaign file as it is, and --json");
	o->file = o->spec ? o->spec : argv[optind];
	return 0;
}

/* These options are keys of the campaign, given last. */
static int add_keys(struct options *o)
{
	const struct {
		const char *key, *value;
	} keys[] = {
		{ "kernel", o->kernel },
		{ "modules", o->modules },
		{ "tier", o->tier ? tier_names[o->tier] : NULL },
		{ "vm.plant", o->plant },
		{ "vm.plant_module", o->plant_module },
	};
	enum { KEYS = sizeof(keys) / sizeof(keys[0]) };
	static char words[KEYS][4200], times[32];

	if (o->nr_sets + KEYS + 1 > SETS_MAX)
		return command_usage(&command_run, "more than %d --set", SETS_MAX - KEYS - 1);
	for (int i = 0; i < KEYS; i++) {
		if (!keys[i].value)
			continue;
		snprintf(words[i], sizeof(words[i]), "%s=\"%s\"", keys[i].key, keys[i].value);
		o->sets[o->nr_sets++] = words[i];
	}
	snprintf(times, sizeof(times), "stop.trials=%u", o->times);
	if (o->times)
		o->sets[o->nr_sets++] = times;
	return 0;
}

static int run_by_daemon(const struct options *o)
{
	struct ctl *ctl = ctl_open(SERVICE_SOCKET);
	enum exits code = EXIT_CANNOT;
	char *id = ctl ? ctl_submit(ctl, o->file, json_object(), &code) : NULL;

	if (id) {
		fprintf(stderr, "Submitted as %s\n", id);
		code = ctl_follow(ctl, id, o->ask.json);
	}
	free(id);
	ctl_close(ctl);
	return code;
}

/* A spec is run once when nobody says how often: what a campaign would do is no default for it. */
static int load(struct options *o, struct campaign **campaign, struct why *why)
{
	const char *sets[SETS_MAX + 1] = { "stop.trials=1" };
	size_t nr = o->spec ? 1 : 0;
	int err;

	memcpy(sets + nr, o->sets, o->nr_sets * sizeof(sets[0]));
	err = campaign_load(o->file, sets, nr + o->nr_sets, campaign, why);
	if (!err && o->spec && !(*campaign)->spec)
		return why_set(
			why, EINVAL,
			"%s: no spec (\"spec\": 1 is missing); a campaign is run without "
			"--spec",
			o->file);
	return err;
}

static int run(int argc, char **argv)
{
	struct options options = { 0 };
	char folder[PATH_MAX];
	struct campaign *campaign = NULL;
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
	if (options.by_daemon)
		return run_by_daemon(&options);
	if (add_keys(&options))
		return EXIT_USAGE;
	if (load(&options, &campaign, &why))
		code = command_complain(&why, EXIT_CONFIG);
	else if (options.dump_config)
		code = campaign_dump(campaign, stdout) ? EXIT_INTERNAL : EXIT_CLEAN;
	else {
		options.ask.campaign = campaign;
		code = run_campaign(&options.ask, folder);
	}
	campaign_free(campaign);
	return code;
}

const struct command command_run = {
	.name = "run",
	.arguments = "{CAMPAIGN | --spec FILE} [--out DIR] [--set KEY=VALUE]... [OPTION]...",
	.doc = "Runs a campaign file (\"-\" is standard input) and tells its verdict",
	.help = "  --out DIR         where results.ndjson and summary.json go; default: "
		"results/NAME-TIME\n"
		"  --set KEY=VALUE   overrides a key of the file (VALUE is YAML); may be "
		"repeated\n"
		"  --tier TIER       hooks by kprobe, fentry or tracepoint only; default: the "
		"best that works\n"
		"  --kernel IMAGE    runs in a throw-away virtual machine: a vmlinuz, a .deb, "
		"PACKAGE or\n"
		"                    SUITE/PACKAGE (fetched by apt); needs QEMU, and no root\n"
		"  --modules DIR     that kernel's modules; default: those of its package\n"
		"  --spec FILE       runs the one trial of a spec (\"-\" is standard input), "
		"as "
		"reports and\n"
		"                    `dadrace plan --spec` give it; once, or as often as "
		"--times "
		"says\n"
		"  --times N         ends after N trials\n"
		"  --plant BUG       plants a known bug in that machine's kernel, to show that "
		"it is found\n"
		"  --plant-module FILE\n"
		"                    the module to do it with; default: built from "
		"daemon/guest/plants\n"
		"  --first N         begins with trial N of the plan\n"
		"  --learned FILE    what an explorer knows of the trials before that one\n"
		"  --resume          goes on with the unfinished results in --out DIR\n"
		"  --daemon          has the service run it, and follows it; of the options "
		"only\n"
		"                    --json goes with that\n"
		"  --ledgered LIST   findings, by signature and with commas, whose trials are "
		"not\n"
		"                    repeated with the ledger\n"
		"  --json            streams every line of the results on standard output\n"
		"  --tap             TAP 13 on standard output, for kselftest and netdev CI\n"
		"  --quiet           no progress, no table\n"
		"  --keep            gives the lanes' namespaces names, and leaves them\n"
		"  --force           runs on a machine that an earlier leak has marked dirty\n"
		"  --dump-config     prints the resolved campaign and ends\n"
		"  --help-config     prints every key of a campaign file and ends\n",
	.run = run,
};
