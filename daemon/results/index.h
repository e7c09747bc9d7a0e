/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PLACES_H
#define DADRACE_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "results/tail.h"

/*
 * Where the trials and ledgers of a results.ndjson are, so that one of them can be read without
 * reading those before it. Growth of the file is scanned when something is asked for, once; 16
 * bytes are kept for each line.
 */
struct places;

/* NULL: out of memory. The file need not be there yet. */
struct places *places_new(const char *path);
void places_free(struct places *places);

/*
 * The line of a trial (attempt 0), or of a ledger; false: there is none, or it cannot be read.
 */
bool places_find(struct places *places, enum line_type type, uint32_t trial, uint32_t attempt,
		 uint64_t *at);

#endif
