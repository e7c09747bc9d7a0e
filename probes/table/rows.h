/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_ROWS_H
#define DADRACE_ROWS_H

#include "table/probe.h"

#define PROBE(name) extern const struct probe name##_probe;
#include "table/rows.def"

/* Not in the table: hooked to what a campaign names, once for each of its holds. */
extern const struct probe step_probe;

#endif
