/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMAND_WHO_CAPTURE_H
#define DADRACE_COMMAND_WHO_CAPTURE_H

#include "who/capture.h"

/* The file of `dadrace who --capture`, which only its owner can read. */
struct who_capture;

/* NULL with a sentence: the file exists already, or cannot be made. */
struct who_capture *who_capture_open(const char *path, struct why *why);

/* Records the looks; NULL without a capture. */
struct recorder *who_capture_recorder(struct who_capture *capture);

/*
 * Writes the file, of a kernel of this release. False with a sentence: not all of it could be,
 * and nothing is left.
 */
bool who_capture_save(const struct who_capture *capture, const struct look_ask *ask,
		      const char *object, const char *release, struct why *why);

/* NULL is allowed. */
void who_capture_close(struct who_capture *capture);

#endif
