/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_SOCKET_H
#define DADRACE_CHANGE_SOCKET_H

#include "change/change.h"

/*
 * Sockets that stay until the flags have been restored; about->kept is the descriptor, 0 before
 * it is there (that is where thread I waits).
 */

/*
 * One that sends from the device's link-local address, tentative or not: bound to it with
 * IPV6_FREEBIND, and to `port` (0: any). The descriptor or -errno.
 */
int socket_of_device(const struct change_about *about, int type, int protocol, uint16_t port);

/* The router, or an address that nobody has. */
struct sockaddr_in6 socket_peer(const struct change_about *about, uint16_t port);

/* Becomes about->kept when there was no error, else is closed; returns the error. */
int socket_keep(struct change_about *about, int fd, int err);
int socket_close(const struct change_about *about);

#endif
