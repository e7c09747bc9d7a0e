// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/exits.h"
#include "command/command.h"

int command_help(const struct command *command)
{
	printf("Usage: dadrace %s %s\n\n%s.\n", command->name, command->arguments,
	       command->doc);
	if (command->help)
		printf("\n%s", command->help);
	return EXIT_CLEAN;
}

int command_complain(const struct why *why, int code)
{
	fprintf(stderr, "dadrace: %s\n", why->text);
	return code;
}

int command_usage(const struct command *command, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "dadrace %s: ", command->name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "; see `dadrace %s --help`\n", command->name);
	return EXIT_USAGE;
}

bool read_number(const char *text, uint32_t *number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*number = (uint32_t)value;
	return text[0] >= '0' && text[0] <= '9' && !*end && value && value <= UINT32_MAX;
}
