// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/own_path.h"

int own_path(const char *beside, char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size);
	size_t folder, room;

	if (length < 0)
		return -errno;
	if ((size_t)length == size)
		return -ENAMETOOLONG;
	path[length] = '\0';
	if (!beside)
		return 0;
	folder = (size_t)(strrchr(path, '/') + 1 - path);
	room = size - folder;
	return (size_t)snprintf(path + folder, room, "%s", beside) < room ? 0 : -ENAMETOOLONG;
}
