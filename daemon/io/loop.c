// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "io/loop_parts.h"

struct loop_watch {
	struct loop *loop;
	struct loop_watch *next, **to_this;
	struct event *event;
	loop_called called;
	void *arg;
	int signals; /* signalfd, or -1 */
};

struct loop {
	struct event_base *base;
	struct loop_watch *watches;
	bool stopped;
};

uint64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* What libevent said last; it is said again when libevent gives up. */
static char said[256];

static void keep_words(int severity, const char *message)
{
	(void)severity;
	snprintf(said, sizeof(said), "%s", message);
}

/* By itself libevent ends the process with 1, which would mean that a fault was found. */
static void give_up(int err)
{
	(void)err;
	fprintf(stderr, "dadrace: the event loop has failed: %s\n", said);
	_exit(EXIT_INTERNAL);
}

int loop_new(struct loop **out, struct why *why)
{
	struct event_config *config = event_config_new();
	struct loop *loop = calloc(1, sizeof(*loop));

	event_set_log_callback(keep_words);
	event_set_fatal_callback(give_up);
	if (config && loop && !event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) &&
	    !event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME))
		loop->base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	if (!loop || !loop->base) {
		free(loop);
		return why_exit(why, EXIT_INTERNAL, ENOMEM, "no event loop: %s",
				said[0] ? said : "out of memory");
	}
	*out = loop;
	return 0;
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	for (struct loop_watch *watch = loop->watches, *next; watch; watch = next) {
		next = watch->next;
		loop_forget(watch);
	}
	event_base_free(loop->base);
	free(loop);
}

void loop_run(struct loop *loop)
{
	if (!loop->stopped) /* libevent forgets a break from before the loop */
		event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
	loop->stopped = false;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
	event_base_loopbreak(loop->base);
}

static void pass_on(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *watch = arg;
	struct signalfd_siginfo taken;

	while (watch->signals >= 0 && read(watch->signals, &taken, sizeof(taken)) > 0)
		;
	(void)fd;
	(void)what;
	watch->called(watch->arg);
}

static struct loop_watch *watch_new(struct loop *loop, evutil_socket_t fd, short what,
				    loop_called called, void *arg)
{
	struct loop_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	*watch = (struct loop_watch){
		.loop = loop, .called = called, .arg = arg, .signals = -1
	};
	watch->event = event_new(loop->base, fd, what, pass_on, watch);
	if (!watch->event || (what & EV_READ && event_add(watch->event, NULL))) {
		if (watch->event)
			event_free(watch->event);
		free(watch);
		return NULL;
	}
	watch->next = loop->watches;
	watch->to_this = &loop->watches;
	if (watch->next)
		watch->next->to_this = &watch->next;
	loop->watches = watch;
	return watch;
}

struct loop_watch *loop_fd(struct loop *loop, int fd, loop_called called, void *arg)
{
	return watch_new(loop, fd, EV_READ | EV_PERSIST, called, arg);
}

/*
 * By signalfd: libevent's own signal handling is one for a process and all that it forks, and
 * our lanes' processes have loops of their own.
 */
struct loop_watch *loop_signal(struct loop *loop, int signal, loop_called called, void *arg)
{
	struct loop_watch *watch;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, signal);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL))
		return NULL;
	watch = loop_fd(loop, fd, called, arg);
	if (watch)
		watch->signals = fd;
	else
		close(fd);
	return watch;
}

struct loop_watch *loop_timer(struct loop *loop, loop_called called, void *arg)
{
	return watch_new(loop, -1, 0, called, arg);
}

void loop_timer_set(struct loop_watch *timer, uint64_t at_ns)
{
	uint64_t now = loop_now();
	uint64_t us = at_ns > now ? (at_ns - now + 999) / 1000 : 0;
	struct timeval left = { .tv_sec = (time_t)(us / 1000000),
				.tv_usec = (suseconds_t)(us % 1000000) };

	event_add(timer->event, &left);
}

void loop_timer_stop(struct loop_watch *timer)
{
	event_del(timer->event);
}

void loop_forget(struct loop_watch *watch)
{
	if (!watch)
		return;
	*watch->to_this = watch->next;
	if (watch->next)
		watch->next->to_this = watch->to_this;
	event_free(watch->event);
	if (watch->signals >= 0)
		close(watch->signals);
	free(watch);
}
