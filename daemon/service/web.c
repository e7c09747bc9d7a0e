// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/picture_of_line.h"
#include "service/metrics_last.h"
#include "service/parts.h"

#define SVG_TYPE	 "image/svg+xml"
#define OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define PROMETHEUS_TYPE	 "text/plain; version=0.0.4; charset=utf-8"
#define CAMPAIGNS	 "/api/v1/campaigns"

enum { TELL_MS = 500 }; /* between two events about the same campaign */

/* A client of /events. */
struct viewer {
	struct viewer *next;
	struct web *web;
	struct http_request *request;
	uint64_t seen; /* number of the last change that it was sent */
	bool behind;   /* it reads slowly: the rest is sent when its buffer has drained */
};

struct web {
	struct service *service;
	struct http *http;
	struct viewer *viewers;
	struct loop_watch *tell;
	bool is_set; /* the timer */
	uint64_t changes;
	char *path; /* of the unix socket, or NULL */
};

/* --- answers --- */

static json_t *arm_to_json(const struct metrics *metrics, enum arm arm)
{
	json_t *verdicts = json_object();
	json_int_t trials = 0;

	for (int i = 0; i < VERDICTS; i++) {
		json_int_t nr = (json_int_t)metrics->trials[arm][i];

		json_object_set_new(verdicts, verdict_names[i], json_integer(nr));
		trials += nr;
	}
	return json_pack("{sI sI sI sI so}", "trials", trials, "opened",
			 (json_int_t)metrics->windows[arm], "echoes_sent",
			 (json_int_t)metrics->echoes_sent[arm], "echoes_inside",
			 (json_int_t)metrics->echoes_inside[arm], "verdicts", verdicts);
}

/* A campaign and its progress. */
static json_t *progress_to_json(const struct kept *kept)
{
	json_t *json = keep_to_json(kept), *arms = json_object();

	for (int arm = 0; arm < ARMS; arm++)
		json_object_set_new(arms, arm_names[arm], arm_to_json(&kept->metrics, arm));
	json_object_set_new(json, "arms", arms);
	json_object_set_new(json, "findings", json_integer((json_int_t)kept->nr_signatures));
	return json;
}

static void all_campaigns(struct service *service, struct http_request *request)
{
	json_t *campaigns = json_array();

	for (uint32_t i = 0; i < service->nr_kept; i++)
		json_array_append_new(campaigns, progress_to_json(service->kept[i]));
	web_json(request, json_pack("{so}", "campaigns", campaigns));
}

static void one_campaign(struct kept *kept, struct http_request *request)
{
	char *text = store_read(kept->service->store, kept->ticket.id, "campaign.yaml");
	bool final;
	json_t *summary = keep_summary(kept, &final);
	struct store_path folder = store_path(kept->service->store, kept->ticket.id, NULL);

	web_json(request, json_pack("{so ss ss so}", "campaign", progress_to_json(kept), "text",
				    text ? text : "", "folder", folder.text, "summary",
				    summary ? summary : json_null()));
	free(text);
}

static void trials(struct kept *kept, struct http_request *request)
{
	uint64_t after = 0, brief = 0, next;
	char *lines, *text = NULL;
	bool more;
	int n;

	http_number(request, "after", &after);
	http_number(request, "brief", &brief);
	lines = keep_lines(kept, after, brief, &next, &more);
	n = lines ? asprintf(&text, "{\"lines\":[%s],\"next\":%llu,\"more\":%s}\n", lines,
			     (unsigned long long)next, more ? "true" : "false") :
		    -1;
	free(lines);
	if (n < 0) {
		web_json(request, NULL);
		return;
	}
	http_reply(request, 200, WEB_JSON, text, (size_t)n);
	free(text);
}

/* The picture of a trial with its ledger, or of the repeat number `attempt`. */
static void picture(struct kept *kept, struct http_request *request, uint32_t number)
{
	uint64_t attempt = 0;
	bool is_repeat = http_number(request, "attempt", &attempt) && attempt;
	json_auto_t *line = keep_line(kept, LINE_TRIAL, number, 0);
	json_auto_t *ledger = attempt > UINT32_MAX ?
				      NULL :
				      keep_line(kept, LINE_LEDGER, number, (uint32_t)attempt);
	bool is_there = line && (ledger || !is_repeat);
	char *text = NULL;
	size_t length = 0;
	FILE *out = is_there ? open_memstream(&text, &length) : NULL;
	int err = out ? race_draw(line, ledger, out) : -ENOMEM;

	if (out && fclose(out))
		err = -ENOMEM;
	if (!is_there)
		web_not_found(request);
	else if (err == -EINVAL)
		http_reply(request, 500, WEB_TEXT, "The line of this trial is invalid.\n", 35);
	else if (err)
		web_json(request, NULL);
	else
		http_reply(request, 200, SVG_TYPE, text, length);
	free(text);
}

