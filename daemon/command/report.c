// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exits.h"
#include "command/command.h"
#include "export/export.h"
#include "report/across_runs.h"
#include "report/coverage_table.h"
#include "report/report.h"
#include "report/report_file.h"
#include "results/reader.h"

struct options {
	const char *results;
	struct option_rest more;
	const char *page;
	const char *format;
	bool with_host;
};

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const char format_doc[] =
	"Format of the file (default: by its ending): "
#define FORMAT(name, ending, ...) name " (" ending "), "
#include "export/formats.def"
	"html for any other ending";

static const struct option_row rows[] = {
	{ "output", 'o', OPTION_TEXT, AT(page), "FILE",
	  .doc = "Write the report of the whole run, or of the shards of one, to a file, in the format of its ending; \"-\" is standard output" },
	{ "format", 'f', OPTION_TEXT, AT(format), "FORMAT",
	  .doc = format_doc },
	{ "with-host", 0, OPTION_FLAG, AT(with_host), NULL,
	  .doc = "Write the host's name and the kernel's command line, too (junit and kcidb only)" },
	{ .name = NULL },
};
static const struct operand_row operands[] = {
	{ "RESULTS", OPTION_TEXT, AT(results), true, "The results folder of a run" },
	{ "FINDING|RESULTS", OPTION_REST, AT(more), false,
	  "Number of one finding (default: all), or the results of more runs" },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN,	     .doc = "Printed; of several runs, or of shards: all of them together are clean" },
	{ EXIT_FAULT,	     .doc = "Of several runs, or of shards: a fault was found" },
	{ EXIT_INCONCLUSIVE, .doc = "Of several runs, or of shards: together they are not enough, one is unfinished or has no trial, or a shard is missing" },
	{ EXIT_CANNOT,	     .doc = "Of several runs: every trial was skipped" },
	{ EXIT_CONFIG,	     .doc = "RESULTS cannot be read, has no such finding, or is named twice" },
	{ .doc = NULL },
};
/* clang-format on */

static int print_range(const struct past *past, uint32_t first, uint32_t last)
{
	struct why why;

	for (uint32_t number = first; number <= last; number++) {
		if (number > first)
			puts("\n----------------------------------------\n");
		if (report_finding(past, number, stdout, &why))
			return command_complain(&why, EXIT_INTERNAL);
	}
	return EXIT_CLEAN;
}

/* `number` 0: all findings. */
static int print(const struct past *past, uint32_t number)
{
	const struct summary *summary = past_summary(past);
	struct why why;

	if (number > summary->nr_findings) {
		why_set(&why, 0, "%s: no finding %u; it has %u", past_folder(past), number,
			summary->nr_findings);
		return command_complain(&why, EXIT_CONFIG);
	}
	if (!summary->nr_findings) {
		printf("%s",
		       past_unfinished(past) ? "Unfinished, no finding so far" : "No finding");
		if (summary->shard.of > 1)
			printf(" in shard %u of %u", summary->shard.index, summary->shard.of);
		printf(" (%s): %s\n", campaign_verdict_names[summary->verdict],
		       summary->reason);
		coverage_text(past, stdout);
		return EXIT_CLEAN;
	}
	return number ? print_range(past, number, number) :
			print_range(past, 1, summary->nr_findings);
}

static const struct export_format *format_of(const struct options *o)
{
	return o->format ? export_by_name(o->format) : export_by_ending(o->page);
}

/* "-" is standard output. */
static int write_page(const struct past *past, const struct options *o)
{
	const struct export_format *format = format_of(o);
	report_writer *writer = o->with_host ? format->write_with_host : format->write;
	struct why why;
	int err = strcmp(o->page, "-") ? report_file(past, writer, o->page, &why) :
					 writer(past, stdout, &why);

	return err ? command_complain(&why, EXIT_INTERNAL) : EXIT_CLEAN;
}

/* A shard alone is no verdict of its plan, and must not pass for one where others are lost. */
static int judge_shard(struct past *past)
{
	struct merged merged;
	struct why why;

	if (merged_make(&past, 1, &merged, &why))
		return command_complain(&why, EXIT_CONFIG);
	printf("\nVerdict of the plan: %s - %s\n", campaign_verdict_names[merged.verdict],
	       merged.reason);
	return verdict_exit(merged.verdict);
}

