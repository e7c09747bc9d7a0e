/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_ROWS_H
#define DADRACE_ROWS_H

#include <stddef.h>

#include "table/probe.h"

/* The rows of the table, each in the .c beside its .bpf.c. */
extern const struct probe flags_probe;
extern const struct probe hold_probe;
extern const struct probe echo_in_probe;
extern const struct probe echo_out_probe;
extern const struct probe route_probe;
extern const struct probe source_probe;
extern const struct probe reply_probe;
extern const struct probe settle_probe;
extern const struct probe counts_probe;
extern const struct probe dad_probe;

/* Not in the table: hooked to what a campaign names, once for each of its holds. */
extern const struct probe step_probe;

#endif
