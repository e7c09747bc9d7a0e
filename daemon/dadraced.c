// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dadraced: the service. Everything else is a library that the tests link.
 */
#include "service/command_line.h"

int main(int argc, char **argv)
{
	return service_start(argc, argv);
}
