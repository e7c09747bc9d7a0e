/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_NETNS_H
#define DADRACE_NETNS_H

#include <stdint.h>

#include "base/why.h"

/* The network namespace that a command looks into, as people name it. */

/*
 * Enters, for this thread, the namespace of a name of ip-netns(8), of a path, of a pid, or of a
 * descriptor of a process, "PID:FD" or "/proc/PID/fd/FD", which may be a socket: nothing else
 * need keep its namespace. A name goes before a pid: a namespace may well be called 7. Errors:
 * -ENOENT, -EINVAL no such namespace, -EPERM.
 */
int visit_netns(const char *netns, struct why *why);

/*
 * The inode number of the calling thread's network namespace, which names it; 0 when unknown.
 */
uint64_t visited_netns(void);

#endif
