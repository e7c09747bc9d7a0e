// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For daemon/guest/plants/build, which makes a module for a kernel that is not installed. Not
 * for people.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/exits.h"
#include "command/command.h"
#include "guest/kernel_image.h"

struct options {
	const char *kernel;
};

/* clang-format off */
static const struct operand_row operands[] = {
	{ "KERNEL", OPTION_TEXT, OPTION_AT(struct options, kernel), true, "An image, RELEASE, SUITE/RELEASE or SUITE/PACKAGE" },
	{ .name = NULL },
};
/* clang-format on */

static int run(const void *options)
{
	const struct options *o = options;
	struct why note, why;
	char *folder;

	if (kernel_image_headers(o->kernel, &folder, &note, &why))
		return command_complain(&why, EXIT_CONFIG);
	command_note(&note);
	puts(folder);
	free(folder);
	return EXIT_CLEAN;
}

const struct command command_headers = {
	.name = "headers",
	.syntax = {
		.name = "dadrace headers",
		.doc = "Fetch the headers of a kernel and print the folder that they are in",
		.operands = operands,
		.size = sizeof(struct options),
	},
	.run = run,
	.internal = true,
};
