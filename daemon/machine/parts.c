// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "machine/parts.h"

void machine_text(const char *path, char *text, size_t size)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

	while (got > 0 && text[got - 1] == '\n')
		got--;
	text[got > 0 ? got : 0] = '\0';
}

int machine_folder(struct why *why)
{
	if (!mkdir(MACHINE_FOLDER, 0755) || errno == EEXIST)
		return 0;
	return why_set(why, errno, MACHINE_FOLDER ": cannot be created: %s%s", strerror(errno),
		       geteuid() ? "; run as root" : "");
}
