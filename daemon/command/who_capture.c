// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/who_capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exits.h"

struct who_capture {
	const char *path;
	struct recorder recorder;
};

/* A new file of the owner's. */
static FILE *make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

static void cannot_be_made(const char *path, int err, struct why *why)
{
	why_exit(why, EXIT_USAGE, err,
		 err == EEXIST ? "%s: %s; name a new file" : "%s: cannot be written: %s", path,
		 strerror(err));
}

/* The file is there only when it is whole: the looks may end for want of time. */
struct who_capture *who_capture_open(const char *path, struct why *why)
{
	FILE *file = make_file(path);
	struct who_capture *capture = file ? calloc(1, sizeof(*capture)) : NULL;

	if (!file)
		cannot_be_made(path, errno, why);
	else if (!capture)
		why_memory(why);
	else
		capture->path = path;
	if (file) {
		unlink(path);
		fclose(file);
	}
	return capture;
}

struct recorder *who_capture_recorder(struct who_capture *capture)
{
	return capture ? &capture->recorder : NULL;
}

bool who_capture_save(const struct who_capture *capture, const struct look_ask *ask,
		      const char *object, const char *release, struct why *why)
{
	FILE *file = make_file(capture->path);
	bool is_saved;

	if (!file) {
		cannot_be_made(capture->path, errno, why);
		return false;
	}
	is_saved = capture_write(file, &capture->recorder, ask, object, release);
	fclose(file);
	if (is_saved)
		return true;
	unlink(capture->path);
	why_exit(
		why, EXIT_INTERNAL, EIO,
		"%s: not all of the capture could be written, so the file is removed; free memory and room on the disk",
		capture->path);
	return false;
}

void who_capture_close(struct who_capture *capture)
{
	if (!capture)
		return;
	recorder_clear(&capture->recorder);
	free(capture);
}
