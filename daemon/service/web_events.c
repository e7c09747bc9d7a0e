// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/web.h"

enum {
	TELL_MS = 500, /* between two events about the same campaign */
	VIEWER_MAX =
		1 << 16, /* bytes that are buffered for a viewer: the sums of 50 campaigns */
};

/* A client of /events. */
struct viewer {
	struct viewer *next;
	struct web *web;
	struct http_request *request;
	uint64_t seen; /* number of the last change that it was sent */
	bool behind;   /* it reads slowly: the rest is sent when its buffer has drained */
};

static void tell(struct viewer *viewer, const struct kept *kept)
{
	json_auto_t *json = web_progress(kept);
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
	const struct kept *next = NULL, *kept;

	TAILQ_FOREACH_REVERSE(kept, &service->changed, changed, by_change)
	{
		if (kept->changed <= seen)
			break;
		next = kept;
	}
	return next;
}

/* Sends changes in their order, so that the number of the last one tells what is missing. */
static void tell_rest(struct viewer *viewer)
{
	const struct kept *kept = changed_after(viewer->web->service, viewer->seen);

	viewer->behind = false;
	for (; kept && !viewer->behind; kept = TAILQ_NEXT(kept, by_change)) {
		tell(viewer, kept);
		viewer->seen = kept->changed;
		viewer->behind = http_stream_waiting(viewer->request) > VIEWER_MAX;
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

void web_events(struct service *service, struct http_request *request)
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
	TAILQ_REMOVE(&service->changed, kept, by_change);
	TAILQ_INSERT_TAIL(&service->changed, kept, by_change);
	if (!web->viewers || web->is_set)
		return;
	web->is_set = true;
	loop_timer_set(web->tell, loop_now() + TELL_MS * 1000000ULL);
}

int web_events_open(struct web *web, struct why *why)
{
	web->tell = loop_timer(web->service->loop, tell_changes, web);
	return web->tell ? 0 : why_memory(why);
}

void web_events_begin(struct web *web)
{
	struct kept *kept;

	/* Above the numbers before a restart: a change takes longer than a microsecond. */
	web->changes = unix_ms() * 1000;
	TAILQ_FOREACH(kept, &web->service->changed, by_change)
	kept->changed = ++web->changes;
}

void web_events_close(struct web *web)
{
	while (web->viewers) {
		struct viewer *viewer = web->viewers;

		web->viewers = viewer->next;
		http_stream_end(viewer->request);
		free(viewer);
	}
	loop_forget(web->tell);
}
