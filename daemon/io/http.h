/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_HTTP_H
#define DADRACE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/why.h"
#include "io/loop.h"

/*
 * A read-only HTTP server by evhttp; a door to libevent.
 *
 * GET only; headers, bodies, idle time and connections are limited. Over TCP the Host header
 * must name the loopback, so that no page of another origin reads what is served by giving our
 * address a name of its own.
 *
 * A request is answered by one call of http_reply(), or becomes a stream of which each part is
 * sent as it comes.
 */
enum {
	HTTP_HEADERS_MAX = 8192,
	HTTP_BODY_MAX = 0,
	HTTP_TIMEOUT_S = 15,
	HTTP_STREAMS_MAX = 32,
	HTTP_DESCRIPTORS_MAX =
		192, /* with so many open in this process, no connection is accepted */
};

struct http;
struct http_request;

/* Takes the listening socket. `asked` has to answer, or to begin a stream. */
int http_open(struct loop *loop, int fd, bool is_tcp,
	      void (*asked)(struct http_request *request, const char *path, void *arg),
	      void *arg, struct http **out, struct why *why);
void http_close(struct http *http);

/* A parameter of the query; false: it is not there, or no number. */
bool http_number(const struct http_request *request, const char *name, uint64_t *value);

/* The same as text; NULL: it is not there. It lives as long as the request. */
const char *http_text(const struct http_request *request, const char *name);

/* Whether a header contains a word. */
bool http_header_has(const struct http_request *request, const char *header, const char *word);
/* A header as a number; false: it is not there, or none. */
bool http_header_number(const struct http_request *request, const char *header,
			uint64_t *value);

void http_reply(struct http_request *request, int code, const char *type, const char *body,
		size_t length);

/*
 * The same before http_close(), which closes connections whether or not what was answered has
 * left: as much of this as the socket takes.
 */
void http_reply_last(struct http_request *request, int code, const char *type, const char *body,
		     size_t length);

/*
 * An answer with a file, which is sent as it is read; takes the descriptor. `name`: what a
 * browser saves it as; NULL: it is shown.
 */
void http_reply_file(struct http_request *request, const char *type, int fd, const char *name);

/*
 * The answer comes later. If the other side closes before it, `gone` comes instead, and none
 * may be given.
 */
void http_wait(struct http_request *request, void (*gone)(void *arg), void *arg);

/*
 * Answers with parts: `gone` comes when the other side has closed, `drained` when all that was
 * sent has left. False: there are too many streams, and the request was answered so.
 */
bool http_stream(struct http_request *request, const char *type, void (*drained)(void *arg),
		 void (*gone)(void *arg), void *arg);
void http_stream_send(struct http_request *request, const char *data, size_t length);
size_t http_stream_waiting(const struct http_request *request);
void http_stream_end(struct http_request *request);

#endif
