// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/netns.h"

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

int visit_netns(const char *netns, struct why *why)
{
	char path[512];
	int fd, err = 0;

	snprintf(path, sizeof(path), strchr(netns, '/') ? "%s" : "/run/netns/%s", netns);
	if (is_number(netns) && access(path, F_OK) != 0)
		snprintf(path, sizeof(path), "/proc/%s/ns/net", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return why_set(
			why, ENOENT,
			is_number(netns) ?
				"no network namespace %s: there is no process %s, and no such name in /run/netns" :
				"no network namespace %s: there is no %s; `ip netns` lists the names",
			netns, is_number(netns) ? netns : path);
	if (fd < 0)
		return why_set(why, errno, "%s: cannot be opened: %s%s", path, strerror(errno),
			       geteuid() ? "; run as root" : "");
	if (setns(fd, CLONE_NEWNET))
		err = errno;
	close(fd);
	if (err == EINVAL)
		return why_set(why, EINVAL, "%s: not a network namespace", path);
	if (err)
		return why_set(why, err, "%s: cannot be entered: %s%s", path, strerror(err),
			       err == EPERM ? "; run as root, or with CAP_SYS_ADMIN" : "");
	return 0;
}

uint64_t visited_netns(void)
{
	struct stat own;

	return stat("/proc/thread-self/ns/net", &own) ? 0 : (uint64_t)own.st_ino;
}
