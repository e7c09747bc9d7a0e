/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MINIMISE_LINES_H
#define DADRACE_MINIMISE_LINES_H

#include "base/fields.h"
#include "proof/minimise.h"

/* What `dadrace minimise --json` streams: a line for each step, and one at the end. */
struct minimise_step_line {
	uint32_t step; /* from 1 */
	enum minimise_stage stage;
	const char *change;
	enum minimise_answer answer;
	uint32_t trials;
	uint32_t valid;
	uint32_t hits;
	uint64_t rate_low_ppm, rate_high_ppm; /* of all trials, at 95% */
	const char *other;		      /* NULL: no other fault */
	uint64_t elapsed_ms;
	const char *spec;
};

struct minimise_end_line {
	const char *signature;
	const char *kernel;
	enum minimise_stage stage;
	const char *reason;
	uint32_t steps;
	uint32_t trials;
	uint32_t hits; /* of the confirming run */
	uint32_t confirmed;
	uint64_t rate_low_ppm, rate_high_ppm;
	uint64_t elapsed_ms;
	const char *spec;
	const char *reproducer; /* NULL: there is none */
};

extern const struct fields minimise_step_fields;
extern const struct fields minimise_end_fields;

/* Its sentence for people. */
extern const char *const minimise_answer_words[];

#endif
