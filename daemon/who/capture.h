/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_CAPTURE_H
#define DADRACE_WHO_CAPTURE_H

#include <stdio.h>

#include "who/look.h"
#include "who/recording.h"

/*
 * A file with what looks at a kernel's memory read of it, the kernel's types and functions, and
 * what was asked: the same looks can be made again anywhere. It begins with lines for people
 * and an empty one; parts follow, each with its kind and size, in the byte order of x86-64.
 *
 * A file comes from anywhere: nothing in it is believed.
 */
enum {
	CAPTURE_VERSION = 3,
	CAPTURE_WITHOUT_CPU_SYMBOLS = 2, /* so that a dadrace that knows of none reads it */
	LOOKS_MAX = 4,
};

/* Looks that are recorded while they are made. */
struct recorder {
	struct image images[LOOKS_MAX]; /* each look has its own */
	struct recording looks[LOOKS_MAX];
	uint32_t nr;
};

/* What the next look reads from, of LOOKS_MAX. Image and recorder must outlive it. */
const struct image *recorder_next(struct recorder *recorder, const struct image *image);
void recorder_clear(struct recorder *recorder);

/* Whether all of it was written. `object` is what --object was given; NULL: nothing. */
bool capture_write(FILE *file, const struct recorder *recorder, const struct look_ask *ask,
		   const char *object, const char *release);

struct capture;

/* Whether the file begins as a capture does: not of what version, and whether it is whole. */
bool capture_is(const char *path);

/* Errors have a sentence and EXIT_CONFIG: it cannot be read, is no capture, or is damaged. */
int capture_read(const char *path, struct capture **out, struct why *why);
void capture_free(struct capture *capture);

/* What was asked, but for what is wanted: the object that this is in words, or "". */
struct look_ask capture_ask(const struct capture *capture);
const char *capture_object(const struct capture *capture);

/* What each look read, to make it once more; NULL when there are no more. */
const struct image *capture_look(const struct capture *capture, uint32_t look);

#endif
