/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_ERRANDS_H
#define DADRACE_ERRANDS_H

#include "spec/campaign.h"

/*
 * The errands of scouts: what each of their trials sends and does, without injection, so that
 * all of them together show what reaches which place.
 *
 *   each packet, long after the window has opened, when DAD is over
 *   each change, with the first packet that is not known to leak, or with none
 *   each packet again, right after the window has opened, while the address is tentative
 *
 * A packet that has leaked by itself is not sent again, whatever its target, so that it leaks
 * once: one that always does would end the scouts otherwise. Pure.
 */
enum { ERRANDS_MAX = 2 * DIRECTIONS * TARGETS * MESSAGES + CHANGES };

struct errand {
	enum change_kind change; /* CHANGE_NONE: the packet is all */
	bool sends;		 /* the packet below */
	enum direction direction;
	enum target target;
	enum message_kind message;
	bool early;
};

struct errands {
	struct errand list[ERRANDS_MAX];
	uint32_t nr, nr_late; /* these, the first ones, are the late packets */
	uint32_t next;
	bool leaks[DIRECTIONS][MESSAGES]; /* by itself */
};

void errands_list(const struct campaign *campaign, struct errands *errands);

/* Whether there is one that is still to be run. */
bool errands_left(const struct errands *errands);

/* The next one, which stays where it is; NULL: there is none. */
const struct errand *errands_next(struct errands *errands);

/* The trial of this one has shown a leak. */
void errands_leaked(struct errands *errands, const struct errand *errand);

/* "inbound echo to all-nodes", "mtu" and "mtu, inbound echo to all-nodes". */
enum { ERRAND_WORDS = 96 };
void errand_say(const struct errand *errand, char words[ERRAND_WORDS]);

#endif
