// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dadrace: the command. Everything else is a library that the tests link.
 */
#include "command/command.h"

int main(int argc, char **argv)
{
	return command_start(&command_dadrace, argc, argv);
}
