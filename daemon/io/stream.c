// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/loop_parts.h"
#include "io/stream.h"

enum { BACKLOG = 128, READ_MOST = 16384, UNREAD_MOST = 65536 };

struct stream_listener {
	struct evconnlistener *listener;
	void (*accepted)(int fd, void *arg);
	void *arg;
};

struct stream {
	struct stream_ask ask;
	struct bufferevent *buffer;
	struct loop_watch *deadline;
	size_t looked; /* bytes in which there is no end */
	bool waits;    /* for a message */
	bool patient;
	bool postponed; /* the next message: until what was sent has been read */
};

/* --- listening --- */

static int no_socket(const char *where, struct why *why)
{
	return why_set(why, errno, "%s: cannot listen: %s", where, strerror(errno));
}

static bool listens(const struct sockaddr_un *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answers = fd >= 0 && (!connect(fd, (const void *)name, sizeof(*name)) ||
				   errno == EAGAIN || errno == EINPROGRESS);

	if (fd >= 0)
		close(fd);
	return answers;
}

/* Takes away what a service that was killed left at the path. */
static int make_room(const struct sockaddr_un *name, struct why *why)
{
	struct stat st;

	if (lstat(name->sun_path, &st))
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return why_exit(
			why, EXIT_CONFIG, EEXIST,
			"%s: there is a file of another kind; name another path, or remove it",
			name->sun_path);
	if (listens(name))
		return why_exit(
			why, EXIT_BUSY, EADDRINUSE,
			"%s: another service listens there; end it, or name another path",
			name->sun_path);
	return unlink(name->sun_path) ? no_socket(name->sun_path, why) : 0;
}

int stream_unix(const char *path, mode_t mode, gid_t group, struct why *why)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(path) >= sizeof(name.sun_path))
		return why_set(why, ENAMETOOLONG,
			       "%s: longer than the %zu bytes allowed for the path of a socket",
			       path, sizeof(name.sun_path) - 1);
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return no_socket(path, why);
	r = make_room(&name, why);
	if (r) {
		close(fd);
		return r;
	}
	/* Nobody may connect before mode and group are right. */
	if (fchmod(fd, 0) || bind(fd, (struct sockaddr *)&name, sizeof(name)) ||
	    chown(path, (uid_t)-1, group) || chmod(path, mode) || listen(fd, BACKLOG)) {
		r = no_socket(path, why);
		close(fd);
		return r;
	}
	return fd;
}

static int read_address(const char *text, struct sockaddr_storage *address, socklen_t *length)
{
	struct sockaddr_in6 *six = (void *)address;
	struct sockaddr_in *four = (void *)address;
	int size = sizeof(*address);

	if (evutil_parse_sockaddr_port(text, (struct sockaddr *)address, &size))
		return -EINVAL;
	*length = (socklen_t)size;
	if (address->ss_family == AF_INET)
		return four->sin_port && ntohl(four->sin_addr.s_addr) >> 24 == 127 ? 0 :
										     -EINVAL;
	return six->sin6_port && IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) ? 0 : -EINVAL;
}

static int understand(const char *text, struct sockaddr_storage *address, socklen_t *length,
		      struct why *why)
{
	if (!read_address(text, address, length))
		return 0;
	return why_set(
		why, EINVAL,
		"%s: not a loopback address with a port (127.0.0.1:9161, [::1]:9161) or the path of a unix socket",
		text);
}

int stream_check_loopback(const char *text, struct why *why)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = 0;

	return understand(text, &address, &length, why);
}

int stream_loopback(const char *text, struct why *why)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = 0;
	int fd, one = 1, r = understand(text, &address, &length, why);

	if (r)
		return r;
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return no_socket(text, why);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&address, length) || listen(fd, BACKLOG)) {
		r = no_socket(text, why);
		close(fd);
		return r;
	}
	return fd;
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd,
		     struct sockaddr *address, int length, void *arg)
{
	struct stream_listener *mine = arg;

	(void)listener;
	(void)address;
	(void)length;
	mine->accepted(fd, mine->arg);
}

