/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_JAIL_H
#define DADRACE_JAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/why.h"

/*
 * The lane's own view of the file system, in a mount namespace of its own:
 *
 *   /proc, /sys            of the lane's namespaces; /sys is read-only
 *   /dev                   null, zero, random, tty, net/tun and the like
 *   /etc /run /var /tmp    what the machine has, to be read; what is written there lies in
 *                          memory, and goes with the lane
 *
 * So a network manager that is used as bring-up runs unmodified, and leaves resolv.conf, leases
 * and sockets of the machine alone. All else is the machine's: programs, libraries, /home.
 */
struct jail {
	int mounts, root; /* where we came from */
};

/* The way home. Before anything of the lane is mounted. */
int jail_open(struct jail *jail, uint32_t lane, struct why *why);

/*
 * /proc and /sys; and, for a command as bring-up, the rest. `without` gets a sentence when
 * something has to be done without that the bring-up can do without: a container may forbid it.
 */
int jail_close(bool for_command, struct why *without, struct why *why);

/* Back to where jail_open() was called, with the root of then. */
void jail_leave(const struct jail *jail);

#endif
