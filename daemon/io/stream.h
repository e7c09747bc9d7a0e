/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_STREAM_H
#define DADRACE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/why.h"
#include "io/loop.h"

/*
 * Listening sockets, and connections that carry messages ended by a byte; a door to libevent.
 *
 * A connection takes one message at a time: what comes after it stays in the kernel's buffers
 * until the callee asks for the next and most of what was sent has been read, so a client can
 * fill no more memory here than one message and one answer. A message must be complete within a
 * deadline of the time when it was asked for, and as long the other side may read nothing of
 * what was sent.
 */
struct stream;
struct stream_listener;

/*
 * A unix socket at a path; mode and group as given. The remains of an earlier one, on which
 * nobody listens, are removed, and nothing else ever is: -EADDRINUSE (EXIT_BUSY) for a live
 * one, -EEXIST (EXIT_CONFIG) for what is no socket.
 */
int stream_unix(const char *path, mode_t mode, gid_t group, struct why *why);

/*
 * A TCP socket on a loopback address: "127.0.0.1:9161", "[::1]:9161". -EINVAL for any other
 * address.
 */
int stream_loopback(const char *address, struct why *why);
int stream_check_loopback(const char *address, struct why *why);

/* Takes the descriptor; calls with each connection, which the callee then owns. */
struct stream_listener *stream_listen(struct loop *loop, int fd,
				      void (*accepted)(int fd, void *arg), void *arg);
void stream_listener_free(struct stream_listener *listener);

struct stream_ask {
	char end;	     /* the byte that ends a message */
	size_t message_max;  /* bytes; what is longer closes the connection */
	uint32_t deadline_s; /* for a message to be complete, and for something to be read */
	/* A message, without its end; valid until the callback returns. */
	void (*message)(char *text, size_t length, void *arg);
	void (*drained)(void *arg); /* all that was sent has left */
	void (*gone)(void *arg);    /* closed by the other side, or for one of the limits */
	void *arg;
};

/*
 * Takes the descriptor. NULL: out of memory; the descriptor is closed. Asks for the first
 * message.
 */
struct stream *stream_new(struct loop *loop, int fd, const struct stream_ask *ask);

/* After a message: takes the next one. */
void stream_next(struct stream *stream);

/* Whether we are the ones who speak for now: the deadline for messages does not hold then. */
void stream_patient(struct stream *stream, bool patient);

void stream_send(struct stream *stream, const char *data, size_t length);

/* The same without a copy: the data stays as it is until `drop` is called with `arg`. */
void stream_send_shared(struct stream *stream, const char *data, size_t length,
			void (*drop)(void *arg), void *arg);

/* Bytes that were sent and have not left yet. */
size_t stream_waiting(const struct stream *stream);

/* Closes it; no callback comes after that. Allowed in a callback. */
void stream_free(struct stream *stream);

#endif
