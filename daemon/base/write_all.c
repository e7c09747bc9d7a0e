// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/write_all.h"

int file_write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}
