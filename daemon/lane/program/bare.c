// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "lane/program/bare.h"
#include "lane/program/machine.h"

/* --- where it begins --- */

char **environ;

__attribute__((noreturn)) void bare_start(long *stack);
void bare_start(long *stack)
{
	char **argv = (char **)(stack + 1);

	environ = argv + stack[0] + 1;
	bare_main(argv);
}

/* --- system calls --- */

static int last_error;

int *__errno_location(void)
{
	return &last_error;
}

static long call(long number, long a, long b, long c, long d, long e)
{
	long result = raw_call(number, a, b, c, d, e);

	if (result > -4096 && result < 0) {
		last_error = (int)-result;
		return -1;
	}
	return result;
}

ssize_t read(int fd, void *buffer, size_t size)
{
	return call(SYS_read, fd, (long)buffer, (long)size, 0, 0);
}

ssize_t writev(int fd, const struct iovec *pieces, int nr)
{
	return call(SYS_writev, fd, (long)pieces, nr, 0, 0);
}

int open(const char *path, int flags, ...)
{
	return (int)call(SYS_openat, AT_FDCWD, (long)path, flags, 0, 0);
}

/* Architectures of today have no dup2 any more, and dup3 refuses what is there already. */
int dup2(int from, int to)
{
	return from == to ? to : (int)call(SYS_dup3, from, to, 0, 0, 0);
}

int close_range(unsigned int first, unsigned int last, int flags)
{
	return (int)call(SYS_close_range, first, last, flags, 0, 0);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, request);
	argument = va_arg(ap, void *);
	va_end(ap);
	return (int)call(SYS_ioctl, fd, (long)request, (long)argument, 0, 0);
}

int socket(int family, int type, int protocol)
{
	return (int)call(SYS_socket, family, type, protocol, 0, 0);
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	return (int)call(SYS_bind, fd, (long)address, size, 0, 0);
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	return call(SYS_recvfrom, fd, (long)buffer, (long)size, flags, 0);
}

int poll(struct pollfd *fds, nfds_t nr, int timeout_ms)
{
	struct timespec wait = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };

	return (int)call(SYS_ppoll, (long)fds, (long)nr, timeout_ms < 0 ? 0 : (long)&wait, 0,
			 0);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	return (int)call(SYS_clock_gettime, clock, (long)now, 0, 0, 0);
}

int prctl(int option, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, option);
	argument = va_arg(ap, void *);
	va_end(ap);
	return (int)call(SYS_prctl, option, (long)argument, 0, 0, 0);
}

void _exit(int status)
{
	for (;;)
		call(SYS_exit_group, status, 0, 0, 0, 0);
}

/* --- signals --- */

/* The kernel's set is a word; libc's begins with it. */
enum { KERNEL_SET = sizeof(uint64_t) };

/* As the kernel has it; a handler would want a way back. */
struct kernel_action {
	sighandler_t handler;
	unsigned long flags;
	void (*way_back)(void);
	uint64_t blocked;
};

sighandler_t signal(int number, sighandler_t handler)
{
	struct kernel_action action = { .handler = handler };

	return call(SYS_rt_sigaction, number, (long)&action, 0, KERNEL_SET, 0) ? SIG_ERR :
										 SIG_DFL;
}

int sigemptyset(sigset_t *set)
{
	memset(set, 0, KERNEL_SET);
	return 0;
}

int sigprocmask(int how, const sigset_t *set, sigset_t *before)
{
	return (int)call(SYS_rt_sigprocmask, how, (long)set, (long)before, KERNEL_SET, 0);
}

/* --- memory and strings: the compiler calls some of them by itself --- */

void *memcpy(void *to, const void *from, size_t size)
{
	char *at = to;

	for (const char *next = from; size--;)
		*at++ = *next++;
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	for (char *at = to; size--;)
		*at++ = (char)byte;
	return to;
}

size_t strnlen(const char *text, size_t most)
{
	size_t length = 0;

	while (length < most && text[length])
		length++;
	return length;
}