/* During a run the signatures seen so far, after it the findings of the summary. */
static void findings(struct kept *kept, struct http_request *request)
{
	bool final;
	json_auto_t *summary = keep_summary(kept, &final);
	json_t *told = final ? json_object_get(summary, "findings") : NULL;
	json_t *list = json_is_array(told) ? json_incref(told) : json_array();

	for (uint32_t i = 0; !told && i < kept->nr_signatures; i++)
		json_array_append_new(list,
				      json_pack("{ss}", "signature", kept->signatures[i]));
	web_json(request, json_pack("{so}", "findings", list));
}

static void metrics(struct service *service, struct http_request *request)
{
	bool openmetrics = http_header_has(request, "Accept", "application/openmetrics-text");
	struct metrics_gauges gauges;
	struct metrics metrics;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	const struct ticket **tickets = keep_tickets(service);
	bool is_whole = false;

	keep_sum_metrics(service, &metrics, &gauges);
	if (out && tickets) {
		metrics_print(&metrics, &gauges, openmetrics, out);
		is_whole = metrics_print_last(tickets, service->nr_kept, out);
		metrics_end(openmetrics, out);
	}
	free((void *)tickets);
	if (!out || fclose(out) || !is_whole)
		web_json(request, NULL);
	else
		http_reply(request, 200, openmetrics ? OPENMETRICS_TYPE : PROMETHEUS_TYPE, text,
			   length);
	free(text);
}

/* --- events --- */

static void tell(struct viewer *viewer, const struct kept *kept)
{
	json_auto_t *json = progress_to_json(kept);
	char *data = json ? json_dumps(json, JSON_COMPACT) : NULL;
	char *event = NULL;
	int n = data ? asprintf(&event, "id: %" PRIu64 "\nevent: campaign\ndata: %s\n\n",
				kept->changed, data) :
		       -1;

	if (n > 0)
		http_stream_send(viewer->request, event, (size_t)n);
	free(data);
	free(event);
}

/* The campaign with the first change after `seen`; NULL: none. */
static const struct kept *changed_after(const struct service *service, uint64_t seen)
{
	const struct kept *next = NULL;

	for (uint32_t i = 0; i < service->nr_kept; i++) {
		const struct kept *kept = service->kept[i];

		if (kept->changed > seen && (!next || kept->changed < next->changed))
			next = kept;
	}
	return next;
}

/* Sends changes in their order, so that the number of the last one tells what is missing. */
static void tell_rest(struct viewer *viewer)
{
	const struct kept *kept;

	viewer->behind = false;
	while (!viewer->behind && (kept = changed_after(viewer->web->service, viewer->seen))) {
		tell(viewer, kept);
		viewer->seen = kept->changed;
		viewer->behind = http_stream_waiting(viewer->request) > WAITING_MAX;
	}
}

static void viewer_gone(void *arg)
{
	struct viewer *viewer = arg, **to = &viewer->web->viewers;

	while (*to != viewer)
		to = &(*to)->next;
	*to = viewer->next;
	free(viewer);
}

static void viewer_drained(void *arg)
{
	struct viewer *viewer = arg;

	if (viewer->behind)
		tell_rest(viewer);
}

static void events(struct service *service, struct http_request *request)
{
	struct web *web = service->web;
	struct viewer *viewer = calloc(1, sizeof(*viewer));

	if (!viewer) {
		web_json(request, NULL);
		return;
	}
	viewer->web = web;
	viewer->request = request;
	if (!http_stream(request, "text/event-stream", viewer_drained, viewer_gone, viewer)) {
		free(viewer);
		return;
	}
	viewer->next = web->viewers;
	web->viewers = viewer;
	/* A client that reconnects gets the changes since; an unknown number means all. */
	if (!http_header_number(request, "Last-Event-ID", &viewer->seen) ||
	    viewer->seen > web->changes)
		viewer->seen = 0;
	http_stream_send(request, "retry: 2000\n\n", 13);
	tell_rest(viewer);
}

static void tell_changes(void *arg)
{
	struct web *web = arg;

	web->is_set = false;
	for (struct viewer *viewer = web->viewers; viewer; viewer = viewer->next)
		if (!viewer->behind)
			tell_rest(viewer);
}

void web_changed(struct service *service, struct kept *kept)
{
	struct web *web = service->web;

	if (!web)
		return;
	kept->changed = ++web->changes;
	if (!web->viewers || web->is_set)
		return;
	web->is_set = true;
	loop_timer_set(web->tell, loop_now() + TELL_MS * 1000000ULL);
}

/* --- paths --- */

