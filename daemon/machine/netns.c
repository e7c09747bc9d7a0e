// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "machine/netns.h"

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* "PID:FD", or the path of the same. */
static bool read_descriptor(const char *netns, int *pid, int *fd)
{
	int length = 0;

	if (sscanf(netns, "%d:%d%n", pid, fd, &length) != 2)
		sscanf(netns, "/proc/%d/fd/%d%n", pid, fd, &length);
	return length && !netns[length] && *pid > 0 && *fd >= 0;
}

/* A copy of another process's descriptor. */
static int take_descriptor(int pid, int fd, const char *netns, struct why *why)
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0U);
	int taken, err;

	if (process < 0 && (errno == ESRCH || errno == EINVAL))
		return why_set(why, ENOENT, "no network namespace %s: there is no process %d",
			       netns, pid);
	taken = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0U);
	err = errno;
	if (process >= 0)
		close(process);
	if (taken >= 0)
		return taken;
	if (err == EBADF)
		return why_set(why, ENOENT,
			       "no network namespace %s: process %d has no descriptor %d",
			       netns, pid, fd);
	return why_set(why, err, "%s: the descriptor cannot be taken: %s%s", netns,
		       strerror(err),
		       err == EPERM ? "; run as root, or with CAP_SYS_PTRACE" : "");
}

/* Of a socket or a tun, the namespace that it keeps; otherwise it may be one itself. */
static int open_descriptor(int pid, int fd, const char *netns, struct why *why)
{
	int taken = take_descriptor(pid, fd, netns, why), of_socket, err;

	if (taken < 0)
		return taken;
	of_socket = ioctl(taken, SIOCGSKNS);
	err = errno;
	if (of_socket < 0 && err != EPERM)
		return taken;
	close(taken);
	if (of_socket < 0)
		return why_set(why, err, "%s: its namespace cannot be opened: %s; run as root",
			       netns, strerror(err));
	return of_socket;
}

static int open_path(const char *netns, struct why *why)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), strchr(netns, '/') ? "%s" : "/run/netns/%s", netns);
	if (is_number(netns) && access(path, F_OK) != 0)
		snprintf(path, sizeof(path), "/proc/%s/ns/net", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return why_set(
			why, ENOENT,
			is_number(netns) ?
				"no network namespace %s: there is no process %s, and no such name in /run/netns" :
				"no network namespace %s: there is no %s; `ip netns` lists the names",
			netns, is_number(netns) ? netns : path);
	return why_set(why, errno, "%s: cannot be opened: %s%s", path, strerror(errno),
		       geteuid() ? "; run as root" : "");
}

int visit_netns(const char *netns, struct why *why)
{
	int pid, of, fd, err;

	fd = read_descriptor(netns, &pid, &of) ? open_descriptor(pid, of, netns, why) :
						 open_path(netns, why);
	if (fd < 0)
		return fd;
	err = setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	if (err == EINVAL)
		return why_set(why, EINVAL, "%s: not a network namespace", netns);
	if (err)
		return why_set(why, err, "%s: cannot be entered: %s%s", netns, strerror(err),
			       err == EPERM ? "; run as root, or with CAP_SYS_ADMIN" : "");
	return 0;
}

uint64_t visited_netns(void)
{
	struct stat own;

	return stat("/proc/thread-self/ns/net", &own) ? 0 : (uint64_t)own.st_ino;
}
