/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SERVICE_PARTS_H
#define DADRACE_SERVICE_PARTS_H

#include "io/folder_watch.h"
#include "io/http.h"
#include "io/job.h"
#include "io/loop.h"
#include "io/stream.h"
#include "results/index.h"
#include "results/tail.h"
#include "service/changes.h"
#include "service/follow_batch.h"
#include "service/metrics.h"
#include "service/service.h"
#include "service/store.h"
#include "service/systemd.h"
#include "service/ticket.h"
#include "service/varlink.h"

/*
 * The parts of the service, for its own files. Each uses those below it, and none beside or above it.
 *
 *   service.c                      start, signals, schedule, stop, what systemd is told
 *     control.c                    the control socket
 *       running.c                  the process of the campaign that runs, and its lines as they come
 *     web.c                        the HTTP server
 *     spool.c                      files that are dropped in a folder
 *         keep.c                   the accepted campaigns: taken from disk, added, ended, removed
 *           keep_results.c         what is read from their results
 *           keep_metrics.c         what their trials add to the metrics
 *             changes.c            tells the parts above what has changed
 */
enum {
	PART_BYTES = 1 << 18,  /* of an answer with lines */
	WAITING_MAX = 1 << 18, /* bytes that are sent ahead of a client that reads slowly */
};

/* A campaign that the service knows. */
struct kept {
	struct service *service;
	struct ticket ticket;
	struct metrics metrics; /* of the lines up to `counted` */
	uint64_t counted;	/* bytes of the results */
	uint32_t trials;	/* in them */
	char **signatures;	/* of its findings */
	uint32_t nr_signatures;
	uint64_t bytes; /* that its folder takes, once it has ended */
	uint32_t followers;
	struct batch *batches[2]; /* whole, brief: the last ones that followers were sent */
	uint64_t changed;	  /* the number of its last change, as /events tells it */
	bool unsent;		  /* something has changed that followers have not been sent */
};

/* The campaign that runs; kept NULL: none does. */
struct run {
	struct kept *kept;
	struct job *job;
	struct tail *tail;
	struct folder_watch *watch;
	uint64_t progress_ns;	 /* monotonic: when the last line came */
	uint64_t stall_ns;	 /* so long may pass without one */
	uint64_t killed_ns;	 /* 0: it was not */
	uint64_t interrupted_ns; /* 0: it was not */
	uint64_t saved_ns;	 /* when its metrics were written */
	bool pause;		 /* it is to be paused when it has ended */
};

/* Where the lines are of the campaign whose pictures were asked for last. */
struct looked {
	const struct kept *kept; /* NULL: none were */
	struct places *places;
};

struct control;
struct web;

struct service {
	const struct service_ask *ask;
	const struct listeners *listeners;
	struct service_config *config;
	struct loop *loop;
	struct store *store;
	struct kept **kept;
	uint32_t nr_kept, room_kept;
	struct looked looked;
	struct metrics removed; /* what campaigns that are kept no more have added */
	struct run run;
	struct job *clean;
	struct folder_watch *spool;
	bool spool_waits; /* a file for which the queue or the disk had no room */
	struct control *control;
	struct web *web;
	struct loop_watch *due;	 /* when the next campaign is */
	struct loop_watch *tick; /* each second: deadlines, STATUS */
	struct loop_watch *watchdog;
	char boot_id[64];
	uint32_t ticks;
	bool stopping;
	char status[256];
};

uint64_t unix_ms(void);

/* --- keep.c --- */

int keep_open(struct service *service, struct why *why);
void keep_close(struct service *service);

struct kept *keep_find(const struct service *service, const char *id);

/* Whether the queue has room for one more. */
bool keep_has_room(const struct service *service);

struct submission {
	const char *text;
	const char *by;
	const char *id; /* NULL: made from the name, the time and chance */
	/* What is left out, the section `submit` of the text says. */
	int64_t priority;   /* INT64_MIN: left out */
	int64_t not_before; /* seconds since 1970; INT64_MIN: left out */
	int64_t every_s;    /* INT64_MIN: left out */
};

/*
 * Accepts a campaign: it is on disk when this returns 0. -EINVAL: the file is refused; -ENOSPC: the queue
 * is full; -EEXIST: it was accepted before.
 */
int keep_submit(struct service *service, const struct submission *submission, struct kept **out,
		struct why *why);

/* Writes its state; a failure is logged. */
void keep_update(struct kept *kept);

/* It has ended: metrics, its repetition, its state; in an order that can be cut short anywhere. */
void keep_ended(struct kept *kept);

/* Removes what is older, more or larger than configured. */
void keep_prune(struct service *service);

json_t *keep_to_json(const struct kept *kept);

/* --- keep_results.c --- */

#define RESULTS_FILE "results.ndjson"

/* The summary of its results, a new reference, or NULL; `final` when nothing is left to run. */
json_t *keep_summary(const struct kept *kept, bool *final);

/*
 * Up to PART_BYTES of the lines of its results from a place on, as elements of a JSON array (without
 * the brackets); malloc'd. `next` is the place after them, `more` whether there are more.
 */
char *keep_lines(const struct kept *kept, uint64_t after, uint64_t *next, bool *more);

/* The line of a trial, or of its ledger, a new reference; NULL: there is none. */
json_t *keep_line(const struct kept *kept, enum line_type type, uint32_t trial,
		  uint32_t attempt);

/* Closes what keep_line() has open. */
void keep_forget_places(struct service *service);

/* --- keep_metrics.c --- */

/* Counts the lines of trials that are there, up to the lines of the end. */
void keep_count_lines(struct kept *kept, struct tail *tail);

void keep_save_metrics(struct kept *kept);

/* What was saved, and the lines that came after that. */
void keep_load_metrics(struct kept *kept);

/* It is removed, what it has counted stays: the file says whose it is, so that a start finishes what was cut short. */
void keep_add_removed(const struct kept *kept);
void keep_load_removed(struct service *service);

/* The sum of the numbers that grow, and those that go up and down. */
void keep_sum_metrics(const struct service *service, struct metrics *metrics,
		      struct metrics_gauges *gauges);

/* --- running.c --- */

int run_begin(struct service *service, struct kept *kept, struct why *why);

/* Ends it after the trials in hand; killed when that takes longer than configured. */
void run_interrupt(struct service *service);

/* Each second: deadlines. */
void run_tick(struct service *service);

/* Whether it makes progress, or somebody has seen to it that it does not. */
bool run_is_alive(const struct service *service);

/* --- spool.c --- */

int spool_open(struct service *service, struct why *why);
void spool_close(struct service *service);

/* Takes the files that are there. */
void spool_take(struct service *service);

/* --- control.c --- */

int control_open(struct service *service, struct why *why);
void control_close(struct service *service);

/* Who may do what is asked for anew. */
int control_reload(struct service *service, struct why *why);

/* A campaign's lines have grown, or its state has changed. */
void control_changed(struct service *service, struct kept *kept);

/* --- web.c --- */

int web_open(struct service *service, struct why *why);
void web_close(struct service *service);
void web_changed(struct service *service, struct kept *kept);

#endif
