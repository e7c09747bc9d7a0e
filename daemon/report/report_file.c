// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/write_all.h"
#include "report/report_file.h"

/* Takes the descriptor. */
static int write_to(const struct past *past, report_writer *writer, const char *path, int fd,
		    struct why *why)
{
	char *page = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&page, &size);
	int err = out ? writer(past, out, why) : why_memory(why);

	if (memstream_close(out, &page) && !err)
		err = why_memory(why);
	if (!err && (err = file_write_all(fd, page, size)))
		why_set(why, -err, "%s: %s", path, strerror(-err));
	if (close(fd) && !err)
		err = why_set(why, errno, "%s: %s", path, strerror(errno));
	free(page);
	return err;
}

/* A device, a pipe or a link is written through: what is there stays what it is. */
static int write_through(const struct past *past, report_writer *writer, const char *path,
			 struct why *why)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_TRUNC);

	return fd < 0 ? why_set(why, errno, "%s: %s", path, strerror(errno)) :
			write_to(past, writer, path, fd, why);
}

int report_file(const struct past *past, report_writer *writer, const char *path,
		struct why *why)
{
	char *temporary = NULL;
	mode_t mask = umask(0);
	struct stat st;
	int fd, err;

	umask(mask);
	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		return write_through(past, writer, path, why);
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return why_exit(why, EXIT_INTERNAL, ENOMEM, "the report: out of memory");
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0666 & ~mask)) {
		err = why_set(why, errno, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
	} else {
		err = write_to(past, writer, path, fd, why);
		if (!err && rename(temporary, path))
			err = why_set(why, errno, "%s: %s", path, strerror(errno));
	}
	if (err && fd >= 0)
		unlink(temporary);
	free(temporary);
	return err;
}
