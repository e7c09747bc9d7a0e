// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "testbed/parts.h"

#define OWN_NETNS   "/proc/thread-self/ns/net" /* setns() moves the thread, not the process */
#define NAMED_NETNS "/run/netns"

int netns_own(int *out, struct why *why)
{
	int fd = open(OWN_NETNS, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return testbed_cannot(why, errno, "open", OWN_NETNS);
	*out = fd;
	return 0;
}

int netns_enter(int fd, struct why *why)
{
	if (setns(fd, CLONE_NEWNET) < 0)
		return testbed_cannot(why, errno, "enter", "a network namespace");
	return 0;
}

int netns_new(int *fd, struct why *why)
{
	if (unshare(CLONE_NEWNET) < 0)
		return testbed_cannot(why, errno, "make", "a network namespace");
	return netns_own(fd, why);
}

uint32_t netns_inum(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : (uint32_t)st.st_ino;
}

bool netns_is_own(int fd)
{
	struct stat own;

	return stat(OWN_NETNS, &own) == 0 && (uint32_t)own.st_ino == netns_inum(fd);
}

int netns_bind(const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

	if (fd < 0 && errno == EEXIST)
		return why_set(why, EEXIST,
			       "testbed: %s is taken: %s; an earlier testbed was kept there, "
			       "ip netns delete removes it",
			       path, strerror(EEXIST));
	if (fd < 0)
		return testbed_cannot(why, errno, "create", path);
	close(fd);
	if (mount(OWN_NETNS, path, "none", MS_BIND, NULL) < 0) {
		int err = errno;

		unlink(path);
		return testbed_cannot(why, err, "mount", path);
	}
	return 0;
}

/* As ip-netns(8) prepares it: an unmount there must reach those who copied our mounts. */
static int names_ready(struct why *why)
{
	if (mkdir(NAMED_NETNS, 0755) < 0 && errno != EEXIST)
		return testbed_cannot(why, errno, "create", NAMED_NETNS);
	if (mount("", NAMED_NETNS, "none", MS_SHARED | MS_REC, NULL) == 0)
		return 0;
	if (errno != EINVAL ||
	    mount(NAMED_NETNS, NAMED_NETNS, "none", MS_BIND | MS_REC, NULL) < 0 ||
	    mount("", NAMED_NETNS, "none", MS_SHARED | MS_REC, NULL) < 0)
		return testbed_cannot(why, errno, "share the mount", NAMED_NETNS);
	return 0;
}

static void named_path(const struct testbed *testbed, enum role role, char *path, size_t size)
{
	snprintf(path, size, NAMED_NETNS "/dadrace-%u%s", testbed->lane,
		 role == ROLE_PEER ? "-peer" : "");
}

int netns_name(struct testbed *testbed, enum role role, struct why *why)
{
	char path[64];
	int err = names_ready(why);

	if (err)
		return err;
	named_path(testbed, role, path, sizeof(path));
	err = netns_bind(path, why);
	testbed->named[role] = !err;
	return err;
}

void netns_unname(struct testbed *testbed)
{
	char path[64];

	for (enum role role = ROLE_DUT; role < ROLES; role++) {
		if (!testbed->named[role])
			continue;
		named_path(testbed, role, path, sizeof(path));
		umount2(path, MNT_DETACH);
		unlink(path);
		testbed->named[role] = false;
	}
}

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

static int sysctl_write(const char *path, const char *value, struct why *why)
{
	AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return why_set(why, ENOENT,
			       "testbed: there is no %s; does this kernel have IPv6?", path);
	if (fd < 0)
		return testbed_cannot(why, errno, "open", path);
	if (write(fd, value, strlen(value)) < 0)
		return why_set(why, errno, "testbed: cannot write %s to %s: %s", value, path,
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

int sysctl_change(struct undo *undo, const struct setting *setting, const char *device,
		  struct why *why)
{
	char path[PATH_MAX], was[256];
	int err;

	setting_path(setting->key, device, path, sizeof(path));
	err = sysctl_read(path, was, sizeof(was));
	if (!err && strcmp(was, setting->value) == 0)
		return 0;
	if (!err && undo) {
		err = undo_push(undo, UNDO_SYSCTL, path, was, why);
		if (err)
			return err;
	}
	return sysctl_write(path, setting->value, why);
}

int sysctl_journal(struct undo *undo, const struct setting *setting, const char *device,
		   struct why *why)
{
	char path[PATH_MAX], was[256];
	int err;

	setting_path(setting->key, device, path, sizeof(path));
	err = sysctl_read(path, was, sizeof(was));
	return err ? testbed_cannot(why, -err, "read", path) :
		     undo_push(undo, UNDO_SYSCTL, path, was, why);
}

int sysctls_change(struct undo *undo, const struct setting *settings, size_t nr,
		   const char *device, struct why *why)
{
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++)
		err = sysctl_change(undo, &settings[i], device, why);
	return err;
}
