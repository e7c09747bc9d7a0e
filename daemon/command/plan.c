// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse/campaign.h"
#include "parse/campaign_pinned.h"
#include "command/command.h"
#include "base/exits.h"
#include "explore/explore.h"
#include "proof/reproducer.h"
#include "results/results.h"

enum { TRIALS_SHOWN = 100, SETS_MAX = 64 };

static void print_trial(struct trial_spec *spec)
{
	struct spec_words words;

	spec_say(spec, &words);
	printf("%6u  %-7s", spec->trial, arm_names[spec->arm]);
	if (spec->hold_us)
		printf("  hold %llu us", (unsigned long long)spec->hold_us);
	if (spec->load)
		printf("  load %s", load_names[spec->load]);
	if (spec->change)
		printf("  change %s", change_names[spec->change]);
	if (spec->echoes)
		printf("  %u %s %s to %s, after %llu us, every %llu us", spec->echoes,
		       message_words(spec->message, 2), direction_names[spec->direction],
		       target_names[spec->target], (unsigned long long)spec->offset_us,
		       (unsigned long long)spec->spacing_us);
	for (uint32_t i = 0; i < spec->nr_order; i++)
		printf("%s%s", i ? ", " : "  order: ", spec->order[i]);
	if (spec->dad_answer)
		printf("  DAD answer %s, %llu us after %s", dad_answer_names[spec->dad_answer],
		       (unsigned long long)spec->dad_offset_us,
		       spec->dad_at == DAD_AT_OPEN ? "the opening" : "each probe");
	putchar('\n');
}

static int print_json(struct trial_spec *spec)
{
	struct spec_words words;
	char *line;

	spec_say(spec, &words);
	line = fields_to_line(&spec_fields, "spec", spec);

	if (!line)
		return EXIT_INTERNAL;
	fputs(line, stdout);
	free(line);
	return 0;
}

static int print_spec(const struct campaign *campaign, struct trial_spec *spec)
{
	json_auto_t *whole = fields_to_json(&campaign_fields, campaign);
	json_auto_t *trial = NULL;
	struct spec_words words;
	char *text;

	spec_say(spec, &words);
	trial = fields_to_json(&spec_fields, spec);
	text = whole && trial ? campaign_spec(whole, trial) : NULL;
	if (!text)
		return EXIT_INTERNAL;
	puts(text);
	free(text);
	return 0;
}

/* Of the first trial. */
static int print_program(const struct campaign *campaign)
{
	const char *obstacle = reproducer_obstacle(campaign);

	if (obstacle) {
		fprintf(stderr, "dadrace: plan: no C program can do this trial: %s\n",
			obstacle);
		return EXIT_CANNOT;
	}
	return reproducer_write(campaign, campaign->name, stdout) ? EXIT_INTERNAL : EXIT_CLEAN;
}

static int print_plan(const struct campaign *campaign, uint32_t trials, char form)
{
	struct explorer *explorer;
	int err = explorer_new(campaign, &explorer);

	for (uint32_t trial = 1; !err && trial <= trials; trial++) {
		struct trial_spec spec;

		err = explorer_next(explorer, trial, &spec);
		if (err == -EAGAIN)
			fprintf(stderr,
				"dadrace: plan: trials from %u on depend on what those before "
				"them show\n",
				trial);
		if (err)
			break;
		if (form == 'j')
			err = print_json(&spec);
		else if (form == 'S')
			err = print_spec(campaign, &spec);
		else
			print_trial(&spec);
	}
	explorer_free(explorer);
	if (err && err != -EAGAIN)
		return EXIT_INTERNAL;
	return fflush(stdout) ? EXIT_INTERNAL : EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "json", no_argument, NULL, 'j' },    { "spec", no_argument, NULL, 'S' },
		{ "program", no_argument, NULL, 'P' }, { "set", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },    { NULL, 0, NULL, 0 },
	};
	const char *sets[SETS_MAX];
	size_t nr_sets = 0;
	struct campaign *campaign;
	char form = 't';
	struct why why;
	int opt, code;

	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (opt == 'h')
			return command_help(&command_plan);
		if (opt == 'j' || opt == 'S' || opt == 'P')
			form = (char)opt;
		else if (opt == 's' && nr_sets < SETS_MAX)
			sets[nr_sets++] = optarg;
		else
			return command_usage(&command_plan, "\"%s\" is no option of it",
					     argv[optind - 1]);
	}
	if (optind + 1 != argc)
		return command_usage(&command_plan, "one campaign file is wanted");
	if (campaign_load(argv[optind], sets, nr_sets, &campaign, &why)) {
		fprintf(stderr, "dadrace: %s\n", why.text);
		return EXIT_CONFIG;
	}
	if (campaign->explore.mode && !campaign->explore.nr_places) {
		fprintf(stderr, "dadrace: plan: the places that are explored depend on the "
				"kernel; give explore.places\n");
		campaign_free(campaign);
		return EXIT_CONFIG;
	}
	code = form == 'P' ?
		       print_program(campaign) :
		       print_plan(campaign,
				  campaign->stop.trials ? campaign->stop.trials : TRIALS_SHOWN,
				  form);
	campaign_free(campaign);
	return code;
}

const struct command command_plan = {
	.name = "plan",
	.arguments = "CAMPAIGN [--json | --spec | --program] [--set KEY=VALUE]...",
	.doc = "Prints the trials that a campaign would run, without running them",
	.help = "  --json            one JSON object a line; the same campaign gives the same "
		"bytes\n"
		"  --spec            one spec a line: what `dadrace run --spec` runs again\n"
		"  --program         a C program that does what the first trial does, where "
		"delays of user space\n"
		"                    can do that\n"
		"  --set KEY=VALUE   overrides a key of the file\n"
		"\n"
		"A campaign without a limit of trials has an endless plan: the first 100 are "
		"shown.\n",
	.run = run,
};