size_t strlen(const char *text)
{
	return strnlen(text, SIZE_MAX);
}

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t most)
{
	for (; most && *a && *a == *b; a++, b++, most--)
		;
	return most ? (unsigned char)*a - (unsigned char)*b : 0;
}

/* What may come of a bring-up; the words are libc's. */
static const struct {
	int number;
	const char *text;
} errors[] = {
	{ EPERM, "Operation not permitted" },
	{ ENOENT, "No such file or directory" },
	{ EINTR, "Interrupted system call" },
	{ EIO, "Input/output error" },
	{ E2BIG, "Argument list too long" },
	{ ENOEXEC, "Exec format error" },
	{ EAGAIN, "Resource temporarily unavailable" },
	{ ENOMEM, "Cannot allocate memory" },
	{ EACCES, "Permission denied" },
	{ EBUSY, "Device or resource busy" },
	{ EEXIST, "File exists" },
	{ ENODEV, "No such device" },
	{ ENOTDIR, "Not a directory" },
	{ EINVAL, "Invalid argument" },
	{ EMFILE, "Too many open files" },
	{ ETXTBSY, "Text file busy" },
	{ ELOOP, "Too many levels of symbolic links" },
	{ EOPNOTSUPP, "Operation not supported" },
	{ EAFNOSUPPORT, "Address family not supported by protocol" },
	{ EADDRNOTAVAIL, "Cannot assign requested address" },
	{ ENETDOWN, "Network is down" },
	{ ENOBUFS, "No buffer space available" },
	{ ETIMEDOUT, "Connection timed out" },
};

char *strerror(int number)
{
	static char other[] = "error 0000";
	char *digit = other + sizeof(other) - 1;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].number == number)
			return (char *)errors[i].text;
	for (; *--digit != ' '; number /= 10)
		*digit = (char)('0' + number % 10);
	return other;
}

/* --- execvp --- */

enum { PATH_LONGEST = 4096, WORDS_MOST = 1024 };

static const char *search_path(void)
{
	for (char **variable = environ; *variable; variable++)
		if (!strncmp(*variable, "PATH=", 5))
			return *variable + 5;
	return "/bin:/usr/bin"; /* as libc has it (confstr(3), _CS_PATH) */
}

/* What is no program for the kernel is a script for the shell. */
static void execute(const char *path, char *const argv[])
{
	char *script[WORDS_MOST + 2] = { "/bin/sh", (char *)path };

	call(SYS_execve, (long)path, (long)argv, (long)environ, 0, 0);
	if (last_error != ENOEXEC)
		return;
	for (int i = 1; i < WORDS_MOST && argv[i]; i++)
		script[i + 1] = argv[i];
	call(SYS_execve, (long)script[0], (long)script, (long)environ, 0, 0);
}

static const char *end_of(const char *folder)
{
	while (*folder && *folder != ':')
		folder++;
	return folder;
}

static bool has_slash(const char *file)
{
	while (*file && *file != '/')
		file++;
	return *file;
}

/* A folder that may not be searched does not end the search, but is what is told. */
int execvp(const char *file, char *const argv[])
{
	size_t length = strlen(file);
	bool refused = false;
	const char *end;

	if (has_slash(file)) {
		execute(file, argv);
		return -1;
	}
	for (const char *folder = search_path();; folder = end + 1) {
		char path[PATH_LONGEST];
		size_t at;

		end = end_of(folder);
		at = (size_t)(end - folder);
		if (at + length + 2 <= sizeof(path)) {
			memcpy(path, folder, at);
			if (at)
				path[at++] = '/';
			memcpy(path + at, file, length + 1);
			execute(path, argv);
			refused |= last_error == EACCES;
			if (last_error != ENOENT && last_error != ENOTDIR &&
			    last_error != EACCES && last_error != ENODEV &&
			    last_error != ESTALE && last_error != ETIMEDOUT)
				return -1;
		}
		if (!*end)
			break;
	}
	last_error = refused ? EACCES : ENOENT;
	return -1;
}
