/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SERVICE_PARTS_H
#define DADRACE_SERVICE_PARTS_H

#include <sys/queue.h>

#include "export/export.h"
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
 * The parts of the service, for its own files. Each uses those below it, and none beside or
 * above.
 *
 *   service.c             start, signals, schedule, stop, notifications to systemd
 *     control.c           the control socket
 *       running.c         the process of the running campaign, and its results as they grow
 *     web.c               the HTTP server
 *       web_page.c        its page: the overview (overview.h), and a script about one run
 *       web_campaigns.c   campaigns and their trials, as JSON and pictures
 *       web_events.c      what changes, as it changes
 *       web_metrics.c     numbers for Prometheus
 *       web_report.c      reports, which `dadrace report` writes, and files to be saved
 *         web_answers.c   what they all answer
 *     spool.c             the folder in which campaign files are dropped
 *         keep.c          the campaigns: read from disk, added, ended, removed
 *         keep_results.c  their results, read
 *         keep_metrics.c  their results, added up
 *         notify.c        runs the administrator's command when a campaign has ended faulty
 *         changes.c       tells the parts above what has changed
 */
enum {
	PART_BYTES = 1 << 18,  /* of a reply with lines of results */
	WAITING_MAX = 1 << 18, /* bytes that are buffered for a client that reads slowly */
	LIST_MAX = 200,	       /* campaigns in one reply; making it takes 5 ms */
	SLICE_NS = 5000000,    /* after so long, longer work lets the loop go on */
};

/* What the trials of a campaign add up to. */
struct sums {
	struct metrics metrics;
	char **signatures; /* of its findings */
	uint32_t nr_signatures;
};
void sums_free(struct sums *sums); /* NULL: nothing */

/* A campaign that the service keeps. */
struct kept {
	struct service *service;
	struct ticket ticket;
	uint64_t number;   /* its place in lists: each has a higher one than those before */
	struct sums *sums; /* of the results up to `counted`, while it runs; NULL: on disk */
	uint64_t counted;  /* bytes of the results that are in its sums */
	uint32_t trials;   /* in these bytes */
	enum ticket_state is_in; /* the state in which the service counts it */
	uint64_t bytes;		 /* of its folder, once it has ended */
	uint32_t followers;
	struct batch *batches[2]; /* whole, brief: the last that were sent to followers */
	uint64_t changed; /* number of its last change, the id of the event in /events */
	TAILQ_ENTRY(kept) by_change;
	bool unsent; /* it has changed since followers were last told */
};

/* The running campaign; kept NULL: none. */
struct run {
	struct kept *kept;
	struct job *job;
	struct tail *tail;
	struct folder_watch *watch;
	struct loop_watch *count; /* continues to count its lines */
	uint64_t begun_ns;	  /* monotonic */
	uint32_t begun_trials;	  /* in the results then */
	uint32_t planned_trials;  /* 0: no limit */
	uint32_t planned_s;	  /* 0: no limit */
	uint64_t progress_ns;	  /* monotonic: time of the last line */
	uint64_t stall_ns;	  /* longest time without a line */
	uint64_t killed_ns;	  /* 0: not killed */
	uint64_t interrupted_ns;  /* 0: not interrupted */
	uint64_t saved_ns;	  /* when its metrics were saved */
	bool pause;		  /* the campaign is paused when the run has ended */
};

/* Index of the campaign whose pictures were asked for last. */
struct looked {
	const struct kept *kept; /* NULL: none was */
	struct places *places;
};

/* The report that is being written; job NULL: none is. */
struct reporting {
	struct service *service;
	struct job *job;
	struct http_request *request; /* NULL: its client has gone */
	const struct export_format *format;
	struct timespec grown; /* when the results had last grown before they were read */
	char id[256];	       /* of the campaign, which may be removed meanwhile */
	char path[4096];
	char name[256];
};

