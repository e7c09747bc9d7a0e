/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MOMENT_TEXT_H
#define DADRACE_MOMENT_TEXT_H

#include <stdio.h>

#include "results/lines.h"

/*
 * What a moment's value says, after the words of its row: ": fails, EADDRNOTAVAIL", " (table
 * 255)", or nothing.
 */
void moment_print_value(const struct moment_told *moment, FILE *out);

#endif
