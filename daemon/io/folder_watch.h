/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_NOTICES_H
#define DADRACE_NOTICES_H

#include "io/loop.h"

/*
 * Tells when something has changed in a folder, by inotify: once for many changes, without saying which.
 */
enum notice {
	NOTICE_GROWN,	 /* a file was made or written to */
	NOTICE_COMPLETE, /* a file was moved in, or closed by the one who wrote it */
};

struct notices;

/* NULL: the folder cannot be watched; errno says why. */
struct notices *notices_open(struct loop *loop, const char *folder, enum notice notice,
			     loop_called called, void *arg);
void notices_close(struct notices *notices);

#endif
