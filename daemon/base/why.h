/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHY_H
#define DADRACE_WHY_H

/*
 * Why something failed: one sentence for a person (what, where, why, what to do next) beside
 * the negative errno that a function returns. The caller owns the struct; a function that
 * succeeds leaves it untouched.
 */
struct why {
	char text[768];
};

/* Writes the sentence and returns -err (err is a positive errno). A NULL why is allowed. */
__attribute__((format(printf, 3, 4))) int why_set(struct why *why, int err, const char *fmt,
						  ...);

#endif
