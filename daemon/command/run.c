// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "command/command.h"
#include "command/kselftest.h"
#include "command/rows.h"
#include "command/shard.h"
#include "command/source.h"
#include "export/tap.h"
#include "parse/campaign.h"
#include "parse/service_config.h"
#include "run/campaign.h"
#include "service/client.h"

struct options {
	const char *campaign;
	const char *spec;
	struct run_ask ask;
	struct option_texts sets;
	const char *kernel;
	const char *modules;
	enum tier tier;
	uint32_t times;
	const char *shard;
	const char *dealt;
	const char *plant;
	const char *plant_module;
	const char *root;
	struct option_texts modules_of_own;
	bool by_daemon, dump_config, help_config;
};

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "out", 0, OPTION_TEXT, AT(ask.out), "DIR",
	  .doc = DOC_OUT },
	{ "set", 0, OPTION_TEXTS, AT(sets), "KEY=VALUE", .doc = DOC_SET },
	{ "tier", 0, OPTION_CHOICE, AT(tier), "TIER", .choices = tier_names, .nr_choices = TIERS,
	  .doc = "Hook the kernel by kprobe, fentry or tracepoint only; auto is the best that works", .preset = "auto" },
	{ "kernel", 0, OPTION_TEXT, AT(kernel), "IMAGE", .doc = DOC_KERNEL },
	{ "modules", 0, OPTION_TEXT, AT(modules), "DIR", .doc = DOC_MODULES },
	{ "root", 0, OPTION_TEXT, AT(root), "DIR", .doc = DOC_ROOT },
	{ "refresh", 0, OPTION_FLAG, AT(ask.refresh), .doc = DOC_REFRESH },
	{ "spec", 0, OPTION_TEXT, AT(spec), "FILE", .instead = true,
	  .doc = "Run the one trial of a spec (\"-\" is standard input), as reports and `dadrace plan --spec` print it: once, or --times N" },
	{ "times", 0, OPTION_NUMBER, AT(times), "N", .min = 1, .doc = "Stop after N trials" },
	{ "shard", 0, OPTION_TEXT, AT(shard), "I/N|auto", .doc = DOC_SHARD },
	{ "plant", 0, OPTION_TEXT, AT(plant), "BUG",
	  .doc = "Plant a known bug in the virtual machine's kernel, to show that it is found" },
	{ "plant-module", 0, OPTION_TEXT, AT(plant_module), "FILE",
	  .doc = "The kernel module that plants it (default: built for that kernel)" },
	{ "module", 0, OPTION_TEXTS, AT(modules_of_own), "FILE",
	  .doc = "Load a kernel module of your own into the virtual machine's kernel: FILE, or \"FILE PARAMETERS\"" },
	{ "first", 0, OPTION_NUMBER, AT(ask.first), "N", .min = 1, .preset = "1",
	  .doc = "Start with trial N of the plan" },
	{ "resume", 0, OPTION_FLAG, AT(ask.resume), .doc = DOC_RESUME },
	{ "daemon", 0, OPTION_FLAG, AT(by_daemon),
	  .doc = "Have the service run the campaign, and follow it; only --set and --json can be combined with this" },
	{ "json", 0, OPTION_FLAG, AT(ask.json), .doc = DOC_STREAM },
	{ "tap", 0, OPTION_FLAG, AT(ask.tap), .doc = "Print TAP 13, for kselftest and netdev CI" },
	{ "quiet", 0, OPTION_FLAG, AT(ask.quiet), .doc = DOC_QUIET },
	{ "keep", 0, OPTION_FLAG, AT(ask.keep),
	  .doc = "Give the lanes' network namespaces names, and keep them; `dadrace clean` removes them" },
	{ "force", 0, OPTION_FLAG, AT(ask.force), .doc = DOC_FORCE },
	{ "dump-config", 0, OPTION_FLAG, AT(dump_config), .doc = "Print the campaign with all its keys, and exit" },
	{ "help-config", 0, OPTION_FLAG, AT(help_config), .instead = true,
	  .doc = "Print a campaign file with every key, its default and its meaning, and exit" },
	{ "learned", 0, OPTION_TEXT, AT(ask.learned), "FILE", .internal = true,
	  .doc = "What an explorer knows of the trials before --first" },
	{ "ledgered", 0, OPTION_TEXT, AT(ask.ledgered), "LIST", .internal = true,
	  .doc = "Signatures, with commas, whose trials are not repeated with the ledger" },
	{ "dealt", 0, OPTION_TEXT, AT(dealt), "I/N", .internal = true,
	  .doc = "The shard whose campaign this is, with its own seed and its own number of trials" },
	{ .name = NULL },
};
static const struct operand_row operands[] = {
	{ "CAMPAIGN", OPTION_TEXT, AT(campaign), true, "The campaign file; \"-\" is standard input" },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN,	     .doc = "No fault was found, and its rate is below clean_below_ppm at 95%" },
	{ EXIT_FAULT,	     .doc = "A fault was found" },
	{ EXIT_INCONCLUSIVE, .doc = "Too few trials were valid for clean_below_ppm, the campaign has no race arm, or it was interrupted" },
	{ EXIT_CANNOT,	     .doc = "This machine, kernel or user cannot run the campaign; the message names what is missing" },
	{ EXIT_RESIDUE,	     .doc = "Something could not be undone; see `dadrace clean`" },
	{ EXIT_INTERNAL,     .doc = "dadrace itself failed" },
	{ EXIT_BUSY,	     .doc = "Another run is in progress, or the machine is marked dirty" },
	{ EXIT_CONFIG,	     .doc = "The campaign file is wrong" },
	{ .doc = NULL },
};
/* clang-format on */

