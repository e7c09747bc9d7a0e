// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/parts.h"

/*
 * Reading the results of a long campaign takes seconds, so `dadrace report` does it beside the
 * loop, one report at a time. It stays in the campaign's folder, and is written anew only when
 * the results have grown since.
 */

static void say(struct http_request *request, int code, const char *words)
{
	http_reply(request, code, WEB_TEXT, words, strlen(words));
}

static void send_file(struct http_request *request, const char *path, const char *type,
		      const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		web_not_found(request);
	else
		http_reply_file(request, type, fd, name);
}

/* --- the report --- */

/* A report carries the time of the results that it was made from. */
static bool is_of(const struct reporting *report)
{
	struct stat st;

	return !stat(report->path, &st) && st.st_mtim.tv_sec == report->grown.tv_sec &&
	       st.st_mtim.tv_nsec == report->grown.tv_nsec;
}

static void mark(const struct reporting *report)
{
	const struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, report->grown };

	utimensat(AT_FDCWD, report->path, times, 0);
}

static void send_report(const struct reporting *report)
{
	bool is_page =
		report->format == export_formats; /* a browser shows it, and saves the others */

	send_file(report->request, report->path, report->format->media,
		  is_page ? NULL : report->name);
}

static void written(const struct job_end *end, void *arg)
{
	struct reporting *report = arg, done = *report;
	struct kept *kept = keep_find(done.service, done.id);
	char line[256], words[320];

	*report = (struct reporting){ 0 };
	if (!end->by_signal && !end->code)
		mark(&done);
	else
		store_sweep(done.service->store, done.id);
	if (kept)
		keep_measure(kept);
	if (!done.request)
		return;
	if (!end->by_signal && !end->code) {
		send_report(&done);
		return;
	}
	snprintf(words, sizeof(words), "The report cannot be written: %s\n",
		 job_last_line(end->said, line, sizeof(line)));
	say(done.request, 500, words);
}

static void gone(void *arg)
{
	struct reporting *report = arg;

	report->request = NULL;
}

static void write_report(struct kept *kept, const struct reporting *ask)
{
	struct service *service = kept->service;
	struct reporting *report = &service->reporting;
	struct store_path folder = store_path(service->store, kept->ticket.id, NULL);
	const char *argv[] = {
		service->ask->program, "report", folder.text, "--output", ask->path, "--format",
		ask->format->name,     NULL
	};
	struct why why;

	if (report->job) {
		say(ask->request, 503,
		    "Another report is being written; ask again in some seconds.\n");
		return;
	}
	*report = *ask;
	if (job_start(service->loop, argv, written, report, &report->job, &why)) {
		*report = (struct reporting){ 0 };
		say(ask->request, 500, why.text);
		return;
	}
	http_wait(ask->request, gone, report);
}

void web_report(struct kept *kept, struct http_request *request)
{
	struct store *store = kept->service->store;
	const char *id = kept->ticket.id, *format = http_text(request, "format");
	struct reporting ask = {
		.service = kept->service,
		.request = request,
		.format = format ? export_by_name(format) : export_formats,
	};
	struct stat st;
	char file[32], words[128];

	if (!ask.format) {
		snprintf(words, sizeof(words), "No such format. Ask for %s.\n",
			 export_names(false).text);
		say(request, 404, words);
		return;
	}
	if (stat(store_path(store, id, RESULTS_FILE).text, &st)) {
		say(request, 404,
		    "This campaign has no results yet: no trial has ended. Ask again later.\n");
		return;
	}
	ask.grown = st.st_mtim;
	snprintf(file, sizeof(file), "report.%s", ask.format->name);
	memcpy(ask.path, store_path(store, id, file).text, sizeof(ask.path));
	snprintf(ask.id, sizeof(ask.id), "%s", id);
	snprintf(ask.name, sizeof(ask.name), "%.200s.%s", id, ask.format->name);
	if (is_of(&ask))
		send_report(&ask);
	else
		write_report(kept, &ask);
}

void web_report_put_off(struct service *service)
{
	static const char words[] =
		"The service is stopping or reloading. Ask again in a few seconds; a reload does not stop the report.\n";
	struct reporting *report = &service->reporting;

	if (!report->request)
		return;
	http_reply_last(report->request, 503, WEB_TEXT, words, sizeof(words) - 1);
	report->request = NULL;
}

/* --- files --- */

void web_results(struct kept *kept, struct http_request *request)
{
	char name[256];

	snprintf(name, sizeof(name), "%.200s.ndjson", kept->ticket.id);
	send_file(request, store_path(kept->service->store, kept->ticket.id, RESULTS_FILE).text,
		  "application/x-ndjson", name);
}

void web_finding(struct kept *kept, struct http_request *request, uint32_t number)
{
	char file[32];

	snprintf(file, sizeof(file), "findings/%u.txt", number);
	send_file(request, store_path(kept->service->store, kept->ticket.id, file).text,
		  WEB_TEXT, NULL);
}
