/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TIMES_H
#define DADRACE_TIMES_H

#include <stdbool.h>
#include <stdint.h>

/* Times as people write them. Outputs are untouched when the text is not a time. */

/* "90", "15m", "24h", "7d", "2w". */
bool span_read(const char *text, uint32_t *seconds);

/*
 * Seconds since 1970: "2026-12-24T18:00" in local time, also with a blank, or the day alone;
 * "22:00", the next time that it is; "@SECONDS"; "+2h", that long after `now`.
 */
bool time_read(const char *text, uint64_t now, uint64_t *seconds);
#define TIME_FORMS "2026-12-24T18:00, 22:00, @SECONDS or +2h"

#endif
