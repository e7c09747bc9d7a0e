// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
		return testbed_cannot(why, errno, "opened", OWN_NETNS);
	*out = fd;
	return 0;
}

int netns_enter(int fd, struct why *why)
{
	if (setns(fd, CLONE_NEWNET) < 0)
		return testbed_cannot(why, errno, "entered", "network namespace");
	return 0;
}

int netns_new(int *fd, struct why *why)
{
	if (unshare(CLONE_NEWNET) < 0)
		return testbed_cannot(why, errno, "made", "network namespace");
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

/* Moves into the namespace at `path` if it is the one with this inode number. */
static bool enter_if(const char *path, uint32_t inum)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && netns_inum(fd) == inum && setns(fd, CLONE_NEWNET) == 0;
}

static bool find_in(const char *folder, const char *file, uint32_t inum)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s%s", folder, entry->d_name, file);
		found = entry->d_name[0] != '.' && enter_if(path, inum);
	}
	if (dir)
		closedir(dir);
	return found;
}

int netns_find(uint32_t inum, struct why *why)
{
	if (enter_if(OWN_NETNS, inum) || find_in(NAMED_NETNS, "", inum) ||
	    find_in("/run/docker/netns", "", inum) || find_in("/proc", "/ns/net", inum))
		return 0;
	return why_set(why, ENOENT, "network namespace %u: cannot be found", inum);
}

/* Binds the namespace that the caller is in to `path`, which must not exist. */
static int netns_bind(const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

	if (fd < 0)
		return testbed_cannot(why, errno, "created", path);
	close(fd);
	if (mount(OWN_NETNS, path, "none", MS_BIND, NULL) < 0) {
		int err = errno;

		unlink(path);
		return testbed_cannot(why, err, "mounted", path);
	}
	return 0;
}

/* As ip-netns(8) prepares it: an unmount must reach processes that copied our mounts. */
static int names_ready(struct why *why)
{
	if (mkdir(NAMED_NETNS, 0755) < 0 && errno != EEXIST)
		return testbed_cannot(why, errno, "created", NAMED_NETNS);
	if (mount("", NAMED_NETNS, "none", MS_SHARED | MS_REC, NULL) == 0)
		return 0;
	if (errno != EINVAL ||
	    mount(NAMED_NETNS, NAMED_NETNS, "none", MS_BIND | MS_REC, NULL) < 0 ||
	    mount("", NAMED_NETNS, "none", MS_SHARED | MS_REC, NULL) < 0)
		return testbed_cannot(why, errno, "made a shared mount", NAMED_NETNS);
	return 0;
}

static void named_path(const struct testbed *testbed, enum role role, char *path, size_t size)
{
	snprintf(path, size, NAMED_NETNS "/dadrace-%u%s", testbed->lane,
		 role == ROLE_PEER ? "-peer" : "");
}

int netns_name(struct testbed *testbed, enum role role, struct why *why)
{
	struct stat own;
	char path[64];
	int err = names_ready(why);

	if (err)
		return err;
	named_path(testbed, role, path, sizeof(path));
	if (stat(OWN_NETNS, &own))
		return testbed_cannot(why, errno, "read", OWN_NETNS);
	if (!access(path, F_OK))
		err = -EEXIST;
	if (!err)
		err = machine_keep_netns(path, (uint32_t)own.st_ino, why);
	if (!err)
		err = netns_bind(path, why);
	if (err == -EEXIST)
		why_exit(
			why, EXIT_BUSY, EEXIST,
			"%s: exists already, kept by an earlier run; `ip netns delete %s` removes it",
			path, path + strlen(NAMED_NETNS "/"));
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
		machine_forget_netns(path);
		testbed->named[role] = false;
	}
}
