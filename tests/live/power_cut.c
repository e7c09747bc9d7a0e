/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records what a program makes durable, and when it tells of it: LD_PRELOAD=power_cut.so, with
 * the record in the file that POWER_CUT_RECORD names. One line for each event, in their order:
 *
 *   wrote BYTES     results.ndjson has grown; the call has returned
 *   cut LENGTH      it was cut to this length
 *   syncs, synced   a sync of it begins, and has succeeded
 *   named           its folder was synced: the file has its name
 *   told LINE       a line is about to be told to standard output
 *
 * The record is one file that all threads append to, so its order is that of the events: "wrote" and
 * "synced" are written after the call, "syncs" and "told" before it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char file_name[] = "/results.ndjson";
static char record_path[4096];

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("POWER_CUT_RECORD");

	snprintf(record_path, sizeof(record_path), "%s", path ? path : "");
	unsetenv("LD_PRELOAD"); /* what the program starts is not recorded */
}

/* Opened each time: the program closes descriptors that it does not know. */
__attribute__((format(printf, 1, 2))) static void record(const char *format, ...)
{
	char *line = NULL;
	int fd = open(record_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644), n;
	va_list values;

	va_start(values, format);
	n = vasprintf(&line, format, values);
	va_end(values);
	if (n > 0 && fd >= 0)
		syscall(SYS_write, fd, line, (size_t)n);
	if (fd >= 0)
		close(fd);
	free(line);
}

/* The path behind a descriptor of a file of this kind; empty: another kind. */
static const char *path_of(int fd, mode_t kind, char path[4096])
{
	struct stat st;
	char link[64];
	ssize_t n = -1;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (*record_path && !fstat(fd, &st) && (st.st_mode & S_IFMT) == kind)
		n = readlink(link, path, 4095);
	path[n > 0 ? n : 0] = '\0';
	return path;
}

static int is_results(int fd)
{
	char path[4096];
	size_t length = strlen(path_of(fd, S_IFREG, path)), end = sizeof(file_name) - 1;

	return length > end && !strcmp(path + length - end, file_name);
}

static int is_their_folder(int fd)
{
	char path[4096];
	struct stat st;

	path_of(fd, S_IFDIR, path);
	return *path && !fstatat(fd, file_name + 1, &st, 0);
}

ssize_t write(int fd, const void *data, size_t length)
{
	static ssize_t (*next)(int fd, const void *data, size_t length);
	ssize_t n;

	if (!next)
		next = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	n = next(fd, data, length);
	if (n > 0 && is_results(fd))
		record("wrote %zd\n", n);
	return n;
}

int ftruncate(int fd, off_t length)
{
	static int (*next)(int fd, off_t length);
	int r;

	if (!next)
		next = (int (*)(int, off_t))dlsym(RTLD_NEXT, "ftruncate");
	r = next(fd, length);
	if (!r && is_results(fd))
		record("cut %ld\n", (long)length);
	return r;
}

static int sync_with(const char *name, int fd)
{
	int (*next)(int fd) = (int (*)(int))dlsym(RTLD_NEXT, name);
	int ours = is_results(fd), folder = is_their_folder(fd), r;

	if (ours)
		record("syncs\n");
	r = next(fd);
	if (!r && ours)
		record("synced\n");
	if (!r && folder)
		record("named\n");
	return r;
}

int fdatasync(int fd)
{
	return sync_with("fdatasync", fd);
}

int fsync(int fd)
{
	return sync_with("fsync", fd);
}

int fputs(const char *text, FILE *stream)
{
	static int (*next)(const char *text, FILE *stream);

	if (!next)
		next = (int (*)(const char *, FILE *))dlsym(RTLD_NEXT, "fputs");
	if (stream == stdout && *text == '{')
		record("told %s", text);
	return next(text, stream);
}
