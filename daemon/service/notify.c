// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/write_all.h"
#include "service/parts.h"

#define NS_PER_S 1000000000ULL

enum { DEADLINE_S = 30, WAITING_AT_MOST = 16 };

/* What a command is told: the ticket, and where it is. */
struct notice {
	struct notice *next;
	char id[256];
	char text[]; /* JSON, one line */
};

static char *notice_text(const struct kept *kept)
{
	const struct service *service = kept->service;
	struct store_path folder = store_path(service->store, kept->ticket.id, NULL);
	json_auto_t *json = fields_to_json(&ticket_fields, &kept->ticket);

	json_object_set_new(json, "host", json_string(service->host));
	json_object_set_new(json, "folder", json_string(folder.text));
	return json_dumps(json, JSON_COMPACT);
}

static void drop_first(struct notifying *notifying)
{
	struct notice *first = notifying->waiting;

	notifying->waiting = first->next;
	notifying->nr_waiting--;
	free(first);
}

void notify_ended(struct kept *kept)
{
	struct notifying *notifying = &kept->service->notifying;
	struct notice **end = &notifying->waiting, *notice = NULL;
	char *text;

	if (!kept->service->config->notify_command || kept->ticket.exit_code != EXIT_FAULT)
		return;
	if (notifying->nr_waiting == WAITING_AT_MOST) {
		log_say(LOG_LEVEL_WARNING, kept->ticket.id, "notify",
			"notify_command: not run for this campaign: %d earlier campaigns are queued for it; make the command faster",
			WAITING_AT_MOST);
		return;
	}
	text = notice_text(kept);
	if (text)
		notice = malloc(sizeof(*notice) + strlen(text) + 2);
	if (notice) {
		notice->next = NULL;
		snprintf(notice->id, sizeof(notice->id), "%s", kept->ticket.id);
		memcpy(stpcpy(notice->text, text), "\n", 2);
		while (*end)
			end = &(*end)->next;
		*end = notice;
		notifying->nr_waiting++;
	}
	free(text);
}

/* --- the command --- */

static void ended(const struct job_end *end, void *arg)
{
	struct notifying *notifying = arg;
	const char *id = notifying->waiting->id;
	char line[256];

	notifying->job = NULL;
	if (end->by_signal)
		log_say(LOG_LEVEL_WARNING, id, "notify",
			"notify_command: killed by signal %d (%s)%s", end->code,
			strsignal(end->code),
			notifying->is_late ? ": it ran for more than 30 s" : "");
	else if (end->code)
		log_say(LOG_LEVEL_WARNING, id, "notify", "notify_command: exit code %d: %s",
			end->code, job_last_line(end->said, line, sizeof(line)));
	drop_first(notifying);
}

/* A file in memory with the text, from its beginning; -errno. */
static int open_text(const char *text)
{
	int fd = memfd_create("notice", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : file_write_all(fd, text, strlen(text));

	if (!r && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r && fd >= 0)
		close(fd);
	return r ? r : fd;
}

static void start(struct service *service)
{
	struct notifying *notifying = &service->notifying;
	const char *argv[] = { service->config->notify_command, NULL };
	struct child_ask ask = { .argv = argv, .is_nobody = true };
	struct why why;
	int r;

	ask.input = open_text(notifying->waiting->text);
	r = ask.input < 0 ? why_set(&why, -ask.input, "%s", strerror(-ask.input)) :
			    job_start_asked(service->loop, &ask, ended, notifying,
					    &notifying->job, &why);
	if (ask.input >= 0)
		close(ask.input);
	if (r) {
		log_say(LOG_LEVEL_WARNING, notifying->waiting->id, "notify",
			"notify_command: %s", why.text);
		drop_first(notifying);
		return;
	}
	notifying->started_ns = loop_now();
	notifying->is_late = false;
}

void notify_tick(struct service *service)
{
	struct notifying *notifying = &service->notifying;

	if (!notifying->job) {
		if (notifying->waiting && service->config->notify_command)
			start(service);
	} else if (loop_now() - notifying->started_ns > DEADLINE_S * NS_PER_S) {
		notifying->is_late = true;
		kill(-job_pid(notifying->job), SIGKILL); /* it leads a group */
	}
}

void notify_stop(struct service *service)
{
	struct notifying *notifying = &service->notifying;

	if (notifying->job)
		kill(-job_pid(notifying->job), SIGKILL);
	job_free(notifying->job);
	for (const char *what = notifying->job ? "killed" : "not run"; notifying->waiting;
	     what = "not run") {
		log_say(LOG_LEVEL_WARNING, notifying->waiting->id, "notify",
			"notify_command: %s: the service ends", what);
		drop_first(notifying);
	}
}
