// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/shown.h"
#include "input.h"

static char folder[] = "/tmp/dadrace-fuzz-XXXXXX";
static bool is_made;

static int drop(const char *path, const struct stat *st, int flag, struct FTW *where)
{
	(void)st;
	(void)flag;
	return where->level ? remove(path) : 0;
}

void input_clear(void)
{
	if (is_made)
		nftw(folder, drop, 16, FTW_DEPTH | FTW_PHYS);
}

static void leave(void)
{
	input_clear();
	rmdir(folder);
}

const char *input_folder(void)
{
	if (!is_made && (!mkdtemp(folder) || atexit(leave)))
		abort();
	is_made = true;
	return folder;
}

FILE *input_stream(const uint8_t *data, size_t size)
{
	return size ? fmemopen((void *)data, size, "r") : NULL;
}

const char *input_file(const uint8_t *data, size_t size, const char *name)
{
	static char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", input_folder(), name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd))
		abort();
	return path;
}

void input_check_shown(const char *text)
{
	char escape[SHOWN_ESCAPE];

	for (size_t left = strlen(text), nr; left; text += nr, left -= nr) {
		nr = shown_character(text, left, escape);
		if (*escape && *text != '\n' && *text != '\t')
			abort();
	}
}
