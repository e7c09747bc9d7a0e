// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "change/shown.h"

static int sysctl_open(const struct change_about *about, int flags)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", about->dut,
		 about->change->sysctl);
	return open(path, flags | O_CLOEXEC);
}

static int sysctl_set(const struct change_about *about, int value)
{
	AUTO_FD int fd = sysctl_open(about, O_WRONLY);

	return fd < 0 ? -errno : shown_error(dprintf(fd, "%d", value));
}

/* 0 or -errno. */
static int sysctl_get(const struct change_about *about, int *value)
{
	AUTO_FD int fd = sysctl_open(about, O_RDONLY);
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

int sysctl_switch(struct change_about *about)
{
	int err = sysctl_get(about, &about->kept);

	return err ? err : sysctl_set(about, about->change->number);
}

bool sysctl_is_switched(const struct change_about *about)
{
	int value;

	return !sysctl_get(about, &value) && value == about->change->number;
}

int sysctl_switch_back(const struct change_about *about)
{
	return sysctl_set(about, about->kept);
}
