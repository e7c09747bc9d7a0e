// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "machine/parts.h"

/* A file of the name's for each namespace, with its inode: the name alone may be anybody's. */
#define KEPT_FOLDER MACHINE_FOLDER "/kept"

enum { KEPT_PATH = 300 };

static void record_path(const char *path, char record[KEPT_PATH])
{
	const char *slash = strrchr(path, '/');

	snprintf(record, KEPT_PATH, KEPT_FOLDER "/%s", slash ? slash + 1 : path);
}

int machine_keep_netns(const char *path, uint32_t inum, struct why *why)
{
	char record[KEPT_PATH];
	int err = machine_folder(why);

	if (err)
		return err;
	record_path(path, record);
	if (!mkdir(KEPT_FOLDER, 0700) || errno == EEXIST) {
		AUTO_FD int fd = open(
			record, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (fd >= 0 && dprintf(fd, "%u\n", inum) > 0)
			return 0;
	}
	return why_set(why, errno, "%s: cannot be written: %s", record, strerror(errno));
}

void machine_forget_netns(const char *path)
{
	char record[KEPT_PATH];

	record_path(path, record);
	unlink(record);
}

static bool is_kept(const char *path)
{
	char record[KEPT_PATH], inum[16];
	struct stat st;

	record_path(path, record);
	machine_text(record, inum, sizeof(inum));
	return inum[0] && !stat(path, &st) && st.st_ino == strtoul(inum, NULL, 10);
}

void machine_kept_netns(void (*seen)(const char *path, bool there, void *arg), void *arg)
{
	DIR *folder = opendir(KEPT_FOLDER);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		char path[KEPT_PATH];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), MACHINE_NETNS_FOLDER "/%s", entry->d_name);
		seen(path, is_kept(path), arg);
	}
	if (folder)
		closedir(folder);
}