/* Commands that are told of faults, one after the other; job NULL: none runs. */
struct notice;
struct notifying {
	struct job *job;	/* about the first that waits */
	uint64_t started_ns;	/* monotonic */
	bool is_late;		/* it was killed at its deadline */
	struct notice *waiting; /* the first one first */
	uint32_t nr_waiting;
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
	uint64_t last_number; /* that was given to a campaign */
	/* Kept up to date by whoever changes a campaign: nothing walks through all of them. */
	uint32_t nr_in[TICKET_STATES];
	uint32_t followers;
	uint64_t kept_bytes;
	struct metrics total;		   /* of all campaigns, also of removed ones */
	struct metrics removed;		   /* of campaigns whose results were removed */
	TAILQ_HEAD(changed, kept) changed; /* the last change last */
	struct looked looked;
	struct run run;
	struct job *clean;
	char cleaned[256]; /* the campaign after which it cleans */
	struct folder_watch *spool;
	bool spool_waits; /* a file waits there, for room in the queue or a shortage's end */
	char spool_said[1024]; /* the last such wait that was logged */
	struct control *control;
	struct web *web;
	struct reporting reporting;
	struct notifying notifying;
	struct loop_watch *due;	 /* fires when the next campaign is due */
	struct loop_watch *tick; /* each second: deadlines, STATUS */
	struct loop_watch *watchdog;
	struct loop_watch *prune; /* continues to remove campaigns */
	char boot_id[64];
	char host[65]; /* uname -n */
	uint32_t ticks;
	bool stopping;
	char status[256];
};

uint64_t unix_ms(void);

/* --- keep.c --- */

int keep_open(struct service *service, struct why *why);
void keep_close(struct service *service);

struct kept *keep_find(const struct service *service, const char *id);

/* All tickets in the order of submission, malloc'd; NULL: out of memory. */
const struct ticket **keep_tickets(const struct service *service);

/*
 * A part of the list: the campaigns after the one with a number, `most` of them. Numbers stay
 * as they are until the service ends, so a reader that goes on at `next` misses none and sees
 * none twice, whatever is removed meanwhile.
 */
struct kept_part {
	struct kept *const *first;
	uint32_t nr;
	uint64_t next; /* the number after which the next part begins */
	bool more;
};
struct kept_part keep_part(const struct service *service, uint64_t after, uint32_t most);

/* Whether the queue has room for one more. */
bool keep_has_room(const struct service *service);

struct submission {
	const char *text;
	const char *file;	 /* its name in sentences; NULL: "campaign" */
	const char *const *sets; /* KEY=VALUE, on top of the text */
	size_t nr_sets;
	const char *by;
	const char *id; /* NULL: made from name, time and a random number */
	/* Values that are left out are taken from the section `submit` of the text. */
	int64_t priority;   /* INT64_MIN: left out */
	int64_t not_before; /* seconds since 1970; INT64_MIN: left out */
	int64_t every_s;    /* INT64_MIN: left out */
};

/*
 * Accepts a campaign: it is on disk when this returns 0. -EINVAL: the file is refused; -EBUSY:
 * the queue is full; -EEXIST: it was accepted before; others: a shortage, try again later.
 */
int keep_submit(struct service *service, const struct submission *submission, struct kept **out,
		struct why *why);

/* Writes its state; a failure is logged. */
void keep_update(struct kept *kept);

/* Counts it in its state, and tells those who listen. */
void keep_changed(struct kept *kept);

/*
 * Ends a campaign: saves metrics, adds its repetition, saves its state; a crash at any point
 * loses nothing.
 */
void keep_ended(struct kept *kept);

/* Measures the folder of a campaign that has ended; its size counts towards keep_mb. */
void keep_measure(struct kept *kept);

/*
 * Removes ended campaigns beyond keep_days, keep_campaigns and keep_mb, the oldest first, in
 * slices of the loop: some now, the others by service->prune.
 */
void keep_prune(struct service *service);

json_t *keep_to_json(const struct kept *kept);

/* --- keep_results.c --- */

#define RESULTS_FILE "results.ndjson"

/* The summary of its results, a new reference, or NULL. `final`: no trial is left to run. */
json_t *keep_summary(const struct kept *kept, bool *final);

/*
 * Lines of its results from a place on, up to PART_BYTES, as elements of a JSON array (without
 * the brackets); malloc'd. `next` is the place after them, `more` whether others follow.
 * `brief`: of a trial only verdict, reason, signature, number and arm.
 */
char *keep_lines(const struct kept *kept, uint64_t after, bool brief, uint64_t *next,
		 bool *more);

/* The line of a trial or of its ledger, a new reference; NULL: not found. */
json_t *keep_line(const struct kept *kept, enum line_type type, uint32_t trial,
		  uint32_t attempt);

/* Frees the index that keep_line() keeps. */
void keep_forget_places(struct service *service);

/* --- keep_metrics.c --- */

