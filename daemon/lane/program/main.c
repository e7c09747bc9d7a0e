// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "lane/program/bare.h"
#include "lane/thread_i.h"

static uint32_t number(const char *digits)
{
	uint32_t value = 0;

	for (; *digits; digits++)
		value = value * 10 + (uint32_t)(*digits - '0');
	return value;
}

/* do_dad DEVICE DEADLINE_MS, or command WORD...: the lane gives what is needed. */
void bare_main(char **argv)
{
	struct thread_i ask = { 0 };

	if (!strcmp(argv[0], "command")) {
		ask.command = argv + 1;
	} else {
		ask.dut = argv[1];
		ask.deadline_ms = number(argv[2]);
	}
	thread_i_run(&ask);
}