/* clang-format off */
static const struct {
	const char *rest; /* of the path, after the id */
	void (*answer)(struct kept *kept, struct http_request *request);
} parts[] = {
	{ "",	       one_campaign },
	{ "/trials",   trials },
	{ "/findings", findings },
	{ "/report",   web_report },
	{ "/results",  web_results },
};

static const struct {
	const char *path;
	void (*answer)(struct service *service, struct http_request *request);
} paths[] = {
	{ "/",		web_page },
	{ "/overview",	web_overview },
	{ CAMPAIGNS,	all_campaigns },
	{ "/events",	events },
	{ "/metrics",	metrics },
};
/* clang-format on */

/* Parts with a number between two texts: "/trials/12/picture.svg". */
static const struct {
	const char *before, *after;
	void (*answer)(struct kept *kept, struct http_request *request, uint32_t number);
} numbered[] = {
	{ "/trials/", "/picture.svg", picture },
	{ "/findings/", ".txt", web_finding },
};

static bool is_numbered(const char *rest, const char *before, const char *after,
			uint32_t *number)
{
	size_t length = strlen(before);
	unsigned long value;
	char *end;

	if (strncmp(rest, before, length) != 0 || strspn(rest + length, "0123456789") == 0)
		return false;
	errno = 0;
	value = strtoul(rest + length, &end, 10);
	*number = (uint32_t)value;
	return !errno && value <= UINT32_MAX && !strcmp(end, after);
}

static void asked_for_one(struct service *service, struct http_request *request,
			  const char *path)
{
	size_t length = strcspn(path, "/");
	char id[256];
	struct kept *kept;
	uint32_t number;

	snprintf(id, sizeof(id), "%.*s", (int)length, path);
	kept = length < sizeof(id) ? keep_find(service, id) : NULL;
	for (size_t i = 0; kept && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(path + length, parts[i].rest)) {
			parts[i].answer(kept, request);
			return;
		}
	for (size_t i = 0; kept && i < sizeof(numbered) / sizeof(numbered[0]); i++)
		if (is_numbered(path + length, numbered[i].before, numbered[i].after,
				&number)) {
			numbered[i].answer(kept, request, number);
			return;
		}
	web_not_found(request);
}

static void asked(struct http_request *request, const char *path, void *arg)
{
	struct service *service = arg;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!strcmp(path, paths[i].path)) {
			paths[i].answer(service, request);
			return;
		}
	if (!strncmp(path, CAMPAIGNS "/", sizeof(CAMPAIGNS)))
		asked_for_one(service, request, path + sizeof(CAMPAIGNS));
	else
		web_not_found(request);
}

static void web_free(struct web *web)
{
	while (web->viewers) {
		struct viewer *viewer = web->viewers;

		web->viewers = viewer->next;
		http_stream_end(viewer->request);
		free(viewer);
	}
	http_close(web->http);
	loop_forget(web->tell);
	if (web->path)
		unlink(web->path);
	free(web->path);
	free(web);
}

int web_open(struct service *service, struct why *why)
{
	const char *where = service->config->http;
	bool is_tcp = where && where[0] != '/';
	struct web *web;
	int fd, r;

	if (!where)
		return 0;
	web = calloc(1, sizeof(*web));
	if (!web)
		return why_memory(why);
	service->web = web;
	web->service = service;
	web->tell = loop_timer(service->loop, tell_changes, web);
	if (!web->tell)
		return why_memory(why);
	/* Results are about root's kernel: a unix socket is for root and its group only. */
	fd = is_tcp ? stream_loopback(where, why) : stream_unix(where, 0660, (gid_t)-1, why);
	if (fd < 0)
		return fd;
	web->path = is_tcp ? NULL : strdup(where);
	r = http_open(service->loop, fd, is_tcp, asked, service, &web->http, why);
	if (r)
		return r;
	/* Above the numbers before a restart: a change takes longer than a microsecond. */
	web->changes = unix_ms() * 1000;
	for (uint32_t i = 0; i < service->nr_kept; i++)
		service->kept[i]->changed = ++web->changes;
	return 0;
}

static bool is_same(const char *one, const char *other)
{
	return one && other ? !strcmp(one, other) : one == other;
}

int web_reload(struct service *service, const struct service_config *before, struct why *why)
{
	struct web *old = service->web, *new;
	int r;

	if (is_same(before->http, service->config->http))
		return 0;
	service->web = NULL;
	r = web_open(service, why);
	new = service->web;
	service->web = old;
	if (!r)
		web_close(service);
	else if (new)
		web_free(new);
	if (!r)
		service->web = new;
	return r;
}

void web_close(struct service *service)
{
	if (!service->web)
		return;
	web_report_put_off(service);
	web_free(service->web);
	service->web = NULL;
}
