/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMAND_WHO_LOOK_H
#define DADRACE_COMMAND_WHO_LOOK_H

#include "memory/memory.h"
#include "who/capture.h"
#include "who/look.h"

/*
 * Looks at a device until the answer is sure: two looks are made when the first one blames
 * something, as what was on its way then has arrived, and more when a count moved meanwhile.
 *
 * From who_look_watch() on, a line on standard error tells of a reading that takes long, and
 * one that takes longer than `max_seconds` ends the process with EXIT_INCONCLUSIVE and a
 * sentence. 0: no limit.
 */
void who_look_watch(uint32_t max_seconds);
void who_look_done(void);

/* Errors are those of look_make(). What is read is recorded; NULL: it is not. */
int who_look(const struct image *image, const struct look_ask *ask, struct recorder *recorder,
	     struct look *look, struct why *why);

/* The same at a kernel that stands still: one look is all that can be had. */
int who_look_once(const struct image *image, const struct look_ask *ask,
		  struct recorder *recorder, struct look *look, struct why *why);

/* The looks that were recorded, made again. */
int who_look_recorded(const struct capture *capture, const struct look_ask *ask,
		      struct look *look, struct why *why);

#endif
