// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/child.h"
#include "io/loop.h"

enum { SAID = 512, DEADLINE_S = 600, NOT_FOUND = 127, NOBODY = 65534 };

/* For good: with no_new_privs no program that is executed gets a capability back. */
static bool drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return !syscall(SYS_capset, &head, none);
}

/*
 * Without root's rights. A service whose unit lacks CAP_SETUID and CAP_SETGID cannot change its
 * user, and gives up its capabilities. The parent's death has to be asked for after this.
 */
static bool become_nobody(void)
{
	clearenv();
	if (setenv("PATH", CHILD_PATH, 1) || chdir("/") ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return false;
	if (setgroups(0, NULL))
		return errno == EPERM && drop_capabilities();
	return !setresgid(NOBODY, NOBODY, NOBODY) && !setresuid(NOBODY, NOBODY, NOBODY);
}

__attribute__((noreturn)) static void become(const char *const *argv, const char *folder,
					     int input, int out, int err, pid_t parent)
{
	int nothing = input >= 0 ? input : open("/dev/null", O_RDONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before that */
		_exit(125);
	dup2(nothing, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	setenv("LC_ALL", "C", 1);
	if (!folder || !chdir(folder))
		execvp(argv[0], (char *const *)argv);
	_exit(errno == ENOENT ? NOT_FOUND : 126);
}

pid_t child_start(const struct child_ask *ask)
{
	pid_t parent = getpid(), pid = fork();
	sigset_t none;

	if (pid)
		return pid < 0 ? -errno : pid;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL); /* a shell ignores it for what runs in the background */
	setpgid(0, 0);		 /* an interrupt of the terminal's is for us to pass on */
	if (ask->is_nobody && !become_nobody()) {
		dprintf(ask->said, "cannot give up the rights of root: %s\n", strerror(errno));
		_exit(126);
	}
	become(ask->argv, NULL, ask->input, ask->said, ask->said, parent);
}

/* The last line of what it said on standard error. */
static const char *last_line(char *said)
{
	char *end = said + strlen(said), *line;

	while (end > said && end[-1] == '\n')
		*--end = '\0';
	line = strrchr(said, '\n');
	return line ? line + 1 : said;
}

/* Reads both pipes to their ends; of standard error only the last bytes are kept. */
static int read_both(int out, int err, char **output, char said[SAID])
{
	struct pollfd fds[] = { { .fd = out, .events = POLLIN },
				{ .fd = err, .events = POLLIN } };
	uint64_t deadline = loop_now() + DEADLINE_S * 1000000000ULL;
	size_t used = 0, heard = 0;
	char *text = calloc(1, 1);

	while (text && (fds[0].fd >= 0 || fds[1].fd >= 0)) {
		uint64_t now = loop_now();
		char block[4096];
		ssize_t n;

		if (now >= deadline) {
			free(text);
			return -ETIMEDOUT;
		}
		if (poll(fds, 2, (int)((deadline - now) / 1000000) + 1) <= 0)
			continue;
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			n = read(fds[i].fd, block, i ? SAID / 4 : sizeof(block));
			if (n <= 0) {
				fds[i].fd = -1;
			} else if (i) {
				size_t over = heard + (size_t)n >= SAID ?
						      heard + (size_t)n + 1 - SAID :
						      0;

				memmove(said, said + over, heard - over);
				heard -= over;
				memcpy(said + heard, block, (size_t)n);
				heard += (size_t)n;
				said[heard] = '\0';
			} else {
				char *more = realloc(text, used + (size_t)n + 1);

				if (!more) {
					free(text);
					return -ENOMEM;
				}
				text = more;
				memcpy(text + used, block, (size_t)n);
				used += (size_t)n;
				text[used] = '\0';
			}
		}
	}
	*output = text;
	return text ? 0 : -ENOMEM;
}

static int failed(const char *program, int status, char *said, struct why *why)
{
	if (said[0] && !(WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND))
		return why_set(why, EIO, "%s: %s", program, last_line(said));
	if (WIFSIGNALED(status))
		return why_set(why, EIO, "%s: killed by signal %d", program, WTERMSIG(status));
	if (WEXITSTATUS(status) == NOT_FOUND)
		return why_set(why, ENOENT, "%s: not found; is it installed?", program);
	return why_set(why, EIO, "%s: exited with status %d and printed nothing", program,
		       WEXITSTATUS(status));
}

int child_output(const char *const *argv, const char *folder, char **output, struct why *why)
{
	int out[2] = { -1, -1 }, err[2] = { -1, -1 }, status = 0, r;
	char said[SAID] = "", *text = NULL;
	pid_t parent = getpid(), pid;

	if (pipe2(out, O_CLOEXEC))
		return why_set(why, errno, "%s: pipe: %s", argv[0], strerror(errno));
	if (pipe2(err, O_CLOEXEC)) {
		r = errno;
		close(out[0]);
		close(out[1]);
		return why_set(why, r, "%s: pipe: %s", argv[0], strerror(r));
	}
	pid = fork();
	if (pid == 0)
		become(argv, folder, -1, out[1], err[1], parent);
	close(out[1]);
	close(err[1]);
	r = pid < 0 ? -errno : read_both(out[0], err[0], &text, said);
	close(out[0]);
	close(err[0]);
	if (pid > 0 && r)
		kill(pid, SIGKILL);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r)
		why_set(why, -r, "%s: %s", argv[0], strerror(-r));
	else if (status)
		r = failed(argv[0], status, said, why);
	if (r) {
		free(text);
		return r;
	}
	*output = text;
	return 0;
}

/* A folder may be entered, not run. */
static bool is_program(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return false;
	if (!S_ISREG(st.st_mode)) {
		errno = EACCES;
		return false;
	}
	return !access(path, X_OK);
}

static bool has_folder(const char *folders, const char *folder)
{
	size_t length = strlen(folder);

	for (; *folders; folders += *folders == ':') {
		size_t n = strcspn(folders, ":");

		if (n == length && !strncmp(folders, folder, n))
			return true;
		folders += n;
	}
	return false;
}

bool child_complete_path(void)
{
	static const char *const of_the_system[] = { "/usr/local/sbin", "/usr/sbin", "/sbin" };
	const char *was = getenv("PATH");
	char *folders = strdup(was && *was ? was : CHILD_PATH);
	bool done = folders != NULL;

	for (size_t i = 0; done && i < sizeof(of_the_system) / sizeof(of_the_system[0]); i++) {
		char *more = NULL;

		if (has_folder(folders, of_the_system[i]))
			continue;
		done = asprintf(&more, "%s:%s", folders, of_the_system[i]) >= 0;
		free(folders);
		folders = done ? more : NULL;
	}
	done = done && !setenv("PATH", folders, 1);
	free(folders);
	return done;
}

int child_find(const char *program, char *path, size_t size)
{
	const char *folders = getenv("PATH");
	int err = -ENOENT;

	if (strchr(program, '/')) {
		snprintf(path, size, "%s", program);
		return is_program(path) ? 0 : -errno;
	}
	if (!folders)
		folders = CHILD_PATH;
	while (*folders) {
		size_t n = strcspn(folders, ":");

		snprintf(path, size, "%.*s/%s", (int)n, folders, program);
		if (is_program(path))
			return 0;
		if (errno == EACCES)
			err = -EACCES;
		folders += n + (folders[n] == ':');
	}
	return err;
}
