// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For daemon/guest/plants/build, which makes a module for a kernel that is not installed. Not for people.
 */
#include <stdio.h>
#include <stdlib.h>

#include "command/command.h"
#include "base/exits.h"
#include "guest/kernel_image.h"

static int run(int argc, char **argv)
{
	struct why why;
	char *folder;

	if (argc != 2)
		return command_usage(&command_headers, "one kernel is wanted");
	if (image_headers(argv[1], &folder, &why)) {
		fprintf(stderr, "dadrace: %s\n", why.text);
		return EXIT_CONFIG;
	}
	puts(folder);
	free(folder);
	return EXIT_CLEAN;
}

const struct command command_headers = {
	.name = "headers",
	.arguments = "IMAGE|[SUITE/]RELEASE",
	.doc = "Fetches the headers of a kernel and prints the folder that they are in",
	.run = run,
};
