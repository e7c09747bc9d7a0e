/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COVERAGE_TABLE_H
#define DADRACE_COVERAGE_TABLE_H

#include <stdio.h>

#include "results/reader.h"

/*
 * What was tried, a row for each direction, target and message that was sent: without it
 * "clean" does not say of what. Nothing is written when nothing was sent.
 */
void coverage_text(const struct past *past, FILE *out);
void coverage_html(const struct past *past, FILE *out);

#endif
