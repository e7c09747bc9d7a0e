// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "results/ledger_line.h"
#include "results/rows.h"

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#define PATH(ctype, member)     .offset = PLACE(struct ledger_path_told, ctype, member)
#define HELD(ctype, member)     .offset = PLACE(struct ledger_hold_told, ctype, member)
#define LEFT(ctype, member)     .offset = PLACE(struct ledger_unmatched_told, ctype, member)
#define POINT(ctype, member)    .offset = PLACE(struct ledger_point_told, ctype, member)
#define LEDGER(ctype, member)   .offset = PLACE(struct ledger_line, ctype, member)
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field ledger_path_rows[] = {
	{ "stack", FIELD_TEXT, PATH(const char *, stack),
	  .doc = "The call path, innermost function first" },
	{ "kind", FIELD_TEXT, PATH(const char *, kind), .doc = "Kind of holder" },
	{ "holds", FIELD_U64, PATH(uint64_t, holds), .doc = "References taken by this path" },
	{ "puts", FIELD_U64, PATH(uint64_t, puts), .doc = "References dropped" },
	{ "balance", FIELD_I64, PATH(int64_t, balance), .doc = "Holds minus puts" },
	END
};
static const struct fields ledger_path_fields = {
	"call_path", "One call path of a ledger", ledger_path_rows, sizeof(struct ledger_path_told),
};

static const struct field ledger_hold_rows[] = {
	{ "at_ns", FIELD_I64, HELD(int64_t, at_ns), .doc = "Time since the start of the trial" },
	{ "after", FIELD_ENUM, HELD(enum moment_kind, after), NAMES(moment_names, MOMENTS), OR_NULL,
	  .doc = "The event of the timeline right before; null: none" },
	{ "echo", FIELD_U32, HELD(uint32_t, echo), OR_NULL,
	  .doc = "Number of the last echo delivered before; null: none" },
	END
};
static const struct fields ledger_hold_fields = {
	"left_hold", "A hold that is left", ledger_hold_rows, sizeof(struct ledger_hold_told),
};

static const struct field ledger_unmatched_rows[] = {
	{ "stack", FIELD_TEXT, LEFT(const char *, stack), .doc = "The call path that took the references" },
	{ "kind", FIELD_TEXT, LEFT(const char *, kind), .doc = "Kind of holder" },
	{ "task", FIELD_TEXT, LEFT(const char *, task), OR_NULL,
	  .doc = "Task that took them, as NAME/PID; null: not a system call" },
	{ "unmatched", FIELD_I64, LEFT(int64_t, unmatched),
	  .doc = "References lost by this path, at most" },
	{ "exact", FIELD_BOOL, LEFT(bool, exact),
	  .doc = "True: the object was seen allocated and never freed, or this is the only explanation; false: inferred" },
	{ "usual", FIELD_REAL, LEFT(double, usual),
	  .doc = "Average holds minus puts of this path in trials without the race" },
	{ "holds", FIELD_OBJECT, LEFT(struct ledger_hold_told *, holds),
	  LIST(struct ledger_unmatched_told, holds), .sub = &ledger_hold_fields,
	  .doc = "The path's last holds, as many as are unmatched, at most 8" },
	END
};
const struct fields ledger_unmatched_fields = {
	"unmatched", "A path that has lost references", ledger_unmatched_rows,
	sizeof(struct ledger_unmatched_told),
};

static const struct field ledger_point_rows[] = {
	{ "at_ns", FIELD_I64, POINT(int64_t, at_ns), .doc = "Time since the start of the trial" },
	{ "delta", FIELD_I64, POINT(int64_t, delta), .doc = "Change since the previous point" },
	{ "count", FIELD_I64, POINT(int64_t, count), .doc = "Value of the counter" },
	{ "path", FIELD_U32, POINT(uint32_t, path), OR_NULL,
	  .doc = "Path that held or dropped, as its position in `paths` from 1; null: several, or none of `paths`" },
	END
};
static const struct fields ledger_point_fields = {
	"point", "The counter at a moment", ledger_point_rows, sizeof(struct ledger_point_told),
};

