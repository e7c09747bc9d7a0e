// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "lane/program.h"
#include "lane/thread_i.h"
#include "thread_i_program.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U /* since Linux 6.3, which complains in its log of those who do not say */
#endif

static int memory_open(void)
{
	int fd = memfd_create("dadrace-up", MFD_CLOEXEC | MFD_EXEC);

	return fd < 0 && errno == EINVAL ? memfd_create("dadrace-up", MFD_CLOEXEC) : fd;
}

void program_given(int go, int said)
{
	dup2(go, THREAD_I_GO);
	dup2(said, STDOUT_FILENO);
	dup2(said, THREAD_I_SAYS);
}

pid_t program_start(int program, const char *const argv[], int go, int said)
{
	volatile int refused = 0;
	/* Nothing is copied: until it has its own memory it makes system calls only. */
	pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */

	if (pid == 0) {
		program_given(go, said);
		syscall(SYS_execveat, program, "", argv, environ, AT_EMPTY_PATH);
		refused = errno;
		_exit(126);
	}
	if (pid < 0 || !refused)
		return pid;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	errno = refused;
	return -1;
}

/* Told nothing, it says that the lane gave up. */
static bool runs(int program)
{
	const char *const argv[] = { "command", NULL };
	AUTO_FD int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = program_start(program, argv, nothing, nothing);
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == THREAD_I_GIVES_UP;
}

int program_open(void)
{
	AUTO_FD int memory = memory_open();
	char path[40];
	int program;

	if (memory < 0 ||
	    write(memory, thread_i_program, thread_i_program_length) != thread_i_program_length)
		return -1;
	/* What is open for writing cannot be run. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	program = open(path, O_RDONLY | O_CLOEXEC);
	close_fd(&memory);
	if (program < 0 || runs(program))
		return program;
	close(program);
	return -1;
}
