// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "service/parts.h"

void web_memory(struct http_request *request)
{
	http_reply(request, 500, WEB_TEXT, "Out of memory.\n", 15);
}

void web_json(struct http_request *request, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	if (text)
		http_reply(request, 200, WEB_JSON, text, strlen(text));
	else
		web_memory(request);
	free(text);
}

void web_not_found(struct http_request *request)
{
	/* clang-format off */
	static const char text[] =
		"No such resource. There are /, /overview, /metrics, /events, /api/v1/campaigns, /api/v1/campaigns/ID, "
		"/api/v1/campaigns/ID/trials?after=N, /api/v1/campaigns/ID/trials/N/picture.svg?attempt=M, "
		"/api/v1/campaigns/ID/findings, /api/v1/campaigns/ID/findings/N.txt, /api/v1/campaigns/ID/report?format=F and "
		"/api/v1/campaigns/ID/results.\n";
	/* clang-format on */

	http_reply(request, 404, WEB_TEXT, text, sizeof(text) - 1);
}
