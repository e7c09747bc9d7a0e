// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "ledger/reftracker.h"

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

/*
 * What a console and dmesg put before a line, "<3>[   12.345678] ", and then the tracker
 * itself.
 */
static const char *plain(const char *line)
{
	static const char prefix[] = "ref_tracker: ";
	const char *end = *line == '<' ? strchr(line, '>') : NULL;
	bool stamped = false;

	line = end ? end + 1 : line;
	for (; *line == '[' && (end = strchr(line, ']')); line = end + 1)
		stamped = true;
	line += stamped && *line == ' ';
	return strncmp(line, prefix, strlen(prefix)) ? line : line + strlen(prefix);
}

/* A heading starts the next site; without room for it NULL, and its users count as skipped. */
static bool read_heading(const char *line, struct reftracker *tracker,
			 struct reftracker_site **site)
{
	char object[sizeof(tracker->object)];
	uint32_t users, total;

	if (sscanf(line, "%63s has %u/%u users at", object, &users, &total) != 3)
		return false;
	memcpy(tracker->object, object, sizeof(object));
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

static void read_line(const char *line, struct reftracker *tracker,
		      struct reftracker_site **site)
{
	uint32_t skipped;

	if (sscanf(line, "%*s skipped reports about %u/%u users", &skipped, &tracker->total) ==
	    2) {
		tracker->skipped += skipped;
		*site = NULL;
	} else if (!read_heading(line, tracker, site)) {
		if (*line != ' ')
			*site = NULL;
		else if (*site)
			add_frame(*site, line);
	}
}

int reftracker_read(FILE *file, struct reftracker *tracker)
{
	struct reftracker_site *site = NULL;
	char line[512];

	*tracker = (struct reftracker){ 0 };
	while (fgets(line, sizeof(line), file))
		read_line(line, tracker, &site);
	return tracker->total ? 0 : -ENOENT;
}

int reftracker_read_log(FILE *log, const char *interface, struct reftracker *tracker)
{
	struct reftracker_site *site = NULL;
	bool ours = false;
	char line[512];

	*tracker = (struct reftracker){ 0 };
	while (fgets(line, sizeof(line), log)) {
		const char *text = plain(line);
		char name[64];

		if (sscanf(text, "unregister_netdevice: waiting for %63s to become free",
			   name) == 1) {
			ours = !strcmp(name, interface);
			site = NULL;
			if (ours) /* repeated every ten seconds: the last one counts */
				*tracker = (struct reftracker){ 0 };
		} else if (ours) {
			read_line(text, tracker, &site);
		}
	}
	return tracker->total ? 0 : -ENOENT;
}
