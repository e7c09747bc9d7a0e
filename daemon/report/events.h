/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_REPORT_EVENTS_H
#define DADRACE_REPORT_EVENTS_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A trial's timeline in words, as the seed's list of events tells it: thread I is the bring-up,
 * thread II the packet, and what neither does has no thread. `timeline` is the trial's in the
 * results, `order` its spec's.
 */
void report_events(const json_t *timeline, const json_t *order, FILE *out);

/* Hold number `number`, from 1, of an order in words; NULL: it has not so many. */
const char *report_hold(const json_t *order, uint32_t number);

#endif
