// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lane/bringup.h"
#include "parse/campaign.h"
#include "command/command.h"
#include "command/run.h"
#include "service/client.h"
#include "explore/explore.h"
#include "run/in_guests.h"
#include "guest/kernel_image.h"
#include "explore/transfer.h"
#include "machine/machine.h"
#include "spec/order.h"
#include "results/reader.h"
#include "trial/plan.h"
#include "guest/plant.h"
#include "loader/probes.h"
#include "run/progress.h"
#include "report/report.h"
#include "results/results.h"
#include "run/hooks.h"
#include "run/scouts.h"
#include "run/on_host.h"
#include "parse/service_config.h"
#include "testbed/undo.h"
#include "guest/vm.h"

enum { SETS_MAX = 64, HOOKS_MAX = 64 };

struct options {
	const char *file;
	const char *out;
	const char *sets[SETS_MAX];
	size_t nr_sets;
	const char *kernel;
	const char *modules;
	const char *spec;
	const char *learned;
	uint32_t times;
	const char *plant;
	const char *plant_module;
	uint32_t first;
	const char *ledgered;
	enum tier tier;
	bool json, tap, quiet, keep, force, resume, by_daemon, dump_config, help_config, help;
	char *folder; /* PATH_MAX bytes: that of the results, once there is one */
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

bool read_number(const char *text, uint32_t *number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*number = (uint32_t)value;
	return text[0] >= '0' && text[0] <= '9' && !*end && value && value <= UINT32_MAX;
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
			if (!read_number(optarg, &o->first))
				return command_usage(&command_run,
						     "--first %s: a trial's number is wanted",
						     optarg);
			break;
		case OPT_LEARNED: o->learned = optarg; break;
		case OPT_LEDGERED: o->ledgered = optarg; break;
		case OPT_JSON: o->json = true; break;
		case OPT_TAP: o->tap = true; break;
		case OPT_QUIET: o->quiet = true; break;
		case OPT_KEEP: o->keep = true; break;
		case OPT_FORCE: o->force = true; break;
		case OPT_RESUME: o->resume = true; break;
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
	if (o->json && o->tap)
		return command_usage(&command_run,
				     "--json and --tap both want standard output");
	if (o->resume && !o->out)
		return command_usage(&command_run,
				     "--resume goes on with the results of --out DIR");
	if (o->by_daemon && (o->out || o->nr_sets || o->kernel || o->tap))
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

/* The tools that machines share must not be in each other's way, nor run on a poisoned kernel. */
static int take_machine(const struct options *o, int *lock, struct why *why)
{
	unsigned int left;

	if (geteuid() != 0)
		return command_complain(
			&(struct why){ "run: root is needed to make namespaces, devices and "
				       "eBPF programs; try `sudo dadrace run ...`" },
			EXIT_CANNOT);
	if (machine_dirty(why) && !o->force)
		return command_complain(why, EXIT_BUSY);
	*lock = machine_lock(why);
	if (*lock < 0)
		return command_complain(why, EXIT_BUSY);
	if (undo_replay(stderr, &left, why) < 0 || left)
		return command_complain(why, EXIT_BUSY);
	return 0;
}

static uint32_t list_hooks(const struct probes *probes, const struct probes_ask *ask,
			   struct results_hook *hooks, uint32_t max)
{
	uint32_t nr = 0;

	for (const struct probe_hook *h = probes_hooks(probes); h->probe && nr < max; h++)
		if (!probes_left_out(ask, h->probe))
			hooks[nr++] = (struct results_hook){ .probe = h->probe->name,
							     .tier = h->tier,
							     .function = h->function,
							     .note = h->note };
	return nr;
}

/* What both ways of running share: where results and people's words go. */
struct outlets {
	struct results *results;
	struct progress *progress;
};

static int open_outlets(const struct options *o, const struct campaign *campaign,
			struct outlets *outlets, struct why *why)
{
	enum progress_style style = o->tap   ? PROGRESS_TAP :
				    o->quiet ? PROGRESS_QUIET :
					       PROGRESS_PEOPLE;

	if ((o->resume ? results_open_again : results_open)(
		    o->out, campaign, o->json ? stdout : NULL, &outlets->results, why))
		return command_complain(why, EXIT_CONFIG);
	if (progress_new(style, o->json ? stderr : stdout, campaign, &outlets->progress)) {
		results_close(outlets->results);
		return command_complain(&(struct why){ "run: out of memory" }, EXIT_INTERNAL);
	}
	why->text[0] = '\0';
	snprintf(o->folder, PATH_MAX, "%s", results_folder(outlets->results));
	return 0;
}

static int close_outlets(struct outlets *outlets, const struct why *why, int code)
{
	progress_free(outlets->progress);
	results_close(outlets->results);
	return why->text[0] ? command_complain(why, code) : code;
}

/* --- on this kernel --- */

static int open_explorer(const struct options *o, const struct campaign *campaign,
			 struct explorer **explorer, struct why *why)
{
	if (explorer_new(campaign, explorer))
		return why_set(why, ENOMEM, "run: out of memory");
	if (o->learned && learned_read(o->learned, *explorer, why))
		return -EINVAL;
	return explorer_skip_to(*explorer, o->first - 1) ?
		       why_set(why, ENOMEM, "run: out of memory") :
		       0;
}

static int run_here(const struct options *o, const struct campaign *campaign,
		    const struct probes_ask *asked, struct probes *probes,
		    const struct run_places *places, struct why *why)
{
	struct results_hook hooks[HOOKS_MAX];
	uint32_t nr_hooks = list_hooks(probes, asked, hooks, HOOKS_MAX);
	struct machine machine;
	struct outlets outlets;
	struct runner_ask ask;
	struct explorer *explorer = NULL;
	int err, code = open_outlets(o, campaign, &outlets, why);

	if (code)
		return code;
	for (uint32_t i = 0; i < places->nr && nr_hooks < HOOKS_MAX; i++)
		hooks[nr_hooks++] = places->proposed[i].hook;
	machine_read(&machine);
	err = open_explorer(o, campaign, &explorer, why);
	if (!err)
		err = results_begin(outlets.results, campaign, &machine, hooks, nr_hooks, why);
	if (err) {
		explorer_free(explorer);
		return close_outlets(&outlets, why,
				     err == -EINVAL ? EXIT_CONFIG : EXIT_INTERNAL);
	}
	ask = (struct runner_ask){
		.campaign = campaign,
		.probes = probes,
		.results = outlets.results,
		.progress = outlets.progress,
		.explorer = explorer,
		.first = o->first,
		.ledgered = o->ledgered,
		.keep = o->keep,
	};
	progress_begin(outlets.progress, outlets.results, hooks, nr_hooks);
	code = runner_run(&ask, why);
	explorer_free(explorer);
	return close_outlets(&outlets, why, code);
}

static int run_in_guests(const struct options *o, const struct campaign *campaign,
			 struct why *why)
{
	struct image *image;
	struct outlets outlets = { 0 };
	struct guests_ask ask;
	char *plant = NULL;
	int code;

	if (campaign->device.kind == DEVICE_EXISTING)
		return command_complain(
			&(struct why){
				"run: device.kind existing names devices of this machine, "
				"which "
				"a virtual machine does not have; leave out kernel, or the "
				"kind" },
			EXIT_CONFIG);
	if (campaign->modules && access(campaign->modules, R_OK))
		return command_complain(
			&(struct why){ "run: the folder that modules names cannot be read" },
			EXIT_CONFIG);
	if (!vm_installed())
		return command_complain(
			&(struct why){ "run: qemu-system-x86_64 is not installed; the package "
				       "is qemu-system-x86 (apt-get install qemu-system-x86)" },
			EXIT_CANNOT);
	if (image_open(campaign->kernel, campaign->modules, &image, why))
		return command_complain(why, EXIT_CONFIG);
	if (plant_make(campaign, image, &plant, why))
		code = command_complain(why, EXIT_CONFIG);
	else
		code = open_outlets(o, campaign, &outlets, why);
	if (!code) {
		ask = (struct guests_ask){
			.campaign = campaign,
			.image = image,
			.plant = plant,
			.results = outlets.results,
			.progress = outlets.progress,
		};
		progress_begin(outlets.progress, outlets.results, NULL, 0);
		code = guests_run(&ask, why);
		code = close_outlets(&outlets, why, code);
	}
	free(plant);
	image_free(image);
	return code;
}

/* A campaign that is resumed goes on with the places that it began with. */
static enum exits find_places(const struct options *o, const struct campaign *campaign,
			      const struct probes_ask *ask, struct run_places *places,
			      struct why *why)
{
	char *line = o->resume ? results_first_line(o->out) : NULL;
	bool kept = line && !run_places_kept(line, places);

	free(line);
	return kept ? EXIT_CLEAN : run_places_find(campaign, ask, places, why);
}

static int run_on_this_kernel(const struct options *o, const struct campaign *asked,
			      struct why *why)
{
	struct campaign resolved = *asked;
	const struct campaign *campaign = &resolved;
	struct run_places *places = calloc(1, sizeof(*places));
	struct probes_ask ask = { .tier = campaign->tier,
				  .watchpoints = campaign->ledger != LEDGER_OFF };
	struct probes *probes = NULL;
	struct order order = { 0 };
	int lock = -1, code;

	if (!places)
		return command_complain(&(struct why){ "run: out of memory" }, EXIT_INTERNAL);
	code = plant_check(campaign, why) ? command_complain(why, EXIT_CONFIG) :
					    take_machine(o, &lock, why);
	if (!code && resolved.explore.mode && !resolved.explore.nr_places) {
		code = find_places(o, asked, &ask, places, why);
		if (code)
			code = command_complain(why, code);
		resolved.explore.places = places->words;
		resolved.explore.nr_places = places->nr_words;
	}
	if (!code && resolved.explore.mode && !resolved.explore.nr_places)
		code = command_complain(
			&(struct why){ "explore: this kernel can hook none of the places "
				       "that are proposed (it has neither fentry nor "
				       "kprobes, see `dadrace doctor`); run it with "
				       "--kernel" },
			EXIT_CANNOT);
	run_hooks(campaign, &order, &ask);
	if (!code && probes_open(&ask, &probes, why))
		code = command_complain(why, EXIT_CANNOT);
	if (!code)
		code = run_here(o, campaign, &ask, probes, places, why);
	probes_close(probes);
	free(places);
	if (lock >= 0)
		close(lock);
	return code;
}

static int run_by_daemon(const struct options *o)
{
	struct ctl *ctl = ctl_open(SERVICE_SOCKET);
	enum exits code = EXIT_CANNOT;
	char *id = ctl ? ctl_submit(ctl, o->file, json_object(), &code) : NULL;

	if (id) {
		fprintf(stderr, "Submitted as %s\n", id);
		code = ctl_follow(ctl, id, o->json);
	}
	free(id);
	ctl_close(ctl);
	return code;
}

bool run_has_failed(int code)
{
	return code >= EXIT_CANNOT && code != EXIT_RESIDUE;
}

/* Leaves findings/NUMBER.txt beside the results. Without them the results are no worse. */
static void leave_reports(const struct options *o)
{
	struct past *past = NULL;
	struct why why;

	if (past_open(o->folder, &past, &why) || report_all(past, &why))
		command_complain(&why, 0);
	else if (!o->quiet && !o->tap && past_summary(past)->nr_findings)
		fprintf(o->json ? stderr : stdout, "Report, ready to mail: %s/findings/1.txt\n",
			o->folder);
	past_close(past);
}

static int run_loaded(const struct options *o, const struct campaign *campaign, struct why *why)
{
	int code;

	if (bringup_check(campaign, why))
		return command_complain(why, EXIT_CONFIG);
	code = campaign->kernel ? run_in_guests(o, campaign, why) :
				  run_on_this_kernel(o, campaign, why);
	if (o->folder[0] && !run_has_failed(code))
		leave_reports(o);
	return code;
}

int run_campaign(const struct run_ask *ask, char folder[PATH_MAX])
{
	const struct options options = {
		.out = ask->out,
		.first = 1,
		.json = ask->json,
		.quiet = ask->quiet,
		.force = ask->force,
		.folder = folder,
	};
	struct why why;

	folder[0] = '\0';
	return run_loaded(&options, ask->campaign, &why);
}

char *run_set_text(const char *key, const char *text)
{
	json_auto_t *quoted = text ? json_string(text) : json_null();
	char *value = quoted ? json_dumps(quoted, JSON_ENCODE_ANY) : NULL, *set = NULL;

	if (value && asprintf(&set, "%s=%s", key, value) < 0)
		set = NULL;
	free(value);
	return set;
}

int run_load(const struct run_source *source, struct campaign **campaign, struct why *why)
{
	char *kernel = run_set_text("kernel", source->kernel);
	char *modules = run_set_text("modules", source->modules);
	const char *sets[2 + RUN_SETS_MAX] = { kernel, modules };
	size_t nr = 2 + source->nr_sets;
	int err;

	memcpy(sets + 2, source->sets, source->nr_sets * sizeof(sets[0]));
	if (!kernel || !modules)
		err = why_set(why, ENOMEM, "run: out of memory");
	else if (source->text)
		err = campaign_load_text(source->name, source->text, strlen(source->text), sets,
					 nr, campaign, why);
	else
		err = campaign_load(source->name, sets, nr, campaign, why);
	free(kernel);
	free(modules);
	return err;
}

const char *run_kernel(const char *option, const struct past *past)
{
	if (option)
		return strcmp(option, "here") ? option : NULL;
	return past ? past_kernel(past) : NULL;
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
	char folder[PATH_MAX] = "";
	struct options options = { .first = 1, .folder = folder };
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
	else
		code = run_loaded(&options, campaign, &why);
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
		"tests/vm/kmod\n"
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
