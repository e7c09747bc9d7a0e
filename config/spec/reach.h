/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_REACH_H
#define DADRACE_REACH_H

#include "base/why.h"
#include "spec/spec.h"

/*
 * Which places a packet or a change was seen to reach: a row of explore.reach.
 *
 *   inbound packet-too-big tentative late: 1 4 17      a packet, and the numbers of places
 *   change route-delete: 2 9                           of explore.places, from 1
 *
 * A packet is sent early, right after the window has opened, or late, about as long after it as
 * explore.offset_us says.
 *
 * Pure: text in, row out.
 */
enum { REACH_PLACES = EXPLORE_PLACES_MAX, REACH_ROWS = 256, REACH_WORDS = 5 * REACH_PLACES };

struct reach {
	bool is_change;
	enum change_kind change;
	enum direction direction; /* of a packet, as the two below */
	enum message_kind message;
	enum target target;
	bool late;
	uint64_t places[(REACH_PLACES + 63) / 64]; /* a bit each, from 0 */
};

bool reach_has(const struct reach *reach, uint32_t place);
void reach_add(struct reach *reach, uint32_t place);

/* -EINVAL with the sentence. */
int reach_read(const char *text, struct reach *reach, struct why *why);
void reach_write(const struct reach *reach, char text[REACH_WORDS]);

#endif
