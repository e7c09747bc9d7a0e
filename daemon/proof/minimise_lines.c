// SPDX-License-Identifier: GPL-2.0-or-later
#include "proof/minimise_lines.h"

static const char *const stage_names[] = { "first", "search", "confirm", "done", "gone" };
_Static_assert(sizeof(stage_names) / sizeof(stage_names[0]) == MINIMISE_GONE + 1,
	       "stage_names: one per value");

static const char *const answer_names[] = { "held", "lost", "same", "impossible" };
_Static_assert(sizeof(answer_names) / sizeof(answer_names[0]) == MINIMISE_IMPOSSIBLE + 1,
	       "answer_names: one per value");

const char *const minimise_answer_words[] = {
	[MINIMISE_HELD] = "kept",
	[MINIMISE_LOST] = "needed",
	[MINIMISE_SAME] = "kept: the trial is the same",
	[MINIMISE_IMPOSSIBLE] = "not possible",
};

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types, members and pieces of initialisers */
#define PLACE(structure, ctype, member) \
	.offset = offsetof(struct structure, member) * \
		  _Generic(((struct structure *)NULL)->member, ctype: (size_t)1)
#define STEP(ctype, member) PLACE(minimise_step_line, ctype, member)
#define ENDS(ctype, member) PLACE(minimise_end_line, ctype, member)
#define NAMES(words) .names = (words), .nr_names = sizeof(words) / sizeof((words)[0])
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field step_rows[] = {
	{ "step", FIELD_U32, STEP(uint32_t, step), .doc = "Number of the step, from 1" },
	{ "stage", FIELD_ENUM, STEP(enum minimise_stage, stage), NAMES(stage_names),
	  .doc = "Purpose of the step: the original spec, the search, or the final confirmation" },
	{ "change", FIELD_TEXT, STEP(const char *, change), .doc = "The simplification, in words" },
	{ "answer", FIELD_ENUM, STEP(enum minimise_answer, answer), NAMES(answer_names),
	  .doc = "held: the finding still shows, so the simplification is kept; lost: it is undone; same (the trial does not change) and impossible were not run" },
	{ "trials", FIELD_U32, STEP(uint32_t, trials), .doc = "Trials run" },
	{ "valid", FIELD_U32, STEP(uint32_t, valid),
	  .doc = "Valid trials" },
	{ "hits", FIELD_U32, STEP(uint32_t, hits), .doc = "Trials that show the finding" },
	{ "rate_low_ppm", FIELD_U64, STEP(uint64_t, rate_low_ppm),
	  .doc = "Lower end of the exact 95% interval of the rate, per million trials, as if their number had been fixed" },
	{ "rate_high_ppm", FIELD_U64, STEP(uint64_t, rate_high_ppm), .doc = "Upper end of the same interval" },
	{ "other", FIELD_TEXT, STEP(const char *, other), .nullable = true,
	  .doc = "Signature of another fault that appeared" },
	{ "elapsed_ms", FIELD_U64, STEP(uint64_t, elapsed_ms), .doc = "Duration of the step" },
	{ "spec", FIELD_TEXT, STEP(const char *, spec), .nullable = true,
	  .doc = "The spec that was tried; null: not possible" },
	{ .name = NULL },
};
const struct fields minimise_step_fields = {
	"step", "A step of `dadrace minimise`: a simplification, and whether the finding still shows",
	step_rows, sizeof(struct minimise_step_line),
};

static const struct field end_rows[] = {
	{ "signature", FIELD_TEXT, ENDS(const char *, signature), .doc = "Signature of the finding" },
	{ "kernel", FIELD_TEXT, ENDS(const char *, kernel), .nullable = true,
	  .doc = "Release of the kernel it was minimised on" },
	{ "stage", FIELD_ENUM, ENDS(enum minimise_stage, stage), NAMES(stage_names),
	  .doc = "Last stage; done: confirmed, gone: the finding did not show again" },
	{ "reason", FIELD_TEXT, ENDS(const char *, reason), .doc = "The outcome as a sentence" },
	{ "steps", FIELD_U32, ENDS(uint32_t, steps), .doc = "Number of steps" },
	{ "trials", FIELD_U32, ENDS(uint32_t, trials), .doc = "Number of trials" },
	{ "hits", FIELD_U32, ENDS(uint32_t, hits), .doc = "Trials of the confirmation that show the finding" },
	{ "confirmed", FIELD_U32, ENDS(uint32_t, confirmed),
	  .doc = "Trials of the confirmation; 0: none were run" },
	{ "rate_low_ppm", FIELD_U64, ENDS(uint64_t, rate_low_ppm),
	  .doc = "Lower end of the exact 95% interval of the confirmed rate, per million trials" },
	{ "rate_high_ppm", FIELD_U64, ENDS(uint64_t, rate_high_ppm), .doc = "Upper end of the same interval" },
	{ "elapsed_ms", FIELD_U64, ENDS(uint64_t, elapsed_ms), .doc = "Duration of all steps" },
	{ "spec", FIELD_TEXT, ENDS(const char *, spec), .doc = "The simplest spec that shows the finding" },
	{ "reproducer", FIELD_TEXT, ENDS(const char *, reproducer), .nullable = true,
	  .doc = "Path of the C program; null: none can be written for this trial, and the text output has the reason" },
	{ .name = NULL },
};
const struct fields minimise_end_fields = {
	"minimal", "The end of `dadrace minimise`", end_rows, sizeof(struct minimise_end_line),
};
/* clang-format on */
