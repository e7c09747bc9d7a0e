// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "base/memory.h"
#include "service/metrics_last.h"
#include "service/parts.h"

#define OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define PROMETHEUS_TYPE	 "text/plain; version=0.0.4; charset=utf-8"

void web_metrics(struct service *service, struct http_request *request)
{
	bool openmetrics = http_header_has(request, "Accept", "application/openmetrics-text");
	const struct metrics_gauges gauges = keep_gauges(service);
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	const struct ticket **tickets = keep_tickets(service);
	bool is_whole = false;

	if (out && tickets) {
		metrics_print(&service->total, &gauges, openmetrics, out);
		is_whole = metrics_print_last(tickets, service->nr_kept, out);
		metrics_end(openmetrics, out);
	}
	free((void *)tickets);
	if (memstream_close(out, &text) || !is_whole)
		web_json(request, NULL);
	else
		http_reply(request, 200, openmetrics ? OPENMETRICS_TYPE : PROMETHEUS_TYPE, text,
			   length);
	free(text);
}