/* Shards of one plan are written as the run that they share. */
static int write_shards(struct past *const *runs, uint32_t nr, const struct merged *merged,
			const struct options *o)
{
	struct past *all;
	struct why why;
	int code;

	for (uint32_t i = 1; i < nr; i++)
		if (!merged_same_whole(runs[0], runs[i]))
			return command_refuse(
				&command_report,
				"--output: a file is of one run, or of the shards of one; %s is another run than %s, so leave it out",
				past_folder(runs[i]), past_folder(runs[0]));
	if (past_open_shards(runs, nr, merged, &all, &why))
		return command_complain(&why, EXIT_CONFIG);
	code = write_page(all, o);
	past_close(all);
	return code == EXIT_CLEAN ? (int)verdict_exit(merged->verdict) : code;
}

static int print_merged(struct past *const *runs, uint32_t nr, const struct options *o)
{
	struct merged merged;
	struct why why;

	if (merged_make(runs, nr, &merged, &why))
		return command_complain(&why, EXIT_CONFIG);
	if (o->page)
		return write_shards(runs, nr, &merged, o);
	report_runs(runs, nr, &merged, stdout);
	return verdict_exit(merged.verdict);
}

static int print_runs(const struct options *o)
{
	uint32_t nr = 1 + (uint32_t)o->more.nr;

	struct past **runs = calloc(nr, sizeof(struct past *));
	int code = EXIT_CLEAN;
	struct why why;

	if (!runs) {
		why_memory(&why);
		return command_complain(&why, EXIT_INTERNAL);
	}
	for (uint32_t i = 0; code == EXIT_CLEAN && i < nr; i++)
		if (past_open(i ? o->more.at[i - 1] : o->results, &runs[i], &why))
			code = EXIT_CONFIG;
	if (code == EXIT_CLEAN)
		code = print_merged(runs, nr, o);
	else
		code = command_complain(&why, code);
	for (uint32_t i = 0; i < nr && runs[i]; i++)
		past_close(runs[i]);
	free(runs);
	return code;
}

static int print_run(struct past *past, uint32_t number, const struct options *o)
{
	bool is_shard = past_shard(past).of > 1;
	int code;

	if (o->page)
		return is_shard ? print_merged(&past, 1, o) : write_page(past, o);
	code = print(past, number);
	return code == EXIT_CLEAN && !number && is_shard ? judge_shard(past) : code;
}

static int run(const void *options)
{
	const struct options *o = options;
	struct past *past = NULL;
	uint32_t number = 0;
	struct why why;
	int code;

	if (o->format && !o->page)
		return command_refuse(&command_report, "--format: name the file with --output");
	if (o->format && !export_by_name(o->format))
		return command_refuse(&command_report, "--format %s: no such format; use %s",
				      o->format, export_names(false).text);
	if (o->with_host && !(o->page && format_of(o)->write_with_host))
		return command_refuse(
			&command_report,
			"--with-host: only a file of %s names the host; add --output FILE --format junit",
			export_names(true).text);
	if (o->more.nr > 1 || (o->more.nr && !options_number(o->more.at[0], 1, 0, &number)))
		return print_runs(o);
	if (o->page && number)
		return command_refuse(&command_report,
				      "--output: a file is of the whole run; leave out %u",
				      number);
	if (past_open(o->results, &past, &why))
		return command_complain(&why, EXIT_CONFIG);
	code = print_run(past, number, o);
	past_close(past);
	return code;
}

const struct command command_report = {
	.name = "report",
	.syntax = {
		.name = "dadrace report",
		.doc = "Print the findings of a run as plain text, or write the run for other programs",
		.about = "A run leaves the same text in RESULTS/findings/NUMBER.txt.\n"
			 "With the results of several runs, each finding is printed once, with the runs that show it: findings with the same signature are the same bug.\n"
			 "Runs of the same plan on the same kernel are added up to one verdict with one bound; of a plan that `dadrace run --shard` has shared, all shards are needed.",
		.options = rows,
		.operands = operands,
		.exits = exits,
		.size = sizeof(struct options),
	},
	.run = run,
};
