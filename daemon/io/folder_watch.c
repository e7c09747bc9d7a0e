// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "io/folder_watch.h"

static const uint32_t masks[] = {
	[FOLDER_GREW] = IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_ONLYDIR,
	[FOLDER_FILE_COMPLETE] = IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR,
};

struct folder_watch {
	int fd;
	struct loop_watch *watch;
	loop_called called;
	void *arg;
};

static void noticed(void *arg)
{
	struct folder_watch *watch = arg;
	char events[4096] __attribute__((aligned(8)));

	while (read(watch->fd, events, sizeof(events)) > 0)
		;
	watch->called(watch->arg);
}

struct folder_watch *folder_watch_open(struct loop *loop, const char *folder,
				       enum folder_event event, loop_called called, void *arg)
{
	struct folder_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->called = called;
	watch->arg = arg;
	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->fd < 0 || inotify_add_watch(watch->fd, folder, masks[event]) < 0) {
		folder_watch_close(watch);
		return NULL;
	}
	watch->watch = loop_fd(loop, watch->fd, noticed, watch);
	if (!watch->watch) {
		folder_watch_close(watch);
		return NULL;
	}
	return watch;
}

void folder_watch_close(struct folder_watch *watch)
{
	if (!watch)
		return;
	loop_forget(watch->watch);
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
}