static const struct field ledger_rows[] = {
	{ "trial", FIELD_U32, LEDGER(uint32_t, trial),
	  .doc = "Number of the trial, or of the trial that was repeated" },
	{ "attempt", FIELD_U32, LEDGER(uint32_t, attempt),
	  .doc = "Number of the repeat, from 1; 0: the trial itself" },
	{ "final", FIELD_BOOL, LEDGER(bool, final), .doc = "No further repeat follows for this signature" },
	{ "signature", FIELD_TEXT, LEDGER(const char *, signature), OR_NULL,
	  .doc = "Signature of the finding it belongs to; null: none" },
	{ "object", FIELD_TEXT, LEDGER(const char *, object), .doc = "Object whose counter was watched" },
	{ "order", FIELD_TEXT, LEDGER(const char **, order), LIST(struct ledger_line, order),
	  .doc = "Steps of the repeat's order, where it leaves less to chance than that of the trial; else empty" },
	{ "arm", FIELD_ENUM, LEDGER(enum arm, arm), NAMES(arm_names, ARMS),
	  .doc = "Arm of the watched trial or repeat" },
	{ "verdict", FIELD_ENUM, LEDGER(enum verdict, verdict), NAMES(verdict_names, VERDICTS),
	  .doc = "Verdict of the watched trial or repeat; repeats count in no other sum" },
	{ "leaked", FIELD_BOOL, LEDGER(bool, leaked), .doc = "The same leak occurred again" },
	{ "state", FIELD_ENUM, LEDGER(enum ledger_hole, state), NAMES(ledger_hole_names, LEDGER_HOLES),
	  .doc = "Whole, or why the ledger names no holder" },
	{ "reason", FIELD_TEXT, LEDGER(const char *, reason), OR_NULL, .doc = "The state as a sentence" },
	{ "arm_ns", FIELD_U64, LEDGER(uint64_t, arm_ns), OR_NULL,
	  .doc = "Time to arm the watchpoints and prove that they work; null: armed earlier" },
	{ "counted", FIELD_U64, LEDGER(uint64_t, counted), .doc = "Writes of the counter, counted by the kernel" },
	{ "unseen", FIELD_U64, LEDGER(uint64_t, unseen), .doc = "Counted writes that dadrace did not see" },
	{ "baseline", FIELD_I64, LEDGER(int64_t, baseline), .doc = "Counter before the trial" },
	{ "count", FIELD_I64, LEDGER(int64_t, count), .doc = "Counter at the end of the trial" },
	{ "holds", FIELD_U64, LEDGER(uint64_t, holds), .doc = "References taken in the trial" },
	{ "puts", FIELD_U64, LEDGER(uint64_t, puts), .doc = "References dropped" },
	{ "surplus", FIELD_I64, LEDGER(int64_t, surplus), .doc = "Holds minus puts" },
	{ "exact", FIELD_BOOL, LEDGER(bool, exact),
	  .doc = "The unmatched paths are the only explanation; otherwise they are inferred" },
	{ "clean", FIELD_U32, LEDGER(uint32_t, clean),
	  .doc = "Number of ledgers without the race it was compared with" },
	{ "post_mortem", FIELD_TEXT, LEDGER(const char *, post_mortem), OR_NULL,
	  .doc = "The answer of dadrace-who(1) about the device that this very trial left stuck, a line for each sentence; null: none was stuck, or it gave none" },
	{ "path_signature", FIELD_TEXT, LEDGER(const char *, path_signature), OR_NULL,
	  .doc = "Signature with the likeliest holding path; null: no leak, or the ledger is not whole" },
	{ "unmatched", FIELD_OBJECT, LEDGER(struct ledger_unmatched_told *, unmatched),
	  LIST(struct ledger_line, unmatched), .sub = &ledger_unmatched_fields,
	  .doc = "Paths that took references which nobody dropped, the likeliest first, at most 4" },
	{ "paths", FIELD_OBJECT, LEDGER(struct ledger_path_told *, paths), LIST(struct ledger_line, paths),
	  .sub = &ledger_path_fields, .doc = "Call paths, most unbalanced first, at most 24" },
	{ "all_paths", FIELD_U32, LEDGER(uint32_t, all_paths), .doc = "Number of all call paths" },
	{ "timeline", FIELD_OBJECT, LEDGER(struct ledger_point_told *, timeline),
	  LIST(struct ledger_line, timeline), .sub = &ledger_point_fields,
	  .doc = "Course of the counter during the trial, at most 128 points" },
	{ "race", FIELD_OBJECT, LEDGER(struct moment_told *, race), LIST(struct ledger_line, race),
	  .sub = &moment_fields,
	  .doc = "Timeline of the repeat, as of a trial; empty when attempt is 0" },
	END
};
const struct fields ledger_fields = {
	"ledger", "Every hold and put of one counter in one trial", ledger_rows,
	sizeof(struct ledger_line),
};
/* clang-format on */

