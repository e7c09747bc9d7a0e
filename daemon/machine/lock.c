// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "machine/parts.h"

#define LOCK_FILE MACHINE_FOLDER "/lock"

static int in_use_by(struct why *why, const char *pid)
{
	return why_set(
		why, EBUSY,
		"this machine is in use by another run (pid %s); wait until it has ended, or end it",
		pid[0] ? pid : "unknown");
}

static int take_lock(int fd, struct why *why)
{
	char pid[16];

	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return why_set(why, errno, LOCK_FILE ": cannot be locked: %s",
				       strerror(errno));
		machine_text(LOCK_FILE, pid, sizeof(pid));
		return in_use_by(why, pid);
	}
	/* The pid is for the sentence only: the lock is the lock. */
	if (ftruncate(fd, 0) || dprintf(fd, "%d\n", getpid()) < 0)
		return why_set(why, errno, LOCK_FILE ": cannot be written: %s",
			       strerror(errno));
	return 0;
}

int machine_lock(struct why *why)
{
	int err = machine_folder(why), fd;

	if (err)
		return err;
	fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return why_set(why, errno, LOCK_FILE ": cannot be opened: %s%s",
			       strerror(errno), geteuid() ? "; run as root" : "");
	err = take_lock(fd, why);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Asks /proc/locks: trying the lock would make a run that starts now find it taken. */
bool machine_busy(struct why *why)
{
	FILE *locks = fopen("/proc/locks", "re");
	char line[256], pid[16];
	struct stat lock;
	bool busy = false;

	if (locks && !stat(LOCK_FILE, &lock))
		while (!busy && fgets(line, sizeof(line), locks)) {
			unsigned int device_major, device_minor;
			unsigned long long inode;

			busy = sscanf(line, "%*s FLOCK %*s %*s %*d %x:%x:%llu", &device_major,
				      &device_minor, &inode) == 3 &&
			       makedev(device_major, device_minor) == lock.st_dev &&
			       inode == lock.st_ino;
		}
	if (locks)
		fclose(locks);
	if (busy) {
		machine_text(LOCK_FILE, pid, sizeof(pid));
		in_use_by(why, pid);
	}
	return busy;
}