static const char *file_of(const struct options *o)
{
	return o->spec ? o->spec : o->campaign;
}

static int check(const struct options *o)
{
	if (o->ask.json && o->ask.tap)
		return command_refuse(
			&command_run,
			"--tap: --json also writes to standard output; give one of them");
	if (o->ask.resume && !o->ask.out)
		return command_refuse(&command_run,
				      "--resume: name the results to continue with --out DIR");
	if (o->by_daemon && (o->ask.out || o->kernel || o->ask.tap || o->shard))
		return command_refuse(
			&command_run,
			"--daemon: the service runs the campaign file; only --set and --json can be combined with this");
	return 0;
}

static int run_by_daemon(const struct options *o)
{
	enum exits code = EXIT_CLEAN;
	struct ctl *ctl = ctl_open(SERVICE_SOCKET, CTL_DEADLINE_S, &code);
	char *id = ctl ? ctl_submit(ctl, file_of(o), ctl_sets(&o->sets), &code) : NULL;

	if (id) {
		fprintf(stderr, "Submitted as %s\n", id);
		code = ctl_follow(ctl, id, o->ask.json ? CTL_LINES : CTL_TRIALS);
	}
	free(id);
	ctl_close(ctl);
	return code;
}

/* KEY="TEXT" of what an option says, malloc'd; NULL without it. */
static char *key_of(const char *key, const char *text)
{
	return text ? run_set_text(key, text) : NULL;
}

/*
 * Options that are keys of the campaign override --set. A spec is run once unless --set or
 * --times give a number: the default of a campaign is not meant for it.
 */
static int load(const struct options *o, struct campaign **campaign, struct why *why)
{
	char *const keys[] = {
		key_of("kernel", o->kernel),
		key_of("modules", o->modules),
		key_of("tier", o->tier ? tier_names[o->tier] : NULL),
		key_of("vm.plant", o->plant),
		key_of("vm.plant_module", o->plant_module),
		key_of("vm.root", o->root),
		o->modules_of_own.nr ? run_set_texts("vm.modules", &o->modules_of_own) : NULL,
	};
	enum { KEYS = sizeof(keys) / sizeof(keys[0]) };
	const char *sets[1 + KSELFTEST_SETS + OPTION_TEXTS_MAX + KEYS + 1];
	struct kselftest told = { 0 };
	char times[32];
	size_t nr = 0;
	int err;

	if (o->ask.tap)
		kselftest_read(&told);
	for (int i = 0; i < KSELFTEST_SETS && told.sets[i][0]; i++)
		sets[nr++] = told.sets[i];
	if (o->spec)
		sets[nr++] = "stop.trials=1";
	for (uint32_t i = 0; i < o->sets.nr; i++)
		sets[nr++] = o->sets.at[i];
	for (int i = 0; i < KEYS; i++)
		if (keys[i])
			sets[nr++] = keys[i];
	snprintf(times, sizeof(times), "stop.trials=%u", o->times);
	if (o->times)
		sets[nr++] = times;
	err = campaign_load(file_of(o), sets, nr, campaign, why);
	if (!err && o->ask.tap)
		kselftest_slow(*campaign);
	for (int i = 0; i < KEYS; i++)
		free(keys[i]);
	if (!err && o->spec && !(*campaign)->spec)
		return why_set(
			why, EINVAL,
			"%s: not a spec (\"spec\": 1 is missing); run a campaign file without --spec",
			o->spec);
	err = err ?: command_shard(o->shard, *campaign, why);
	return err ?: command_shard_dealt(o->dealt, *campaign, why);
}

static int run(const void *options)
{
	const struct options *o = options;
	struct run_ask ask = o->ask;
	struct campaign *campaign = NULL;
	char folder[PATH_MAX];
	struct why why;
	int code = check(o);

	if (code)
		return code;
	if (o->help_config) {
		campaign_help(stdout);
		return EXIT_CLEAN;
	}
	if (o->by_daemon)
		return run_by_daemon(o);
	if (load(o, &campaign, &why)) {
		if (ask.tap)
			tap_nothing(stdout, EXIT_CONFIG, why.text);
		code = command_complain(&why, EXIT_CONFIG);
	} else if (o->dump_config) {
		code = campaign_dump(campaign, stdout) ? EXIT_INTERNAL : EXIT_CLEAN;
	} else {
		ask.campaign = campaign;
		code = run_campaign(&ask, folder);
	}
	campaign_free(campaign);
	return code;
}

static int exit_code(const void *options, int code)
{
	const struct options *o = options;

	if (!o->ask.tap)
		return code;
	if (code == EXIT_USAGE)
		tap_nothing(stdout, EXIT_USAGE,
			    "the command line is wrong; standard error has the sentence");
	return (int)tap_exit((enum exits)code);
}

const struct command command_run = {
	.name = "run",
	.syntax = {
		.name = "dadrace run",
		.doc = "Run a campaign and report its verdict",
		.options = rows,
		.operands = operands,
		.exits = exits,
		.size = sizeof(struct options),
	},
	.run = run,
	.exit_code = exit_code,
};
