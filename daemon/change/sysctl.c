// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "change/shown.h"

static int sysctl_open(const struct change_about *about, const char *name, int flags)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", about->dut, name);
	return open(path, flags | O_CLOEXEC);
}

int sysctl_set(const struct change_about *about, const char *name, char value)
{
	AUTO_FD int fd = sysctl_open(about, name, O_WRONLY);

	return fd < 0 ? -errno : shown_error((int)write(fd, &value, 1));
}

bool sysctl_is(const struct change_about *about, const char *name, char value)
{
	AUTO_FD int fd = sysctl_open(about, name, O_RDONLY);
	char is = 0;

	return fd >= 0 && read(fd, &is, 1) == 1 && is == value;
}