/*
 * Adds the trials that are written to its sums and to those of the service, up to the first
 * line of the end. False: SLICE_NS have passed, and there are more.
 */
bool keep_count_lines(struct kept *kept, struct tail *tail);

/* Writes its sums. */
void keep_save_metrics(struct kept *kept);

/* The same, and frees them; if they cannot be written they stay. */
void keep_put_metrics(struct kept *kept);

/* Reads the saved sums, adds the trials after them, and adds all to those of the service. */
void keep_load_metrics(struct kept *kept);

/* The sums of a campaign, lent until keep_sums_done(); NULL: out of memory. */
struct sums *keep_sums(const struct kept *kept);
void keep_sums_done(const struct kept *kept, struct sums *sums);

/* Adds the verdict of a campaign that has ended; if that was done before a crash, once. */
void keep_count_verdict(struct kept *kept);

/*
 * Adds the metrics of a campaign that is about to be removed to those of the service. The file
 * names the campaign, so that after a crash keep_load_removed() removes it without adding it
 * twice.
 */
void keep_add_removed(const struct kept *kept);
void keep_load_removed(struct service *service);

/* The gauges of all campaigns; their counters are service->total. */
struct metrics_gauges keep_gauges(const struct service *service);

/* --- notify.c --- */

/* A campaign has ended; the command is started by the next tick, if it found a fault. */
void notify_ended(struct kept *kept);

/* Starts the next command, and kills one that is late; called once a second. */
void notify_tick(struct service *service);
void notify_stop(struct service *service);

/* --- running.c --- */

int run_begin(struct service *service, struct kept *kept, struct why *why);

/* Ends the run after the trials in progress; it is killed after stop_s. */
void run_interrupt(struct service *service);

/* Checks the deadlines; called once a second. */
void run_tick(struct service *service);

/* Whether the run makes progress or is already being stopped. */
bool run_is_alive(const struct service *service);

/* --- spool.c --- */

int spool_open(struct service *service, struct why *why);
void spool_close(struct service *service);
int spool_reload(struct service *service, const struct service_config *before, struct why *why);

/* Takes the files in the folder. */
void spool_take(struct service *service);

/* --- control.c --- */

int control_open(struct service *service, struct why *why);
void control_close(struct service *service);

int control_reload(struct service *service, const struct service_config *before,
		   struct why *why);

/* A campaign's lines have grown, or its state has changed. */
void control_changed(struct service *service, struct kept *kept);

/* --- web.c --- */

int web_open(struct service *service, struct why *why);
void web_close(struct service *service);
int web_reload(struct service *service, const struct service_config *before, struct why *why);

/* --- web_answers.c --- */

#define WEB_JSON "application/json"
#define WEB_TEXT "text/plain; charset=utf-8"

/* Takes the reference; NULL: out of memory. */
void web_json(struct http_request *request, json_t *json);
void web_memory(struct http_request *request);
void web_not_found(struct http_request *request); /* and what there is */

/* --- web_campaigns.c --- */

/* A campaign and its progress, a new reference; NULL: out of memory. */
json_t *web_progress(const struct kept *kept);

void web_campaigns(struct service *service, struct http_request *request);
void web_campaign(struct kept *kept, struct http_request *request);
void web_trials(struct kept *kept, struct http_request *request);

/* During a run the signatures seen so far, after it the findings of the summary. */
void web_findings(struct kept *kept, struct http_request *request);

/* The picture of a trial with its ledger, or of the repeat number `attempt`. */
void web_picture(struct kept *kept, struct http_request *request, uint32_t number);

/* --- web_events.c --- */

void web_changed(struct service *service, struct kept *kept);

/* --- web_metrics.c --- */

void web_metrics(struct service *service, struct http_request *request);

/* --- web_page.c --- */

/* The whole page, and the part of it that the script fetches again. */
void web_page(struct service *service, struct http_request *request);
void web_overview(struct service *service, struct http_request *request);

/* --- web_report.c --- */

/* The report of a campaign, in the format that the request names. */
void web_report(struct kept *kept, struct http_request *request);

/* Its results, and the text of a finding, as the run has left them. */
void web_results(struct kept *kept, struct http_request *request);
void web_finding(struct kept *kept, struct http_request *request, uint32_t number);

/* Answers 503 to the client that waits for a report. The report itself is still written. */
void web_report_put_off(struct service *service);

#endif
