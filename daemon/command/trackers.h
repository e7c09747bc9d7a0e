/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TRACKERS_H
#define DADRACE_TRACKERS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Shows what the kernel's own ref_tracker tells, where it has one: in its folder, or for a
 * device that waits for its references (`count` of them, INT64_MIN: unknown) in the kernel's
 * log.
 */
void trackers_show(const char *device, bool waits, int64_t count, FILE *out);

#endif
