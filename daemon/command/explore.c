// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "base/exits.h"
#include "command/command.h"
#include "command/minimise.h"
#include "command/rows.h"
#include "command/shard.h"
#include "command/source.h"
#include "explore_campaign.h"
#include "io/loop.h"
#include "parse/campaign.h"
#include "results/reader.h"
#include "results/results.h"
#include "run/campaign.h"

struct options {
	const char *kernel;
	const char *span;
	struct option_texts sets;
	const char *shard;
	bool as_found; /* findings are not minimised */
	struct run_ask ask;
};

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "for", 0, OPTION_TEXT, AT(span), "TIME", .doc = "End after this time, such as 90, 30m or 2h", .preset = "30m" },
	{ "set", 0, OPTION_TEXTS, AT(sets), "KEY=VALUE", .doc = DOC_SET },
	{ "shard", 0, OPTION_TEXT, AT(shard), "I/N|auto",
	  .doc = "Explore with the campaign's seed plus I-1 and an N-th of stop.trials, so that N machines try different orders; auto takes I and N from the environment of a Kubernetes, Slurm or GitLab job" },
	{ "out", 0, OPTION_TEXT, AT(ask.out), "DIR",
	  .doc = DOC_OUT },
	{ "resume", 0, OPTION_FLAG, AT(ask.resume), .doc = DOC_RESUME },
	{ "refresh", 0, OPTION_FLAG, AT(ask.refresh), .doc = DOC_REFRESH },
	{ "as-found", 0, OPTION_FLAG, AT(as_found), .doc = "Leave findings as they were found: do not minimise them" },
	{ "quiet", 0, OPTION_FLAG, AT(ask.quiet), .doc = DOC_QUIET },
	{ .name = NULL },
};
static const struct operand_row operands[] = {
	{ "KERNEL", OPTION_TEXT, AT(kernel), true, "The kernel to explore: a vmlinuz, a .deb, PACKAGE or SUITE/PACKAGE (fetched with apt)" },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN,	     .doc = "No fault was found in the orders that were tried, which is no statement about the kernel" },
	{ EXIT_FAULT,	     .doc = "A fault was found" },
	{ EXIT_INCONCLUSIVE, .doc = "Too few trials were valid, or the run was interrupted" },
	{ EXIT_CANNOT,	     .doc = "This machine or kernel cannot run the campaign; the message names what is missing" },
	{ EXIT_INTERNAL,     .doc = "dadrace itself failed" },
	{ EXIT_BUSY,	     .doc = "Another run is in progress, or the machine is marked dirty" },
	{ EXIT_CONFIG,	     .doc = "An option or a key of --set is wrong" },
	{ .doc = NULL },
};
/* clang-format on */

/* The campaign explore.yaml, with the kernel and the time. */
static int load(const struct options *o, uint32_t seconds, struct campaign **campaign,
		struct why *why)
{
	const char *sets[OPTION_TEXTS_MAX + 2];
	char *kernel = run_set_text("kernel", o->kernel);
	char time[40];
	size_t nr = 0;
	int err;

	snprintf(time, sizeof(time), "stop.seconds=%u", seconds);
	sets[nr++] = time;
	sets[nr++] = kernel;
	for (uint32_t i = 0; i < o->sets.nr; i++)
		sets[nr++] = o->sets.at[i];
	err = kernel ? campaign_load_text("explore", (const char *)explore_campaign,
					  explore_campaign_length, sets, nr, campaign, why) :
		       why_memory(why);
	free(kernel);
	return err ? err : command_shard(o->shard, *campaign, why);
}

/* None of a campaign that was interrupted: whoever did that wants the prompt back. */
static uint32_t count_findings(const char *folder)
{
	struct past *past = NULL;
	uint32_t nr = 0;
	struct why why;

	if (!past_open(folder, &past, &why) &&
	    results_ends_for_good(past_summary(past)->ended_by))
		nr = past_summary(past)->nr_findings;
	past_close(past);
	return nr;
}

/* One after the other, in the time that is left. The first is done in any case. */
static void minimise_findings(const char *folder, uint64_t until_ns)
{
	uint32_t nr = count_findings(folder);

	for (uint32_t finding = 1; finding <= nr; finding++) {
		if (finding > 1 && loop_now() >= until_ns) {
			printf("\nFinding %u was not minimised, the time is over: dadrace minimise %s %u\n",
			       finding, folder, finding);
			continue;
		}
		putchar('\n');
		if (!minimise_finding(folder, finding, until_ns))
			return;
	}
}

static int explore(const void *options)
{
	const struct options *o = options;
	struct campaign *campaign = NULL;
	struct run_ask ask = o->ask;
	uint64_t started_ns = loop_now();
	char folder[PATH_MAX];
	uint32_t seconds;
	struct why why;
	int code;

	code = command_read_for(&command_explore, o->span, &seconds);
	if (code)
		return code;
	if (o->ask.resume && !o->ask.out)
		return command_refuse(&command_explore,
				      "--resume: name the results to continue with --out DIR");
	if (load(o, seconds, &campaign, &why))
		return command_complain(&why, EXIT_CONFIG);
	ask.campaign = campaign;
	code = run_campaign(&ask, folder);
	campaign_free(campaign);
	if (code == EXIT_FAULT && !o->as_found)
		minimise_findings(folder, started_ns + seconds * 1000000000ULL);
	return code;
}

const struct command command_explore = {
	.name = "explore",
	.syntax = {
		.name = "dadrace explore",
		.doc = "Look for unknown races in a kernel, for a time",
		.options = rows,
		.operands = operands,
		.exits = exits,
		.size = sizeof(struct options),
	},
	.run = explore,
};
