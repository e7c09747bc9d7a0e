// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/web.h"

#define CAMPAIGNS "/api/v1/campaigns"

/* --- paths --- */

/* clang-format off */
static const struct {
	const char *rest; /* of the path, after the id */
	void (*answer)(struct kept *kept, struct http_request *request);
} parts[] = {
	{ "",	       web_campaign },
	{ "/trials",   web_trials },
	{ "/findings", web_findings },
	{ "/report",   web_report },
	{ "/results",  web_results },
};

static const struct {
	const char *path;
	void (*answer)(struct service *service, struct http_request *request);
} paths[] = {
	{ "/",		web_page },
	{ "/overview",	web_overview },
	{ CAMPAIGNS,	web_campaigns },
	{ "/events",	web_events },
	{ "/metrics",	web_metrics },
};
/* clang-format on */

/* Parts with a number between two texts: "/trials/12/picture.svg". */
static const struct {
	const char *before, *after;
	void (*answer)(struct kept *kept, struct http_request *request, uint32_t number);
} numbered[] = {
	{ "/trials/", "/picture.svg", web_picture },
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
	web_events_close(web);
	http_close(web->http);
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
	r = web_events_open(web, why);
	if (r)
		return r;
	/* Results are about root's kernel: a unix socket is for root and its group only. */
	fd = is_tcp ? stream_loopback(where, why) : stream_unix(where, 0660, (gid_t)-1, why);
	if (fd < 0)
		return fd;
	web->path = is_tcp ? NULL : strdup(where);
	r = http_open(service->loop, fd, is_tcp, asked, service, &web->http, why);
	if (r)
		return r;
	web_events_begin(web);
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
