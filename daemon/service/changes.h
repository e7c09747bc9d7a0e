/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGES_H
#define DADRACE_CHANGES_H

#include "base/why.h"

struct kept;
struct service;

/*
 * How a part of the service tells the parts above it that something has changed.
 *
 *   keep, running, spool, control --> changes --> control, web: this campaign has changed
 *                                             --> service: look at the schedule; reload
 *
 * service.c lists the listeners. A listener may be called before its part is open.
 */
enum { LISTENERS_MAX = 4 };

struct listeners {
	/* NULL ends the list. */
	void (*campaign[LISTENERS_MAX + 1])(struct service *service, struct kept *kept);
	void (*schedule)(struct service *service);
	int (*reload)(struct service *service, const char **restart, struct why *why);
};

/* Its lines have grown, or its state has changed. */
void changes_campaign(struct kept *kept);

/* A campaign may be due, or the queue may have room. */
void changes_schedule(struct service *service);

/*
 * The configuration is read again, checked, and applied as a whole or not at all. `restart` is
 * the key that takes effect at the next start only; NULL: none.
 */
int changes_reload(struct service *service, const char **restart, struct why *why);

#endif