struct stream_listener *stream_listen(struct loop *loop, int fd,
				      void (*accepted_one)(int fd, void *arg), void *arg)
{
	struct stream_listener *mine = calloc(1, sizeof(*mine));

	if (mine) {
		mine->accepted = accepted_one;
		mine->arg = arg;
		mine->listener = evconnlistener_new(
			loop_base(loop), accepted, mine,
			LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	}
	if (!mine || !mine->listener) {
		free(mine);
		close(fd);
		return NULL;
	}
	return mine;
}

void stream_listener_free(struct stream_listener *listener)
{
	if (!listener)
		return;
	evconnlistener_free(listener->listener);
	free(listener);
}

/* --- connections --- */

static void set_deadline(struct stream *stream)
{
	if (!stream->patient)
		loop_timer_set(stream->deadline,
			       loop_now() + stream->ask.deadline_s * 1000000000ULL);
}

static void overtime(void *arg)
{
	struct stream *stream = arg;

	stream->ask.gone(stream->ask.arg);
}

/* Hands over a message that is complete; false: there is none. */
static bool take_message(struct stream *stream)
{
	struct evbuffer *input = bufferevent_get_input(stream->buffer);
	size_t size = evbuffer_get_length(input);
	struct evbuffer_ptr from, at;
	char *text;

	evbuffer_ptr_set(input, &from, stream->looked, EVBUFFER_PTR_SET);
	at = evbuffer_search(input, &stream->ask.end, 1, &from);
	stream->looked = size;
	if (at.pos < 0)
		return false;
	text = malloc((size_t)at.pos + 1);
	if (!text) {
		stream->ask.gone(stream->ask.arg);
		return true;
	}
	evbuffer_remove(input, text, (size_t)at.pos + 1);
	text[at.pos] = '\0';
	stream->looked = 0;
	stream->waits = false;
	bufferevent_disable(stream->buffer, EV_READ);
	loop_timer_stop(stream->deadline);
	stream->ask.message(text, (size_t)at.pos, stream->ask.arg);
	free(text);
	return true;
}

static void readable(struct bufferevent *buffer, void *arg)
{
	struct stream *stream = arg;

	if (!stream->waits || take_message(stream))
		return;
	if (evbuffer_get_length(bufferevent_get_input(buffer)) > stream->ask.message_max)
		stream->ask.gone(stream->ask.arg);
}

static void written(struct bufferevent *buffer, void *arg)
{
	struct stream *stream = arg;

	(void)buffer;
	if (stream->postponed) {
		stream->postponed = false;
		stream_next(stream);
	}
	stream->ask.drained(stream->ask.arg);
}

static void happened(struct bufferevent *buffer, short what, void *arg)
{
	struct stream *stream = arg;

	(void)buffer;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
		stream->ask.gone(stream->ask.arg);
}

struct stream *stream_new(struct loop *loop, int fd, const struct stream_ask *ask)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (stream) {
		stream->ask = *ask;
		stream->deadline = loop_timer(loop, overtime, stream);
		stream->buffer = bufferevent_socket_new(
			loop_base(loop), fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	}
	if (!stream || !stream->deadline || !stream->buffer) {
		if (stream && stream->buffer)
			bufferevent_free(stream->buffer);
		else
			close(fd);
		if (stream)
			loop_forget(stream->deadline);
		free(stream);
		return NULL;
	}
	bufferevent_set_timeouts(stream->buffer, NULL,
				 &(struct timeval){ .tv_sec = ask->deadline_s });
	bufferevent_setcb(stream->buffer, readable, written, happened, stream);
	/* Reading stops there, also while nobody asks for a message. */
	bufferevent_setwatermark(stream->buffer, EV_READ, 0, ask->message_max + 1);
	bufferevent_set_max_single_read(stream->buffer, READ_MOST);
	bufferevent_enable(stream->buffer, EV_WRITE);
	stream_next(stream);
	return stream;
}

void stream_next(struct stream *stream)
{
	if (stream_waiting(stream) > UNREAD_MOST) {
		stream->postponed = true;
		return;
	}
	stream->waits = true;
	set_deadline(stream);
	bufferevent_enable(stream->buffer, EV_READ);
	/* What has been read already comes by the same way. */
	if (evbuffer_get_length(bufferevent_get_input(stream->buffer)))
		bufferevent_trigger(stream->buffer, EV_READ, 0);
}

void stream_patient(struct stream *stream, bool patient)
{
	stream->patient = patient;
	if (!patient)
		return;
	loop_timer_stop(stream->deadline);
	/* Its end is to be noticed. */
	bufferevent_enable(stream->buffer, EV_READ);
}

void stream_send(struct stream *stream, const char *data, size_t length)
{
	bufferevent_write(stream->buffer, data, length);
}

/* What was lent to a connection, and how it is given back. */
struct loan {
	void (*drop)(void *arg);
	void *arg;
};

static void give_back(const void *data, size_t length, void *arg)
{
	struct loan *loan = arg;

	(void)data;
	(void)length;
	loan->drop(loan->arg);
	free(loan);
}

void stream_send_shared(struct stream *stream, const char *data, size_t length,
			void (*drop)(void *arg), void *arg)
{
	struct loan *loan = malloc(sizeof(*loan));

	if (loan)
		*loan = (struct loan){ drop, arg };
	if (loan && !evbuffer_add_reference(bufferevent_get_output(stream->buffer), data,
					    length, give_back, loan))
		return;
	free(loan);
	stream_send(stream, data, length);
	drop(arg);
}

size_t stream_waiting(const struct stream *stream)
{
	return evbuffer_get_length(bufferevent_get_output(stream->buffer));
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	loop_forget(stream->deadline);
	bufferevent_free(stream->buffer);
	free(stream);
}
