// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/settings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

enum { SETTINGS_MOST = 128 };

/* Of the one device of this process. */
static struct {
	struct setting_kept {
		char folder[8], name[48], value[64];
	} list[SETTINGS_MOST];
	int nr;
} kept;

static int setting_open(const struct setting_kept *setting, const char *device, int flags)
{
	char path[160];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/%s/%s/%s", setting->folder, device,
		 setting->name);
	return open(path, flags | O_CLOEXEC);
}

/* False: it cannot be read, as a secret that is not set. */
static bool setting_read(const struct setting_kept *setting, const char *device, char value[64])
{
	AUTO_FD int fd = setting_open(setting, device, O_RDONLY);
	ssize_t size = fd < 0 ? -1 : read(fd, value, 63);

	if (size <= 0)
		return false;
	value[size] = '\0';
	return true;
}

static void keep_folder(const char *folder, const char *device)
{
	char path[96];
	DIR *all;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/%s/%s", folder, device);
	all = opendir(path);
	for (struct dirent *one; all && kept.nr < SETTINGS_MOST && (one = readdir(all));) {
		struct setting_kept *setting = &kept.list[kept.nr];

		snprintf(setting->folder, sizeof(setting->folder), "%s", folder);
		snprintf(setting->name, sizeof(setting->name), "%.47s", one->d_name);
		kept.nr +=
			one->d_name[0] != '.' && setting_read(setting, device, setting->value);
	}
	if (all)
		closedir(all);
}

void settings_keep(const char *device)
{
	kept.nr = 0;
	keep_folder("conf", device);
	keep_folder("neigh", device);
}

static int setting_put_back(const struct setting_kept *setting, const char *device)
{
	AUTO_FD int fd = -1;
	char value[64];

	/* What cannot be read now may have been lost: a new inet6_dev has no secret. */
	if (setting_read(setting, device, value) && !strcmp(value, setting->value))
		return 0;
	fd = setting_open(setting, device, O_WRONLY);
	if (fd < 0) /* some can only be read */
		return errno == EACCES || errno == EPERM ? 0 : -errno;
	return write(fd, setting->value, strlen(setting->value)) < 0 ? -errno : 0;
}

/* The secret comes first: addr_gen_mode 2 is refused without one, and it sets that mode. */
int settings_put_back(const char *device)
{
	int first_err = 0;

	for (int is_first = 1; is_first >= 0; is_first--)
		for (int i = 0; i < kept.nr; i++) {
			const struct setting_kept *setting = &kept.list[i];
			int is_secret = !strcmp(setting->name, "stable_secret");
			int err = 0;

			if (is_secret == is_first)
				err = setting_put_back(setting, device);
			first_err = first_err ?: err;
		}
	return first_err;
}
