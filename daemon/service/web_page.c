// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "page.h"
#include "service/overview.h"
#include "service/parts.h"

#define HTML_TYPE "text/html; charset=utf-8"

static const char here[] = "<!--overview-->"; /* where it stands in the page */

static struct overview_pace pace_of(const struct run *run)
{
	return (struct overview_pace){
		.ticket = &run->kept->ticket,
		.trials = run->kept->trials,
		.planned_trials = run->planned_trials,
		.planned_s = run->planned_s,
		.ran_trials = run->kept->trials - run->begun_trials,
		.ran_ms = (loop_now() - run->begun_ns) / 1000000,
	};
}

static bool print_overview(const struct service *service, const struct http_request *request,
			   FILE *out)
{
	const struct ticket **tickets = keep_tickets(service);
	const char *filter = http_text(request, "filter");
	struct overview_pace pace;
	uint64_t page = 0;
	bool is_whole;

	if (!tickets)
		return false;
	if (service->run.kept)
		pace = pace_of(&service->run);
	http_number(request, "page", &page);
	is_whole = overview_print(
		&(const struct overview){
			.tickets = tickets,
			.nr = service->nr_kept,
			.running = service->run.kept ? &pace : NULL,
			.host = service->host,
			.filter = filter ? filter : "",
			.page = page < UINT32_MAX / OVERVIEW_PAGE ? (uint32_t)page : 0,
			.now_unix_ms = unix_ms(),
		},
		out);
	free((void *)tickets);
	return is_whole;
}

static void reply(const struct service *service, struct http_request *request,
		  const char *before, size_t length, const char *after)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool is_whole = false;

	if (out) {
		fwrite(before, 1, length, out);
		is_whole = print_overview(service, request, out);
		fputs(after, out);
	}
	if (memstream_close(out, &text) || !is_whole)
		web_memory(request);
	else
		http_reply(request, 200, HTML_TYPE, text, size);
	free(text);
}

void web_overview(struct service *service, struct http_request *request)
{
	reply(service, request, "", 0, "");
}

void web_page(struct service *service, struct http_request *request)
{
	const char *whole = (const char *)page_html;
	const char *at = strstr(whole, here);

	reply(service, request, whole, (size_t)(at - whole), at + sizeof(here) - 1);
}
