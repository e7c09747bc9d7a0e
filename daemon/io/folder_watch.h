/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FOLDER_WATCH_H
#define DADRACE_FOLDER_WATCH_H

#include "io/loop.h"

/*
 * Tells when something has changed in a folder, by inotify: once for many changes, without
 * saying which.
 */
enum folder_event {
	FOLDER_GREW,	      /* a file was made or written to */
	FOLDER_FILE_COMPLETE, /* a file was moved in, or closed by the one who wrote it */
};

struct folder_watch;

/* NULL: the folder cannot be watched; errno says why. */
struct folder_watch *folder_watch_open(struct loop *loop, const char *folder,
				       enum folder_event event, loop_called called, void *arg);
void folder_watch_close(struct folder_watch *watch);

#endif
