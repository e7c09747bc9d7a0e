// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/http.h"
#include "io/loop_parts.h"

enum { DAYS_S = 86400 * 365, REST_MS = 1000 };

struct http {
	struct evhttp *server;
	struct evconnlistener *listener;
	struct loop_watch *rested;
	int fd; /* that listens */
	bool is_tcp;
	uint32_t streams;
	void (*asked)(struct http_request *request, const char *path, void *arg);
	void *arg;
};

struct http_request {
	struct http *http;
	struct evhttp_request *request;
	struct evkeyvalq query;
	bool streams;
	void (*drained)(void *arg);
	void (*gone)(void *arg);
	void *arg;
};

static void request_free(struct http_request *mine)
{
	mine->http->streams -= mine->streams;
	evhttp_clear_headers(&mine->query);
	free(mine);
}

/* `host` is as evhttp_request_get_host() gives it: without the port, [] around IPv6. */
static bool names_loopback(const char *host)
{
	struct in_addr four;

	if (!host)
		return false;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
	return !strcasecmp(host, "localhost") || !strcmp(host, "[::1]");
}

static void asked(struct evhttp_request *request, void *arg)
{
	struct http *http = arg;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *query = uri ? evhttp_uri_get_query(uri) : NULL;
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	struct http_request *mine = calloc(1, sizeof(*mine));

	if (!mine) {
		evhttp_send_error(request, HTTP_SERVUNAVAIL, NULL);
		return;
	}
	mine->http = http;
	mine->request = request;
	TAILQ_INIT(&mine->query);
	if (query)
		evhttp_parse_query_str(query, &mine->query);
	if (http->is_tcp && !names_loopback(evhttp_request_get_host(request)))
		http_reply(mine, 403, "text/plain",
			   "The Host header does not name a loopback address.\n", 50);
	else
		http->asked(mine, path && *path ? path : "/", http->arg);
}

/*
 * libevent does not tell when a connection ends, so they are not counted: the lowest descriptor
 * that is free says how many are in use at least.
 */
static struct bufferevent *connected(struct event_base *base, void *arg)
{
	struct http *http = arg;
	int lowest = dup(http->fd);

	(void)base;
	if (lowest >= 0)
		close(lowest);
	if (lowest < 0 || lowest >= HTTP_DESCRIPTORS_MAX) {
		evconnlistener_disable(http->listener);
		loop_timer_set(http->rested, loop_now() + REST_MS * 1000000ULL);
	}
	return NULL; /* the usual one */
}

static void rested(void *arg)
{
	struct http *http = arg;

	evconnlistener_enable(http->listener);
}

int http_open(struct loop *loop, int fd, bool is_tcp,
	      void (*asked_one)(struct http_request *request, const char *path, void *arg),
	      void *arg, struct http **out, struct why *why)
{
	struct http *http = calloc(1, sizeof(*http));
	struct evhttp_bound_socket *bound = NULL;

	if (http) {
		http->rested = loop_timer(loop, rested, http);
		http->server = evhttp_new(loop_base(loop));
	}
	if (http && http->server && http->rested)
		bound = evhttp_accept_socket_with_handle(http->server, fd);
	if (!bound) {
		close(fd);
		http_close(http);
		return why_exit(why, EXIT_INTERNAL, ENOMEM,
				"out of memory: HTTP is not served");
	}
	http->fd = fd;
	http->listener = evhttp_bound_socket_get_listener(bound);
	http->is_tcp = is_tcp;
	http->asked = asked_one;
	http->arg = arg;
	evhttp_set_max_headers_size(http->server, HTTP_HEADERS_MAX);
	evhttp_set_max_body_size(http->server, HTTP_BODY_MAX);
	evhttp_set_timeout(http->server, HTTP_TIMEOUT_S);
	evhttp_set_allowed_methods(http->server, EVHTTP_REQ_GET);
	evhttp_set_gencb(http->server, asked, http);
	evhttp_set_bevcb(http->server, connected, http);
	*out = http;
	return 0;
}

void http_close(struct http *http)
{
	if (!http)
		return;
	if (http->server)
		evhttp_free(http->server);
	loop_forget(http->rested);
	free(http);
}

static bool read_number(const char *text, uint64_t *value)
{
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !*end && !errno;
}

static const char *header(const struct http_request *request, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(request->request), name);
}

bool http_number(const struct http_request *request, const char *name, uint64_t *value)
{
	return read_number(evhttp_find_header(&request->query, name), value);
}

const char *http_text(const struct http_request *request, const char *name)
{
	return evhttp_find_header(&request->query, name);
}

bool http_header_number(const struct http_request *request, const char *name, uint64_t *value)
{
	return read_number(header(request, name), value);
}

bool http_header_has(const struct http_request *request, const char *name, const char *word)
{
	const char *value = header(request, name);

	return value && strstr(value, word);
}

