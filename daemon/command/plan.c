// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "command/command.h"
#include "command/rows.h"
#include "command/shard.h"
#include "explore/explore.h"
#include "parse/campaign.h"
#include "parse/campaign_pinned.h"
#include "proof/reproducer.h"
#include "results/results.h"
#include "trial/shard.h"

enum { TRIALS_SHOWN = 100 };

enum form { FORM_TEXT, FORM_JSON, FORM_SPEC, FORM_PROGRAM };

struct options {
	const char *campaign;
	struct option_texts sets;
	const char *shard;
	enum form form;
};

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "json", 0, OPTION_FORM, AT(form), .value = FORM_JSON,
	  .doc = "Print one JSON object per line; the same campaign always gives the same bytes" },
	{ "spec", 0, OPTION_FORM, AT(form), .value = FORM_SPEC,
	  .doc = "Print one spec per line, which `dadrace run --spec` runs" },
	{ "program", 0, OPTION_FORM, AT(form), .value = FORM_PROGRAM,
	  .doc = "Print a C program that does what the first trial does; with an order, the file is a kernel module as well, which holds the threads" },
	{ "set", 0, OPTION_TEXTS, AT(sets), "KEY=VALUE", .doc = DOC_SET },
	{ "shard", 0, OPTION_TEXT, AT(shard), "I/N|auto", .doc = DOC_SHARD },
	{ .name = NULL },
};
static const struct operand_row operands[] = {
	{ "CAMPAIGN", OPTION_TEXT, AT(campaign), true, "The campaign file; \"-\" is standard input" },
	{ .name = NULL },
};
/* clang-format on */

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

static int print_program(const struct campaign *campaign)
{
	const char *obstacle = reproducer_obstacle(campaign);

	if (obstacle) {
		fprintf(stderr, "dadrace: %s: no C program can do the first trial: %s\n",
			campaign->name, obstacle);
		return EXIT_CANNOT;
	}
	return reproducer_write(campaign, campaign->name, stdout) ? EXIT_INTERNAL : EXIT_CLEAN;
}

static int print_plan(const struct campaign *campaign, uint32_t trials, enum form form)
{
	const struct deal deal = shard_deal(campaign);
	uint32_t trial = shard_next(&deal, 0);
	struct explorer *explorer;
	int err = explorer_new(campaign, &explorer);

	for (; !err && trial <= trials; trial = shard_next(&deal, trial)) {
		struct trial_spec spec;

		err = explorer_next(explorer, trial, &spec);
		if (err == -EAGAIN)
			fprintf(stderr,
				"dadrace: %s: trials from %u on depend on the results of those before\n",
				campaign->name, trial);
		if (err)
			break;
		if (form == FORM_JSON)
			err = print_json(&spec);
		else if (form == FORM_SPEC)
			err = print_spec(campaign, &spec);
		else
			print_trial(&spec);
	}
	explorer_free(explorer);
	if (err && err != -EAGAIN)
		return EXIT_INTERNAL;
	return fflush(stdout) ? EXIT_INTERNAL : EXIT_CLEAN;
}

static int run(const void *options)
{
	const struct options *o = options;
	struct campaign *campaign;
	struct why why;
	int code;

	if (campaign_load(o->campaign, o->sets.at, o->sets.nr, &campaign, &why))
		return command_complain(&why, EXIT_CONFIG);
	if (command_shard(o->shard, campaign, &why)) {
		code = command_complain(&why, why_code(&why));
	} else if (campaign->explore.mode && !campaign->explore.nr_places) {
		why_set(&why, EINVAL,
			"%s: the places to explore depend on the kernel; name them with explore.places",
			o->campaign);
		code = command_complain(&why, EXIT_CONFIG);
	} else if (o->form == FORM_PROGRAM) {
		code = print_program(campaign);
	} else {
		code = print_plan(campaign,
				  campaign->stop.trials ? campaign->stop.trials : TRIALS_SHOWN,
				  o->form);
	}
	campaign_free(campaign);
	return code;
}

const struct command command_plan = {
	.name = "plan",
	.syntax = {
		.name = "dadrace plan",
		.doc = "Print the trials that a campaign would run, without running them",
		.about = "A campaign without a limit of trials has an endless plan; its first 100 trials are printed.",
		.options = rows,
		.operands = operands,
		.size = sizeof(struct options),
	},
	.run = run,
};
