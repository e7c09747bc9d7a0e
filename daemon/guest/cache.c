// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/cache.h"

int cache_make(char *path, struct why *why)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	if (mkdir(path, 0755) && errno != EEXIST)
		return why_set(why, errno, "%s: %s", path, strerror(errno));
	return 0;
}

int cache_folder(const char *below, char path[CACHE_PATH], struct why *why)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	/* Not in /tmp, where anybody could have put a kernel before us. */
	if (geteuid() && !(cache && cache[0]) && !home)
		return why_exit(
			why, EXIT_CONFIG, ENOENT,
			"kernels are kept in a folder below HOME, which is not set; set it, or XDG_CACHE_HOME");
	if (geteuid() == 0)
		snprintf(path, CACHE_PATH, "/var/cache/dadrace/%s", below);
	else if (cache && cache[0])
		snprintf(path, CACHE_PATH, "%s/dadrace/%s", cache, below);
	else
		snprintf(path, CACHE_PATH, "%s/.cache/dadrace/%s", home, below);
	return cache_make(path, why);
}

bool cache_find(const char *folder, const char *prefix, char path[CACHE_PATH])
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !strncmp(entry->d_name, prefix, strlen(prefix)))
			found = snprintf(path, CACHE_PATH, "%s/%s", folder, entry->d_name) <
				CACHE_PATH;
	if (dir)
		closedir(dir);
	return found;
}
