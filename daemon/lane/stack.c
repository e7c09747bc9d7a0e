// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lane/stack.h"
#include "trial/hang.h"

/*
 * A task that waits for references wakes up now and then, and the stack of a task that runs is
 * empty or torn: one look is too few, and these take 20 ms at most.
 */
enum { LOOKS = 20 };

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

/* Whether a thread of the process is seen inside the call; else its last thread is noted. */
static bool look_at_threads(pid_t pid, struct evidence *evidence)
{
	char path[64];
	DIR *threads;
	bool is_inside;

	read_thread(pid, pid, evidence);
	is_inside = hang_proof(evidence->hang, evidence->hang_stack) == HANG_INSIDE;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = is_inside ? NULL : opendir(path);
	for (struct dirent *thread; threads && !is_inside && (thread = readdir(threads));) {
		pid_t number = (pid_t)strtol(thread->d_name, NULL, 10);

		if (number <= 0) /* "." and ".." */
			continue;
		read_thread(pid, number, evidence);
		is_inside = hang_proof(evidence->hang, evidence->hang_stack) == HANG_INSIDE;
	}
	if (threads)
		closedir(threads);
	return is_inside;
}

void stack_read(pid_t pid, struct evidence *evidence)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (int looks = 1; !look_at_threads(pid, evidence) && looks < LOOKS; looks++)
		nanosleep(&pause, NULL);
}
