// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dadrace: the command. Everything else is a library that the tests link.
 */
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "base/exits.h"

static const struct command *const commands[] = {
	&command_run,	 &command_plan,	  &command_replay,  &command_report,  &command_minimise,
	&command_verify, &command_doctor, &command_inspect, &command_watch,   &command_schema,
	&command_clean,	 &command_ctl,	  &command_guest,   &command_headers,
};
enum {
	NR_COMMANDS = sizeof(commands) / sizeof(commands[0]),
	NR_LISTED = NR_COMMANDS - 2, /* the last ones are not for people */
};

static int usage(FILE *out)
{
	fputs("Usage: dadrace COMMAND [ARGUMENT...]\n"
	      "\n"
	      "Finds reference leaks that hide in the race windows of IPv6 Duplicate Address "
	      "Detection.\n"
	      "\n"
	      "Commands:\n",
	      out);
	for (int i = 0; i < NR_LISTED; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->doc);
	fputs("\n`dadrace COMMAND --help` tells more. Exit codes: 0 clean, 1 fault found, 3 "
	      "inconclusive, 4 this\nmachine cannot, 5 residue left, 64 usage, 70 our own "
	      "failure, "
	      "75 busy, 78 configuration.\n",
	      out);
	return out == stdout ? EXIT_CLEAN : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return usage(stdout);
	if (!strcmp(argv[1], "--version")) {
		puts("dadrace " DADRACE_VERSION);
		return EXIT_CLEAN;
	}
	for (int i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i]->name))
			return commands[i]->run(argc - 1, argv + 1);
	fprintf(stderr, "dadrace: no command \"%s\"; `dadrace --help` lists them\n", argv[1]);
	return EXIT_USAGE;
}
