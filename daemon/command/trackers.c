// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/trackers.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command/watch_view.h"
#include "machine/klog.h"

#define TRACKERS "/sys/kernel/debug/ref_tracker"

/* What the kernel's log tells of an interface that cannot be unregistered. */
static void show_logged(const char *device, int64_t count, FILE *out)
{
	char *text = klog_text();
	FILE *log = text && *text ? fmemopen(text, strlen(text), "r") : NULL;
	struct reftracker tracker;
	int err = log ? reftracker_read_log(log, device, count, &tracker) : -ENOENT;

	if (!err)
		watch_tracker(&tracker, out);
	if (err == -ENOTUNIQ)
		fprintf(out,
			"\nThe kernel's own ref_tracker is not shown: several devices called %s wait, and the log does not tell which is this one\n",
			device);
	if (log)
		fclose(log);
	free(text);
}

static void show_file(const char *name, FILE *out)
{
	struct reftracker tracker;
	char path[sizeof(TRACKERS) + 256];
	FILE *file;

	snprintf(path, sizeof(path), TRACKERS "/%s", name);
	file = fopen(path, "re");
	if (file && !reftracker_read(file, &tracker))
		watch_tracker(&tracker, out);
	if (file)
		fclose(file);
}

void trackers_show(const char *device, bool waits, int64_t count, FILE *out)
{
	DIR *folder = opendir(TRACKERS);
	const struct dirent *entry;

	if (!folder && waits)
		show_logged(device, count, out);
	while (folder && (entry = readdir(folder)))
		if (!strncmp(entry->d_name, "netdev@", strlen("netdev@")))
			show_file(entry->d_name, out);
	if (folder)
		closedir(folder);
}
