// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "testbed/parts.h"

int sysctl_read(const char *path, char *value, size_t size)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, value, size - 1);
	if (got < 0)
		return -errno;
	while (got > 0 && value[got - 1] == '\n')
		got--;
	value[got] = '\0';
	return 0;
}

/*
 * A container may have /proc/sys read-only. A /proc of our own, mounted nowhere, is not; the
 * settings in it are those of the caller's network namespace all the same.
 */
static int open_in_own_proc(const char *path)
{
	AUTO_FD int context = fsopen("proc", FSOPEN_CLOEXEC);
	AUTO_FD int proc = -1;

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -1;
	proc = fsmount(context, FSMOUNT_CLOEXEC, 0);
	return proc < 0 ? -1 : openat(proc, path + strlen("/proc/"), O_WRONLY | O_CLOEXEC);
}

/* Without its settings, too: inet6_init() ends before they are registered. */
static bool ipv6_is_off(void)
{
	char disable[8];

	return !sysctl_read("/sys/module/ipv6/parameters/disable", disable, sizeof(disable)) &&
	       !strcmp(disable, "1");
}

int sysctl_write(const char *path, const char *value, struct why *why)
{
	AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 && errno == EROFS)
		fd = open_in_own_proc(path);
	if (fd < 0 && errno == ENOENT && ipv6_is_off())
		return why_exit(
			why, EXIT_CANNOT, ENOENT,
			"IPv6 is switched off: this kernel was booted with ipv6.disable=1; boot it without");
	if (fd < 0 && errno == ENOENT)
		return why_exit(
			why, EXIT_CANNOT, ENOENT,
			"%s: no such setting; the kernel may lack IPv6, or the device may be gone",
			path);
	if (fd < 0)
		return testbed_cannot(why, errno, "opened", path);
	if (write(fd, value, strlen(value)) < 0)
		return why_set(why, errno, "%s: cannot be set to %s: %s", path, value,
			       strerror(errno));
	return 0;
}

static void setting_path(const char *key, const char *device, char *path, size_t size)
{
	const char *at = strstr(key, "%s");

	if (at)
		snprintf(path, size, SYSCTLS "%.*s%s%s", (int)(at - key), key, device, at + 2);
	else
		snprintf(path, size, SYSCTLS "%s", key);
}

int sysctl_get(const char *key, const char *device, char *value, size_t size)
{
	char path[PATH_MAX];

	setting_path(key, device, path, sizeof(path));
	return sysctl_read(path, value, size);
}

int sysctl_change(const struct setting *setting, const char *device, struct why *why)
{
	char path[PATH_MAX], was[256];

	setting_path(setting->key, device, path, sizeof(path));
	if (!sysctl_read(path, was, sizeof(was)) && !strcmp(was, setting->value))
		return 0;
	return sysctl_write(path, setting->value, why);
}

int sysctls_change(const struct setting *settings, size_t nr, const char *device,
		   struct why *why)
{
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++)
		err = sysctl_change(&settings[i], device, why);
	return err;
}