static void tell_unmatched(const struct digest *digest, struct ledger_told *told)
{
	for (uint32_t i = 0; i < digest->nr_suspects; i++) {
		const struct digest_suspect *suspect = &digest->suspects[i];

		for (uint32_t j = 0; j < suspect->nr_holds; j++)
			told->holds[i][j] = (struct ledger_hold_told){
				.at_ns = suspect->holds[j].at_ns,
				.after = suspect->holds[j].after,
				.echo = suspect->holds[j].echo,
			};
		told->unmatched[i] = (struct ledger_unmatched_told){
			.stack = suspect->stack,
			.kind = suspect->kind,
			.task = suspect->task[0] ? suspect->task : NULL,
			.unmatched = suspect->unmatched,
			.exact = suspect->exact,
			.usual = suspect->usual,
			.holds = told->holds[i],
			.nr_holds = suspect->nr_holds,
		};
	}
}

static void tell_paths(const struct digest *digest, struct ledger_path_told *told)
{
	for (uint32_t i = 0; i < digest->nr_paths; i++) {
		const struct digest_path *path = &digest->paths[i];

		told[i] = (struct ledger_path_told){
			.stack = path->stack,
			.kind = path->kind,
			.holds = path->holds,
			.puts = path->puts,
			.balance = (int64_t)path->holds - (int64_t)path->puts,
		};
	}
}

static void tell_points(const struct digest *digest, struct ledger_point_told *told)
{
	for (uint32_t i = 0; i < digest->nr_points; i++)
		told[i] = (struct ledger_point_told){
			.at_ns = digest->points[i].at_ns,
			.delta = digest->points[i].delta,
			.count = digest->points[i].count,
			.path = digest->points[i].path,
		};
}

struct ledger_line ledger_line(const struct ledger_of *of, struct ledger_told *told)
{
	const struct digest *digest = of->digest;
	bool leaked = of->signature && of->judgement->verdict == VERDICT_LEAK &&
		      !strcmp(of->judgement->signature, of->signature);
	/* Objects that only outlive the trial are no holders where nothing is missing. */
	bool names = digest->state == LEDGER_WHOLE && (leaked || digest->surplus > 0);
	bool accuses = leaked && names && digest->nr_suspects;
	struct trial_spec spec = of->evidence->spec;

	if (accuses)
		signature_write(of->signature, &digest->suspects[0], told->path_signature,
				sizeof(told->path_signature));
	tell_unmatched(digest, told);
	tell_paths(digest, told->paths);
	tell_points(digest, told->points);
	spec_say(&spec, &told->words);
	return (struct ledger_line){
		.trial = of->trial,
		.attempt = of->attempt,
		.final = of->final,
		.signature = of->signature,
		.object = of->object,
		.order = spec.order,
		.nr_order = of->followed ? spec.nr_order : 0,
		.arm = of->evidence->spec.arm,
		.verdict = of->judgement->verdict,
		.leaked = leaked,
		.state = digest->state,
		.reason = digest->reason[0] ? digest->reason :
					      ledger_hole_sentences[digest->state],
		.arm_ns = digest->arm_ns,
		.counted = digest->counted,
		.unseen = digest->unseen,
		.baseline = digest->sum.baseline,
		.count = digest->sum.count,
		.holds = digest->sum.holds,
		.puts = digest->sum.puts,
		.surplus = digest->surplus,
		.exact = digest->exact,
		.clean = digest->nr_clean,
		.post_mortem = of->post_mortem,
		.path_signature = accuses ? told->path_signature : NULL,
		.unmatched = told->unmatched,
		.nr_unmatched = names ? digest->nr_suspects : 0,
		.paths = told->paths,
		.nr_paths = digest->nr_paths,
		.all_paths = digest->all_paths,
		.timeline = told->points,
		.nr_timeline = digest->nr_points,
		.race = told->moments,
		.nr_race = of->attempt ? tell_moments(of->evidence, told->moments) : 0,
	};
}

struct ledger_line ledger_line_empty(struct ledger_told *told)
{
	for (int i = 0; i < DIGEST_SUSPECTS; i++)
		told->unmatched[i] = (struct ledger_unmatched_told){
			.holds = told->holds[i],
			.nr_holds = DIGEST_HOLDS,
		};
	return (struct ledger_line){
		.order = told->words.list,
		.nr_order = sizeof(told->words.list) / sizeof(told->words.list[0]),
		.arm = ARMS,
		.verdict = VERDICTS,
		.state = LEDGER_HOLES,
		.unmatched = told->unmatched,
		.nr_unmatched = DIGEST_SUSPECTS,
		.paths = told->paths,
		.nr_paths = DIGEST_PATHS,
		.timeline = told->points,
		.nr_timeline = DIGEST_POINTS,
		.race = told->moments,
		.nr_race = EVIDENCE_MOMENTS_MAX,
	};
}
