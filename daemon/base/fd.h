/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FD_H
#define DADRACE_FD_H

#include <unistd.h>

/* Closes a descriptor that is not negative, and makes it so. */
static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A descriptor that is closed when its variable goes out of scope. */
#define AUTO_FD __attribute__((cleanup(close_fd)))

#endif
