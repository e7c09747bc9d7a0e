// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "io/folder_watch.h"

static const uint32_t masks[] = {
	[NOTICE_GROWN] = IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_ONLYDIR,
	[NOTICE_COMPLETE] = IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR,
};

struct notices {
	int fd;
	struct loop_watch *watch;
	loop_called called;
	void *arg;
};

static void noticed(void *arg)
{
	struct notices *notices = arg;
	char events[4096] __attribute__((aligned(8)));

	while (read(notices->fd, events, sizeof(events)) > 0)
		;
	notices->called(notices->arg);
}

struct notices *notices_open(struct loop *loop, const char *folder, enum notice notice,
			     loop_called called, void *arg)
{
	struct notices *notices = calloc(1, sizeof(*notices));

	if (!notices)
		return NULL;
	notices->called = called;
	notices->arg = arg;
	notices->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (notices->fd < 0 || inotify_add_watch(notices->fd, folder, masks[notice]) < 0) {
		notices_close(notices);
		return NULL;
	}
	notices->watch = loop_fd(loop, notices->fd, noticed, notices);
	if (!notices->watch) {
		notices_close(notices);
		return NULL;
	}
	return notices;
}

void notices_close(struct notices *notices)
{
	if (!notices)
		return;
	loop_forget(notices->watch);
	if (notices->fd >= 0)
		close(notices->fd);
	free(notices);
}
