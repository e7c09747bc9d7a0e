// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lane/stack.h"

static void read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

void stack_read(pid_t pid, struct evidence *evidence)
{
	char path[64];

	evidence->hang_pid = (uint32_t)pid;
	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	read_file(path, evidence->hang_wchan, sizeof(evidence->hang_wchan));
	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	read_file(path, evidence->hang_stack, sizeof(evidence->hang_stack));
}
