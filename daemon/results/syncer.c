// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "results/syncer.h"

struct syncer {
	int fd;
	int (*sync)(int fd);
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	uint64_t asked; /* how often */
	uint64_t done;	/* up to which of these */
	int error;	/* -errno that nobody was told yet */
	bool ends;
};

/* One sync for all that was asked for; the lock is held, except while the disk works. */
static void sync_all(struct syncer *syncer)
{
	uint64_t asked = syncer->asked;
	int r;

	pthread_mutex_unlock(&syncer->lock);
	r = syncer->sync(syncer->fd) ? -errno : 0;
	pthread_mutex_lock(&syncer->lock);
	syncer->done = asked;
	if (r)
		syncer->error = r;
	pthread_cond_broadcast(&syncer->changed);
}

static void *sync_always(void *arg)
{
	struct syncer *syncer = arg;

	pthread_mutex_lock(&syncer->lock);
	for (;;) {
		while (syncer->done == syncer->asked && !syncer->ends)
			pthread_cond_wait(&syncer->changed, &syncer->lock);
		if (syncer->done == syncer->asked)
			break;
		sync_all(syncer);
	}
	pthread_mutex_unlock(&syncer->lock);
	return NULL;
}

/* Signals are for the loop. */
static bool start_thread(struct syncer *syncer)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&syncer->thread, NULL, sync_always, syncer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return !err;
}

struct syncer *syncer_new(int fd, int (*sync)(int fd))
{
	struct syncer *syncer = calloc(1, sizeof(*syncer));

	if (!syncer)
		return NULL;
	syncer->fd = fd;
	syncer->sync = sync;
	pthread_mutex_init(&syncer->lock, NULL);
	pthread_cond_init(&syncer->changed, NULL);
	syncer->has_thread = start_thread(syncer);
	return syncer;
}

static int take_error(struct syncer *syncer)
{
	int r = syncer->error;

	syncer->error = 0;
	return r;
}

int syncer_ask(struct syncer *syncer)
{
	int r;

	pthread_mutex_lock(&syncer->lock);
	syncer->asked++;
	if (syncer->has_thread)
		pthread_cond_broadcast(&syncer->changed);
	else
		sync_all(syncer);
	r = take_error(syncer);
	pthread_mutex_unlock(&syncer->lock);
	return r;
}

int syncer_wait(struct syncer *syncer)
{
	uint64_t asked;
	int r;

	pthread_mutex_lock(&syncer->lock);
	asked = syncer->asked;
	while (syncer->done < asked)
		pthread_cond_wait(&syncer->changed, &syncer->lock);
	r = take_error(syncer);
	pthread_mutex_unlock(&syncer->lock);
	return r;
}

void syncer_free(struct syncer *syncer)
{
	if (!syncer)
		return;
	pthread_mutex_lock(&syncer->lock);
	syncer->ends = true;
	pthread_cond_broadcast(&syncer->changed);
	pthread_mutex_unlock(&syncer->lock);
	if (syncer->has_thread)
		pthread_join(syncer->thread, NULL);
	pthread_cond_destroy(&syncer->changed);
	pthread_mutex_destroy(&syncer->lock);
	free(syncer);
}
