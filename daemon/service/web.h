/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WEB_H
#define DADRACE_WEB_H

#include "service/parts.h"

/* The HTTP server and its clients of /events, for web.c and web_events.c. */
struct web {
	struct service *service;
	struct http *http;
	struct viewer *viewers;
	struct loop_watch *tell;
	bool is_set; /* the timer */
	uint64_t changes;
	char *path; /* of the unix socket, or NULL */
};

/* --- web_events.c --- */

int web_events_open(struct web *web, struct why *why);

/* Numbers the last changes anew, once the server has opened: one that fails changes nothing. */
void web_events_begin(struct web *web);

/* Ends the streams. */
void web_events_close(struct web *web);

void web_events(struct service *service, struct http_request *request);

#endif
