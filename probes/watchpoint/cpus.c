// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "watchpoint/cpus.h"

void cpus_read_online(char list[CPUS_LIST])
{
	FILE *file = fopen("/sys/devices/system/cpu/online", "re");

	if (!file || !fgets(list, CPUS_LIST, file))
		list[0] = '\0';
	if (file)
		fclose(file);
}

bool cpus_has(const char *list, uint32_t cpu)
{
	while (*list) {
		char *end;
		unsigned long first = strtoul(list, &end, 10);
		unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;

		if (cpu >= first && cpu <= last)
			return true;
		if (*end != ',')
			break;
		list = end + 1;
	}
	return false;
}
