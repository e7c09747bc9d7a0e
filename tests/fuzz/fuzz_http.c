// SPDX-License-Identifier: GPL-2.0-or-later
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "input.h"
#include "io/http.h"

#define MOST_NS 200000000ull /* a connection that is kept alive ends here */

static struct loop *loop;
static struct http *http;
static struct sockaddr_un name = { .sun_family = AF_UNIX };
static socklen_t name_length;

static void asked(struct http_request *request, const char *path, void *arg)
{
	uint64_t number;

	(void)arg;
	http_number(request, "after", &number);
	http_header_number(request, "Last-Event-ID", &number);
	http_header_has(request, "Accept", "json");
	http_reply(request, 200, "text/plain", path, strlen(path));
}

static void stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

/* Reads on; the loop ends when the other side has closed. */
static void replied(void *arg)
{
	char text[4096];

	if (read(*(int *)arg, text, sizeof(text)) <= 0)
		loop_stop(loop);
}

static void begin(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct why why;

	signal(SIGPIPE, SIG_IGN);	       /* as dadraced has it */
	name_length = sizeof(name.sun_family); /* the kernel chooses an abstract name */
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, name_length) || listen(fd, 8))
		abort();
	name_length = sizeof(name);
	if (getsockname(fd, (struct sockaddr *)&name, &name_length) || loop_new(&loop, &why) ||
	    http_open(loop, fd, true, asked, NULL, &http, &why))
		abort();
}

/* Any bytes as what a client sends: answered or disconnected. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loop_watch *reading, *late;
	int fd;

	if (!loop)
		begin();
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&name, name_length))
		abort();
	if (send(fd, data, size, MSG_NOSIGNAL) < 0 && size)
		size = 0;
	shutdown(fd, SHUT_WR);
	reading = loop_fd(loop, fd, replied, &fd);
	late = loop_timer(loop, stop, NULL);
	loop_timer_set(late, loop_now() + MOST_NS);
	loop_run(loop);
	loop_forget(reading);
	loop_forget(late);
	close(fd);
	return 0;
}
