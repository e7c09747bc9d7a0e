// SPDX-License-Identifier: GPL-2.0-or-later
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/end_child.h"
#include "base/fd.h"

bool end_child(pid_t *pid, uint64_t within_ns)
{
	struct pollfd ended = { .events = POLLIN };
	AUTO_FD int fd = -1;

	if (!*pid)
		return true;
	fd = (int)syscall(SYS_pidfd_open, *pid, 0);
	ended.fd = fd;
	kill(*pid, SIGKILL);
	if (fd < 0 || poll(&ended, 1, (int)(within_ns / 1000000)) != 1 ||
	    waitpid(*pid, NULL, __WALL) != *pid)
		return false;
	*pid = 0;
	return true;
}
