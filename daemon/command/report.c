// SPDX-License-Identifier: GPL-2.0-or-later
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "base/exits.h"
#include "results/reader.h"
#include "report/report.h"
#include "report/html.h"
#include "report/across_runs.h"

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

/* 0 is all. */
static int print(const struct past *past, uint32_t number)
{
	const struct summary *summary = past_summary(past);
	struct why why;

	if (number > summary->nr_findings) {
		why_set(&why, 0, "report: %s has no finding %u, but %u finding%s",
			past_folder(past), number, summary->nr_findings,
			summary->nr_findings == 1 ? "" : "s");
		return command_complain(&why, EXIT_CONFIG);
	}
	if (!summary->nr_findings) {
		printf("No finding: %s\n", summary->reason);
		return EXIT_CLEAN;
	}
	return number ? print_range(past, number, number) :
			print_range(past, 1, summary->nr_findings);
}

/* "-" is standard output. */
static int write_page(const struct past *past, const char *path)
{
	struct why why;
	int err = strcmp(path, "-") ? report_html_file(past, path, &why) :
				      report_html(past, stdout, &why);

	return err ? command_complain(&why, EXIT_INTERNAL) : EXIT_CLEAN;
}

static int print_runs(char **folders, uint32_t nr)
{
	struct past **runs = calloc(nr, sizeof(struct past *));
	int code = runs ? EXIT_CLEAN : EXIT_INTERNAL;
	struct why why = { "report: out of memory" };

	for (uint32_t i = 0; code == EXIT_CLEAN && i < nr; i++)
		if (past_open(folders[i], &runs[i], &why))
			code = EXIT_CONFIG;
	if (code == EXIT_CLEAN)
		report_runs(runs, nr, stdout);
	else
		command_complain(&why, code);
	for (uint32_t i = 0; runs && i < nr && runs[i]; i++)
		past_close(runs[i]);
	free(runs);
	return code;
}

static int run(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "output", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	const char *page = NULL;
	struct past *past = NULL;
	uint32_t number = 0;
	struct why why;
	int opt, code;

	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":ho:", long_options, NULL)) != -1) {
		if (opt == 'h')
			return command_help(&command_report);
		if (opt == ':')
			return command_usage(&command_report, "%s wants a file",
					     argv[optind - 1]);
		if (opt != 'o')
			return command_usage(&command_report, "\"%s\" is no option of it",
					     argv[optind - 1]);
		page = optarg;
	}
	if (optind == argc)
		return command_usage(&command_report, "a folder of results is wanted");
	if (argc - optind > 2 ||
	    (argc - optind == 2 && !read_number(argv[optind + 1], &number)))
		return page ? command_usage(&command_report,
					    "--output is the report of one run") :
			      print_runs(argv + optind, (uint32_t)(argc - optind));
	if (page && number)
		return command_usage(&command_report,
				     "--output is the report of the whole run; leave out %u",
				     number);
	if (past_open(argv[optind], &past, &why))
		return command_complain(&why, EXIT_CONFIG);
	code = page ? write_page(past, page) : print(past, number);
	past_close(past);
	return code;
}

const struct command command_report = {
	.name = "report",
	.arguments = "RESULTS [FINDING] | RESULTS -o FILE.html | RESULTS RESULTS...",
	.doc = "Prints a finding as plain text, or makes a page of the run",
	.help = "RESULTS is a folder that a run has filled; without FINDING, all of its "
		"findings. "
		"A run leaves the\n"
		"same text in RESULTS/findings/NUMBER.txt. Of several runs each finding is "
		"told "
		"once, with the runs\n"
		"that show it: the same signature and the same path that holds is the same "
		"bug.\n"
		"  -o, --output FILE   the whole run as one HTML file, with its trials drawn "
		"as "
		"races;\n"
		"                      \"-\" is standard output\n",
	.run = run,
};
