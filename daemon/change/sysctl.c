// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "change/shown.h"

static int sysctl_open(const struct change_about *about, const char *name, int flags)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", about->dut, name);
	return open(path, flags | O_CLOEXEC);
}

int sysctl_put(const struct change_about *about, const char *name, int value)
{
	AUTO_FD int fd = sysctl_open(about, name, O_WRONLY);

	return fd < 0 ? -errno : shown_error(dprintf(fd, "%d", value));
}

static int sysctl_get(const struct change_about *about, const char *name, int *value)
{
	AUTO_FD int fd = sysctl_open(about, name, O_RDONLY);
	char text[16] = "";
	ssize_t size;

	if (fd < 0)
		return -errno;
	size = read(fd, text, sizeof(text) - 1);
	if (size <= 0)
		return size ? -errno : -EIO;
	*value = atoi(text);
	return 0;
}

int sysctl_replace(const struct change_about *about, const char *name, int value, int *was)
{
	int err = sysctl_get(about, name, was);

	return err ? err : sysctl_put(about, name, value);
}

int sysctl_switch(struct change_about *about)
{
	return sysctl_replace(about, about->change->sysctl, about->change->number,
			      &about->kept);
}

bool sysctl_is_switched(const struct change_about *about)
{
	int value;

	return !sysctl_get(about, about->change->sysctl, &value) &&
	       value == about->change->number;
}

int sysctl_switch_back(const struct change_about *about)
{
	return sysctl_put(about, about->change->sysctl, about->kept);
}
