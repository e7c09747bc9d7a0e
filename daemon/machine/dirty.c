// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "machine/parts.h"

#define DIRTY_FILE MACHINE_FOLDER "/dirty"
#define DIRTY_NEW  MACHINE_FOLDER "/dirty.new"

struct mark {
	char boot_id[64];
	char since[32];
	char sentence[512];
};

/* False when there is none. A mark that says nothing is one of no boot. */
static bool mark_read(struct mark *mark)
{
	FILE *file = fopen(DIRTY_FILE, "re");

	*mark = (struct mark){ 0 };
	if (!file)
		return false;
	if (fscanf(file, "%63[^\n]\n%31[^\n]\n%511[^\n]", mark->boot_id, mark->since,
		   mark->sentence) < 1)
		mark->boot_id[0] = '\0';
	fclose(file);
	return true;
}

bool machine_dirty(struct why *why)
{
	char boot_id[64];
	struct mark mark;

	if (!mark_read(&mark))
		return false;
	machine_text("/proc/sys/kernel/random/boot_id", boot_id, sizeof(boot_id));
	if (strcmp(boot_id, mark.boot_id) != 0)
		return false;
	why_set(why, EBUSY,
		"this machine is dirty since %s: %s; reboot, or use --force at your own risk",
		mark.since, mark.sentence);
	return true;
}

int machine_mark_dirty(const char *sentence, struct why *why)
{
	char boot_id[64], since[32];
	time_t now = time(NULL);
	struct tm utc;
	FILE *file;
	int err = machine_folder(why);
	bool written;

	if (err)
		return err;
	if (machine_dirty(NULL))
		return 0;
	machine_text("/proc/sys/kernel/random/boot_id", boot_id, sizeof(boot_id));
	strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	file = fopen(DIRTY_NEW, "we");
	written = file && fprintf(file, "%s\n%s\n%.*s\n", boot_id, since,
				  (int)strcspn(sentence, "\n"), sentence) > 0;
	if (file && fclose(file))
		written = false;
	if (!written || rename(DIRTY_NEW, DIRTY_FILE))
		return why_set(why, errno, DIRTY_FILE ": cannot be written: %s",
			       strerror(errno));
	return 0;
}

int machine_unmark_dirty(struct why *why)
{
	if (!unlink(DIRTY_FILE))
		return 1;
	if (errno == ENOENT)
		return 0;
	return why_set(why, errno, DIRTY_FILE ": cannot be removed: %s", strerror(errno));
}
