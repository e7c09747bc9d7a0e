// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/shown.h"
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
	shown_in_place(site->stack + used, sizeof(site->stack) - used);
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
	shown_in_place(object, sizeof(object)); /* a name that somebody gave a device */
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

/* Devices of one name that wait, by the address of the first block of each report. */
enum { DEVICES_MAX = 16 };
struct devices {
	uint32_t nr;
	struct {
		char object[64];
		int64_t count; /* in the last line that says that it waits */
	} at[DEVICES_MAX];
};

static void note_device(struct devices *devices, const char *object, int64_t count)
{
	uint32_t i = 0;

	while (i < devices->nr && strcmp(devices->at[i].object, object) != 0)
		i++;
	if (i == DEVICES_MAX)
		return;
	if (i == devices->nr)
		devices->nr++;
	snprintf(devices->at[i].object, sizeof(devices->at[i].object), "%s", object);
	devices->at[i].count = count;
}

/* "waiting for NAME to become free. Usage count = 2" of this interface, or of another. */
static bool read_waiting(const char *text, const char *interface, int64_t *count, bool *ours)
{
	char name[64];

	if (sscanf(text,
		   "unregister_netdevice: waiting for %63s to become free. Usage count = %" SCNd64,
		   name, count) != 2)
		return false;
	*ours = !strcmp(name, interface);
	return true;
}

static void list_devices(FILE *log, const char *interface, struct devices *devices)
{
	bool ours = false;
	int64_t count = 0;
	char line[512];

	while (fgets(line, sizeof(line), log)) {
		const char *text = plain(line);
		char object[64];

		if (read_waiting(text, interface, &count, &ours) || !ours ||
		    sscanf(text, "%63s has %*u/%*u users at", object) != 1 ||
		    !strchr(object, '@'))
			continue;
		note_device(devices, object, count);
		ours = false;
	}
}

/* The only one, or the only one that has as many references. NULL: it cannot be told. */
static const char *choose_device(const struct devices *devices, int64_t count)
{
	const char *chosen = NULL;

	if (devices->nr == 1)
		return devices->at[0].object;
	for (uint32_t i = 0; i < devices->nr; i++) {
		if (devices->at[i].count != count)
			continue;
		if (chosen)
			return NULL;
		chosen = devices->at[i].object;
	}
	return chosen;
}

/* Repeated every ten seconds: the last report counts. */
static void read_last(FILE *log, const char *interface, const char *object,
		      struct reftracker *tracker)
{
	struct reftracker_site *site = NULL;
	bool waits = false, ours = false;
	int64_t count;
	char line[512];

	while (fgets(line, sizeof(line), log)) {
		const char *text = plain(line);
		size_t length = strcspn(text, " ");

		if (read_waiting(text, interface, &count, &waits)) {
			ours = false;
			continue;
		}
		if (waits && strstr(text, " users at")) {
			ours = strlen(object) == length && !strncmp(text, object, length);
			if (ours)
				*tracker = (struct reftracker){ 0 };
			site = NULL;
			waits = false;
		}
		if (ours)
			read_line(text, tracker, &site);
	}
}

int reftracker_read_log(FILE *log, const char *interface, int64_t count,
			struct reftracker *tracker)
{
	struct devices devices = { 0 };
	const char *object;

	*tracker = (struct reftracker){ 0 };
	list_devices(log, interface, &devices);
	if (!devices.nr)
		return -ENOENT;
	object = choose_device(&devices, count);
	if (!object)
		return -ENOTUNIQ;
	rewind(log);
	read_last(log, interface, object, tracker);
	return tracker->total ? 0 : -ENOENT;
}
