/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHY_H
#define DADRACE_WHY_H

#include "base/exits.h"

/*
 * Why something failed: one sentence for a person (what, where, why, what to do next) beside
 * the negative errno that a function returns. The caller owns the struct; a function that
 * succeeds leaves it untouched.
 *
 * The exit code is given where its meaning is known: by who writes the sentence, or by a caller
 * that knows what the failure is to the user. An errno never decides it.
 */
struct why {
	char text[768];
	enum exits code; /* 0: nobody has given one; see why_code() */
};

/* Writes the sentence and returns -err (err is a positive errno). A NULL why is allowed. */
__attribute__((format(printf, 3, 4))) int why_set(struct why *why, int err, const char *fmt,
						  ...);

/* The same, of a failure that a run ends by with this code. */
__attribute__((format(printf, 4, 5))) int why_exit(struct why *why, enum exits code, int err,
						   const char *fmt, ...);

/* Out of memory, which is nobody's mistake: EXIT_INTERNAL. Returns -ENOMEM. */
int why_memory(struct why *why);

/*
 * What a machine is short of when a call gives this errno (positive), and what to do about it;
 * NULL for any other. A shortage says nothing about what the kernel can do.
 */
const char *why_short_of(int err);

/* What a run that fails by it exits with: the code that was given, or EXIT_INTERNAL. */
enum exits why_code(const struct why *why);

/* The same for a caller that knows what the failure is to the user when nobody gave a code. */
enum exits why_code_or(const struct why *why, enum exits otherwise);

#endif
