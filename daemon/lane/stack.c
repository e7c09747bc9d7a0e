// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lane/stack.h"
#include "trial/hang.h"

static void read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

static void read_thread(pid_t pid, pid_t thread, struct evidence *evidence)
{
	char path[64];

	evidence->hang_pid = (uint32_t)thread;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/wchan", pid, thread);
	read_file(path, evidence->hang_wchan, sizeof(evidence->hang_wchan));
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stack", pid, thread);
	read_file(path, evidence->hang_stack, sizeof(evidence->hang_stack));
}

void stack_text(pid_t pid, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	read_file(path, text, size);
}

void stack_read(pid_t pid, struct evidence *evidence)
{
	char path[64];
	DIR *threads;

	read_thread(pid, pid, evidence);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	for (struct dirent *thread; threads && (thread = readdir(threads));) {
		pid_t number = (pid_t)strtol(thread->d_name, NULL, 10);

		if (hang_proof(evidence->hang, evidence->hang_stack) == HANG_INSIDE)
			break;
		if (number > 0) /* "." and ".." are none */
			read_thread(pid, number, evidence);
	}
	if (threads)
		closedir(threads);
}
