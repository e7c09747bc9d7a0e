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

static void read_thread(pid_t pid, const char *thread, struct evidence *evidence)
{
	char path[64];

	evidence->hang_pid = (uint32_t)atoi(thread);
	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/wchan", pid, thread);
	read_file(path, evidence->hang_wchan, sizeof(evidence->hang_wchan));
	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/stack", pid, thread);
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

	snprintf(path, sizeof(path), "%d", pid);
	read_thread(pid, path, evidence);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	for (struct dirent *thread; threads && (thread = readdir(threads));) {
		struct evidence *e = evidence;

		if (hang_proof(e->hang, e->hang_stack) == HANG_INSIDE)
			break;
		if (thread->d_name[0] != '.')
			read_thread(pid, thread->d_name, evidence);
	}
	if (threads)
		closedir(threads);
}
