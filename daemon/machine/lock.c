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

/* By the kernel's list of locks. A holder in another pid namespace has no number here. */
static struct lock_holder holder_of(const struct stat *lock)
{
	struct lock_holder holder = { "" };
	FILE *locks = fopen("/proc/locks", "re");
	char line[256];

	while (locks && !holder.text[0] && fgets(line, sizeof(line), locks)) {
		unsigned int device_major, device_minor;
		unsigned long long inode;
		int pid;

		if (sscanf(line, "%*s FLOCK %*s %*s %d %x:%x:%llu", &pid, &device_major,
			   &device_minor, &inode) != 4 ||
		    makedev(device_major, device_minor) != lock->st_dev ||
		    inode != lock->st_ino)
			continue;
		if (pid > 0)
			snprintf(holder.text, sizeof(holder.text), "pid %d", pid);
		else
			snprintf(holder.text, sizeof(holder.text),
				 "a process of another pid namespace");
	}
	if (locks)
		fclose(locks);
	return holder;
}

struct lock_holder machine_lock_holder(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? (struct lock_holder){ "" } : holder_of(&st);
}

static int in_use_by(struct why *why, const struct lock_holder *holder)
{
	return why_exit(
		why, EXIT_BUSY, EBUSY,
		"this machine is in use by another run (%s); wait until it has ended, or end it",
		holder->text[0] ? holder->text : "a process that has just ended");
}

/* Whoever may open the file may lock it: an older one was open to all. */
static int take_lock(int fd, struct why *why)
{
	struct lock_holder holder;

	if (fchmod(fd, 0600))
		return why_set(why, errno, LOCK_FILE ": %s", strerror(errno));
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return why_set(why, errno, LOCK_FILE ": cannot be locked: %s", strerror(errno));
	holder = machine_lock_holder(fd);
	return in_use_by(why, &holder);
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
	struct lock_holder holder = { "" };

	if (!stat(LOCK_FILE, &lock))
		holder = holder_of(&lock);
	if (holder.text[0])
		in_use_by(why, &holder);
	return holder.text[0];
}
