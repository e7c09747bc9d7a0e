// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/who_capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/exits.h"

struct who_capture {
	const char *path;
	FILE *file;
	struct recorder recorder;
};

static int cannot_be_made(const char *path, int err, struct why *why)
{
	return why_exit(why, EXIT_USAGE, err,
			err == EEXIST ? "%s: %s; name a new file" : "%s: cannot be written: %s",
			path, strerror(err));
}

struct who_capture *who_capture_open(const char *path, struct why *why)
{
	struct who_capture *capture = calloc(1, sizeof(*capture));
	int fd = capture ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;

	if (fd >= 0) {
		capture->path = path;
		capture->file = fdopen(fd, "w");
	}
	if (capture && capture->file)
		return capture;
	cannot_be_made(path, errno, why);
	if (fd >= 0)
		close(fd);
	free(capture);
	return NULL;
}

struct recorder *who_capture_recorder(struct who_capture *capture)
{
	return capture ? &capture->recorder : NULL;
}

bool who_capture_save(const struct who_capture *capture, const struct look_ask *ask,
		      const char *object, struct why *why)
{
	struct utsname kernel;

	if (!uname(&kernel) &&
	    capture_write(capture->file, &capture->recorder, ask, object, kernel.release))
		return true;
	why_exit(
		why, EXIT_INTERNAL, EIO,
		"%s: not all of the capture could be written, so the file is removed; free memory and room on the disk",
		capture->path);
	return false;
}

void who_capture_close(struct who_capture *capture, bool is_saved)
{
	if (!capture)
		return;
	if (!is_saved)
		unlink(capture->path);
	fclose(capture->file);
	recorder_clear(&capture->recorder);
	free(capture);
}
