/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_METRICS_LAST_H
#define DADRACE_METRICS_LAST_H

#include <stdio.h>

#include "service/ticket.h"

/*
 * Gauges about the last run of each campaign, by the names of campaign, kernel and finding, so
 * that an alert names them. Pure.
 *
 * A series of an earlier kernel ends when the campaign has run on another. `tickets` are in the
 * order of submission. False: out of memory, and nothing has been written.
 */
bool metrics_print_last(const struct ticket *const *tickets, uint32_t nr, FILE *out);

#endif
