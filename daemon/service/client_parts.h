/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SERVICE_CLIENT_PARTS_H
#define DADRACE_SERVICE_CLIENT_PARTS_H

#include <sys/un.h>

#include "service/client.h"

/*
 * What the files of client.h share.
 *
 *   client.c          the connection, its messages, and what errors of the service mean
 *   client_follow.c   a campaign from its first line to its end
 */
struct ctl {
	struct sockaddr_un name;
	int fd;
	bool continues; /* further replies follow */
	uint32_t deadline_s;
	int err;      /* of the last call or reply; EAGAIN: not within the deadline */
	char *buffer; /* received, from `at` on not read yet */
	size_t at, used, room;
};

/* Anew, when it was connected before. False, with ctl->err. */
bool ctl_connect(struct ctl *ctl);

/* Both ends of waiting; connect() waits as long as sending does. 0: without one. */
int ctl_deadline(struct ctl *ctl, uint32_t seconds);

/* False: it could not be sent. Nothing is sent that lacks a part because memory was short. */
bool ctl_send(struct ctl *ctl, const char *method, json_t *parameters, bool more);

/*
 * The next message, valid until the next call; NULL: the connection has ended. Flushes stdout
 * before it waits.
 */
const char *ctl_receive(struct ctl *ctl, size_t *length);

/*
 * The parameters of a reply, a new reference; NULL with *code set after an error was printed.
 * `text` NULL: no reply came.
 */
json_t *ctl_understand(struct ctl *ctl, const char *text, enum exits *code);

#endif
