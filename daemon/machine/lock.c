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

/*
 * Who holds the lock, by the kernel's list of locks: 0 when nobody does. A holder in another
 * pid namespace has no number here, and gives -1.
 */
static pid_t holder_of(const struct stat *lock)
{
	FILE *locks = fopen("/proc/locks", "re");
	char line[256];
	pid_t holder = 0;

	while (locks && !holder && fgets(line, sizeof(line), locks)) {
		unsigned int device_major, device_minor;
		unsigned long long inode;
		int pid;

		if (sscanf(line, "%*s FLOCK %*s %*s %d %x:%x:%llu", &pid, &device_major,
			   &device_minor, &inode) == 4 &&
		    makedev(device_major, device_minor) == lock->st_dev &&
		    inode == lock->st_ino)
			holder = pid > 0 ? pid : -1;
	}
	if (locks)
		fclose(locks);
	return holder;
}

static int in_use_by(struct why *why, pid_t holder)
{
	char pid[32] = "of another pid namespace";

	if (holder > 0)
		snprintf(pid, sizeof(pid), "pid %d", holder);
	return why_exit(
		why, EXIT_BUSY, EBUSY,
		"this machine is in use by another run (%s); wait until it has ended, or end it",
		pid);
}

/* Whoever may open the file may lock it: an older one was open to all. */
static int take_lock(int fd, struct why *why)
{
	struct stat lock;

	if (fchmod(fd, 0600) || fstat(fd, &lock))
		return why_set(why, errno, LOCK_FILE ": %s", strerror(errno));
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ?
		       in_use_by(why, holder_of(&lock)) :
		       why_set(why, errno, LOCK_FILE ": cannot be locked: %s", strerror(errno));
}

int machine_lock(struct why *why)
{
	int err = machine_folder(why), fd;

	if (err)
		return err;
	fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
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
	struct stat lock;
	pid_t holder = stat(LOCK_FILE, &lock) ? 0 : holder_of(&lock);

	if (holder)
		in_use_by(why, holder);
	return holder != 0;
}
