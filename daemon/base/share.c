// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/share.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

uint32_t share_cpus(void)
{
	cpu_set_t set;
	int nr = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	return nr > 0 ? (uint32_t)nr : 1;
}

/* Bytes; UINT64_MAX: "max", or no such file, as in the topmost group. */
static uint64_t limit_of(const char *group)
{
	uint64_t limit;
	char path[4200];
	FILE *file;
	int nr;

	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", group);
	file = fopen(path, "re");
	if (!file)
		return UINT64_MAX;
	nr = fscanf(file, "%" SCNu64, &limit);
	fclose(file);
	return nr == 1 ? limit : UINT64_MAX;
}

/* Its group of cgroup v2 as the kernel tells it ("0::/..."); empty where there is none. */
static void group_of_process(char *group, size_t size)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[4096];

	group[0] = '\0';
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "0::/", 4)) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(group, size, "%s", line + 3);
		}
	if (file)
		fclose(file);
}

uint64_t share_megabytes(void)
{
	uint64_t least = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	char group[4096];
	char *up;

	group_of_process(group, sizeof(group));
	for (;;) {
		uint64_t limit = limit_of(group);

		if (limit < least)
			least = limit;
		up = strrchr(group, '/');
		if (!up)
			return least >> 20;
		*up = '\0';
	}
}
