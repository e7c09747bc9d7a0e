// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "reftracker.h"

/* "  packet_bind+0x2f/0x70 [af_packet]" -> "packet_bind" */
static void add_frame(struct reftracker_site *site, const char *line)
{
	size_t used = strlen(site->stack);
	const char *name = line + strspn(line, " \t");
	int length = (int)strcspn(name, "+. \n");

	if (length)
		snprintf(site->stack + used, sizeof(site->stack) - used, "%s%.*s",
			 used ? " < " : "", length, name);
}

/* A heading starts the next site; without room for it NULL, and its users count as skipped. */
static bool read_heading(const char *line, struct reftracker *tracker,
			 struct reftracker_site **site)
{
	uint32_t users, total;

	if (sscanf(line, "%63s has %u/%u users at", tracker->object, &users, &total) != 3)
		return false;
	tracker->total = total;
	*site = NULL;
	if (tracker->nr_sites == REFTRACKER_SITES_MAX) {
		tracker->skipped += users;
		return true;
	}
	*site = &tracker->sites[tracker->nr_sites++];
	**site = (struct reftracker_site){ .users = users };
	return true;
}

int reftracker_read(FILE *file, struct reftracker *tracker)
{
	struct reftracker_site *site = NULL;
	char line[512];
	uint32_t skipped;

	*tracker = (struct reftracker){ 0 };
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s skipped reports about %u/%u users", tracker->object,
			   &skipped, &tracker->total) == 3)
			tracker->skipped += skipped;
		else if (!read_heading(line, tracker, &site) && site && line[0] == ' ')
			add_frame(site, line);
	}
	return tracker->total ? 0 : -ENOENT;
}