static void add_headers(struct http_request *request, const char *type)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request->request);

	evhttp_add_header(headers, "Content-Type", type);
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
	evhttp_add_header(headers, "Content-Security-Policy",
			  "default-src 'none'; style-src 'unsafe-inline'; script-src "
			  "'unsafe-inline'; connect-src 'self'; img-src data:; "
			  "frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
}

/* Takes the buffer; NULL: there was no memory for it. */
static void send_reply(struct http_request *request, int code, struct evbuffer *buffer)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request->request);

	if (request->gone) { /* it has waited */
		evhttp_connection_set_closecb(connection, NULL, NULL);
		evhttp_connection_set_timeout(connection, HTTP_TIMEOUT_S);
	}
	evhttp_send_reply(request->request, buffer ? code : HTTP_SERVUNAVAIL, NULL, buffer);
	if (buffer)
		evbuffer_free(buffer);
	request_free(request);
}

void http_reply(struct http_request *request, int code, const char *type, const char *body,
		size_t length)
{
	struct evbuffer *buffer = evbuffer_new();

	add_headers(request, type);
	if (buffer && evbuffer_add(buffer, body, length)) {
		evbuffer_free(buffer);
		buffer = NULL;
	}
	send_reply(request, code, buffer);
}

void http_reply_last(struct http_request *request, int code, const char *type, const char *body,
		     size_t length)
{
	struct bufferevent *connection = evhttp_connection_get_bufferevent(
		evhttp_request_get_connection(request->request));
	struct evbuffer *output = bufferevent_get_output(connection);

	http_reply(request, code, type, body, length);
	evbuffer_unfreeze(output, 1); /* only the loop writes from it, and comes too late */
	evbuffer_write(output, bufferevent_getfd(connection));
	evbuffer_freeze(output, 1);
}

void http_reply_file(struct http_request *request, const char *type, int fd, const char *name)
{
	struct evbuffer *buffer = evbuffer_new();
	char saved[320];
	struct stat st;
	bool is_whole;

	add_headers(request, type);
	if (name) {
		snprintf(saved, sizeof(saved), "attachment; filename=\"%s\"", name);
		evhttp_add_header(evhttp_request_get_output_headers(request->request),
				  "Content-Disposition", saved);
	}
	/* The buffer closes the descriptor; an empty file cannot be one of its parts. */
	is_whole = buffer && !fstat(fd, &st) &&
		   (!st.st_size || !evbuffer_add_file(buffer, fd, 0, st.st_size));
	if (!is_whole || !st.st_size)
		close(fd);
	if (!is_whole && buffer) {
		evbuffer_free(buffer);
		buffer = NULL;
	}
	send_reply(request, 200, buffer);
}

/* --- streams --- */

static void closed(struct evhttp_connection *connection, void *arg)
{
	struct http_request *mine = arg;
	void (*gone)(void *arg) = mine->gone;
	void *gone_arg = mine->arg;

	(void)connection;
	/* libevent has left a request to us that was not answered to its end. */
	if (!evhttp_request_get_connection(mine->request))
		evhttp_send_reply_end(mine->request);
	request_free(mine);
	gone(gone_arg);
}

void http_wait(struct http_request *request, void (*gone)(void *arg), void *arg)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request->request);

	request->gone = gone;
	request->arg = arg;
	evhttp_connection_set_timeout(connection, DAYS_S);
	evhttp_connection_set_closecb(connection, closed, request);
}

static void left(struct evhttp_connection *connection, void *arg)
{
	struct http_request *mine = arg;

	(void)connection;
	mine->drained(mine->arg);
}

bool http_stream(struct http_request *request, const char *type, void (*drained)(void *arg),
		 void (*gone)(void *arg), void *arg)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request->request);

	if (request->http->streams >= HTTP_STREAMS_MAX) {
		http_reply(request, HTTP_SERVUNAVAIL, "text/plain", "Too many streams.\n", 18);
		return false;
	}
	request->http->streams++;
	request->streams = true;
	request->drained = drained;
	request->gone = gone;
	request->arg = arg;
	/* It is us who speak from now on, and there may be nothing to say for a long time. */
	evhttp_connection_set_timeout(connection, DAYS_S);
	evhttp_connection_set_closecb(connection, closed, request);
	add_headers(request, type);
	evhttp_send_reply_start(request->request, HTTP_OK, NULL);
	return true;
}

void http_stream_send(struct http_request *request, const char *data, size_t length)
{
	struct evbuffer *buffer = evbuffer_new();

	if (!buffer)
		return;
	evbuffer_add(buffer, data, length);
	evhttp_send_reply_chunk_with_cb(request->request, buffer, left, request);
	evbuffer_free(buffer);
}

size_t http_stream_waiting(const struct http_request *request)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request->request);

	return evbuffer_get_length(
		bufferevent_get_output(evhttp_connection_get_bufferevent(connection)));
}

void http_stream_end(struct http_request *request)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request->request);

	evhttp_connection_set_closecb(connection, NULL, NULL);
	evhttp_send_reply_end(request->request);
	request_free(request);
}
