// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "results/lines.h"
#include "results/tally.h"

/* What is told of a campaign: the tables. */

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#define PLACE(type, ctype, member) \
	(offsetof(type, member) * _Generic(((type *)NULL)->member, ctype: (size_t)1))
#define ARM(ctype, member)     .offset = PLACE(struct tally_arm, ctype, member)
#define FINDING(ctype, member) .offset = PLACE(struct tally_finding, ctype, member)
#define LEDGER(ctype, member)  .offset = PLACE(struct tally_ledger, ctype, member)
#define SHARE(ctype, member)   .offset = PLACE(struct tally_share, ctype, member)
#define REASON(ctype, member)  .offset = PLACE(struct tally_reason, ctype, member)
#define STEP(ctype, member)    .offset = PLACE(struct tally_step, ctype, member)
#define EXPLORE(ctype, member) .offset = PLACE(struct explore_sums, ctype, member)
#define SUMMARY(ctype, member) .offset = PLACE(struct summary, ctype, member)
#define BY(verdict)            .offset = (verdict) * sizeof(uint32_t)
#define LIST(type, member) \
	.list = true, .count_offset = PLACE(type, uint32_t, nr_##member)
#define NAMES(words, count) .names = (words), .nr_names = (count)
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field verdicts_rows[] = {
	{ "clean", FIELD_U32, BY(VERDICT_CLEAN),
	  .doc = "Window opened, what was planned landed inside, references came back" },
	{ "leak", FIELD_U32, BY(VERDICT_LEAK), .doc = "References did not come back" },
	{ "hang", FIELD_U32, BY(VERDICT_HANG), .doc = "A flag set, down or unregister did not return" },
	{ "kernel-bug", FIELD_U32, BY(VERDICT_KERNEL_BUG),
	  .doc = "The kernel complained, or a count fell below its baseline" },
	{ "missed", FIELD_U32, BY(VERDICT_MISSED), .doc = "Nothing landed inside the window: proves nothing" },
	{ "invalid", FIELD_U32, BY(VERDICT_INVALID), .doc = "The trial's own evidence has holes" },
	{ "skipped", FIELD_U32, BY(VERDICT_SKIPPED), .doc = "This kernel lacks something" },
	{ .name = NULL },
};
static const struct fields verdicts_fields = {
	"verdicts", NULL, verdicts_rows, sizeof(((struct tally_arm *)NULL)->verdicts),
};

static const struct field arm_rows[] = {
	{ "arm", FIELD_ENUM, ARM(enum arm, arm), NAMES(arm_names, ARMS), .doc = "What the trials were for" },
	{ "trials", FIELD_U32, ARM(uint32_t, trials), .doc = "Trials that ended" },
	{ "valid", FIELD_U32, ARM(uint32_t, valid),
	  .doc = "Of them, those that say something about the kernel: clean or faulty" },
	{ "opened", FIELD_U32, ARM(uint32_t, opened), .doc = "Trials whose window opened" },
	{ "inside", FIELD_U32, ARM(uint32_t, inside), .doc = "Trials with an echo or DAD answer inside the window" },
	{ "tentative", FIELD_U32, ARM(uint32_t, tentative),
	  .doc = "Of them, those in which an address was tentative then" },
	{ "verdicts", FIELD_OBJECT, .offset = offsetof(struct tally_arm, verdicts), .sub = &verdicts_fields,
	  .doc = "Trials by verdict" },
	{ "echoes_sent", FIELD_U64, ARM(uint64_t, echoes_sent), .doc = "Echoes handed to the kernel" },
	{ "echoes_refused", FIELD_U64, ARM(uint64_t, echoes_refused),
	  .doc = "Of them, those that it answered with an error" },
	{ "echoes_delivered", FIELD_U64, ARM(uint64_t, echoes_delivered),
	  .doc = "Echoes that were seen inside the kernel, matched one by one" },
	{ "echoes_inside", FIELD_U64, ARM(uint64_t, echoes_inside), .doc = "Of them, those inside the window" },
	{ "dad_answers_sent", FIELD_U64, ARM(uint64_t, dad_answers_sent), .doc = "DAD answers that the peer sent" },
	{ "dad_answers_inside", FIELD_U64, ARM(uint64_t, dad_answers_inside),
	  .doc = "Of them, those inside the window" },
	{ "dad_failed", FIELD_U32, ARM(uint32_t, dad_failed), .doc = "Trials in which DAD failed" },
	{ "dad_fooled", FIELD_U32, ARM(uint32_t, dad_fooled),
	  .doc = "Of them, those in which only the device's own probe came back" },
	{ "hold_asked_p50_us", FIELD_U64, ARM(uint64_t, hold_asked_p50_us),
	  .doc = "Hold that was asked for, median over the trials whose window opened; 0 when none was" },
	{ "hold_asked_p99_us", FIELD_U64, ARM(uint64_t, hold_asked_p99_us), .doc = "The same, 99th percentile" },
	{ "held_p50_us", FIELD_U64, ARM(uint64_t, held_p50_us),
	  .doc = "Hold as measured, median over the same trials" },
	{ "held_p99_us", FIELD_U64, ARM(uint64_t, held_p99_us), .doc = "The same, 99th percentile" },
	{ "held_within", FIELD_U32, ARM(uint32_t, held_within),
	  .doc = "Holds that took between 95% and 110% of what was asked, plus 1 ms" },
	{ "held", FIELD_U32, ARM(uint32_t, held), .doc = "Windows that opened and were to be held" },
	{ "first_echo_p50_us", FIELD_U64, ARM(uint64_t, first_echo_p50_us),
	  .doc = "From the window's opening to the first echo inside the kernel, median; 0 when none was" },
	{ "first_echo_p99_us", FIELD_U64, ARM(uint64_t, first_echo_p99_us), .doc = "The same, 99th percentile" },
	{ "second_flags_p50_us", FIELD_U64, ARM(uint64_t, second_flags_p50_us),
	  .doc = "How long the flag set that closed the window took, median; 0 when none did" },
	{ "second_flags_p99_us", FIELD_U64, ARM(uint64_t, second_flags_p99_us),
	  .doc = "The same, 99th percentile" },
	{ "settle_p50_us", FIELD_U64, ARM(uint64_t, settle_p50_us),
	  .doc = "From teardown to the references being back, median over the trials that settled" },
	{ "settle_p99_us", FIELD_U64, ARM(uint64_t, settle_p99_us), .doc = "The same, 99th percentile" },
	{ "elapsed_ms", FIELD_U64, ARM(uint64_t, elapsed_ms),
	  .doc = "Time spent in these trials, added up over the lanes" },
	{ "faults", FIELD_U32, ARM(uint32_t, faults), .doc = "Valid trials that show a fault" },
	{ "fault_rate_low_ppm", FIELD_U64, ARM(uint64_t, fault_rate_low_ppm),
	  .doc = "Faults of a million trials, valid or missed, lower end of the exact 95% interval" },
	{ "fault_rate_high_ppm", FIELD_U64, ARM(uint64_t, fault_rate_high_ppm),
	  .doc = "Faults of a million valid trials, its upper end" },
	{ .name = NULL },
};
const struct fields tally_arm_fields = {
	"arm", "All trials of one arm", arm_rows, sizeof(struct tally_arm),
};

static const struct field share_rows[] = {
	{ "arm", FIELD_ENUM, SHARE(enum arm, arm), NAMES(arm_names, ARMS), .doc = "What the trials were for" },
	{ "count", FIELD_U32, SHARE(uint32_t, count), .doc = "How many of its trials show the finding" },
	{ "judged", FIELD_U32, SHARE(uint32_t, judged),
	  .doc = "How many of its trials would have shown it: valid ones, and those that missed" },
	{ "rate_low_ppm", FIELD_U64, SHARE(uint64_t, rate_low_ppm),
	  .doc = "Of a million of them, lower end of the exact (Clopper-Pearson) 95% interval" },
	{ "rate_high_ppm", FIELD_U64, SHARE(uint64_t, rate_high_ppm), .doc = "Its upper end" },
	{ "p_value", FIELD_REAL, SHARE(double, p_value), .nullable = true,
	  .doc = "Probability that chance alone makes the arm that injects most show it so much more often "
		 "than this one (Fisher's exact test, one-sided); null for that arm itself" },
	{ .name = NULL },
};
const struct fields tally_share_fields = {
	"share", "How often one arm shows a finding", share_rows, sizeof(struct tally_share),
};

static const struct field tally_ledger_rows[] = {
	{ "trial", FIELD_U32, LEDGER(uint32_t, trial), .nullable = true,
	  .doc = "Trial that was repeated for it, or (ledger always) that it was kept in; null: there is none" },
	{ "attempt", FIELD_U32, LEDGER(uint32_t, attempt), .nullable = true,
	  .doc = "Number of the repeat; null: the trial itself" },
	{ "state", FIELD_ENUM, LEDGER(enum ledger_hole, state), NAMES(ledger_hole_names, LEDGER_HOLES),
	  .nullable = true, .doc = "Whole, or why it accuses nobody; null: there is none" },
	{ "reason", FIELD_TEXT, LEDGER(const char *, reason), .nullable = true,
	  .doc = "The state in a sentence" },
	{ "leaked", FIELD_BOOL, LEDGER(bool, leaked), .doc = "The leak came about while it was kept" },
	{ "exact", FIELD_BOOL, LEDGER(bool, exact),
	  .doc = "The unmatched paths are the only explanation; else they are inferred" },
	{ "clean", FIELD_U32, LEDGER(uint32_t, clean),
	  .doc = "Ledgers of trials without the race that it was compared with" },
	{ "unmatched", FIELD_OBJECT, LEDGER(struct ledger_unmatched_told *, unmatched),
	  LIST(struct tally_ledger, unmatched), .sub = &ledger_unmatched_fields,
	  .doc = "Paths that hold what nobody dropped, the likeliest first" },
	{ .name = NULL },
};
static const struct fields tally_ledger_fields = {
	"finding_ledger", "What the ledger says of a finding", tally_ledger_rows, sizeof(struct tally_ledger),
};

static const struct field finding_rows[] = {
	{ "verdict", FIELD_ENUM, FINDING(enum verdict, verdict), NAMES(verdict_names, VERDICTS),
	  .doc = "Verdict of the trials that show it" },
	{ "object", FIELD_TEXT, FINDING(const char *, object), .nullable = true,
	  .doc = "Whose references are missing or too few; null when it is not about references" },
	{ "delta", FIELD_I64, FINDING(int64_t, delta),
	  .doc = "References over baseline, the farthest from zero of all trials" },
	{ "pinned", FIELD_BOOL, FINDING(bool, pinned),
	  .doc = "In some trial the unregister never returned: only a reboot frees that device" },
	{ "signature", FIELD_TEXT, FINDING(const char *, signature), .doc = "The same for the same bug" },
	{ "reason", FIELD_TEXT, FINDING(const char *, reason), .doc = "The sentence of the first trial" },
	{ "count", FIELD_U32, FINDING(uint32_t, count), .doc = "How many trials show it" },
	{ "trials", FIELD_U32, FINDING(uint32_t *, trials), LIST(struct tally_finding, trials),
	  .doc = "Their numbers, in the order in which they ended" },
	{ "arms", FIELD_ENUM, FINDING(enum arm *, arms), LIST(struct tally_finding, arms),
	  NAMES(arm_names, ARMS), .doc = "Arms in which it was seen" },
	{ "shares", FIELD_OBJECT, FINDING(struct tally_share *, shares), LIST(struct tally_finding, shares),
	  .sub = &tally_share_fields, .doc = "How often each arm shows it" },
	{ "p_value", FIELD_REAL, FINDING(double, p_value), .nullable = true,
	  .doc = "The largest p-value of the shares: small, and what the arm that injects most injects is "
		 "the cause; null when no other arm ran" },
	{ "first_trial", FIELD_U32, FINDING(uint32_t, first_trial), .doc = "The lowest number of its trials" },
	{ "last_trial", FIELD_U32, FINDING(uint32_t, last_trial), .doc = "And the highest" },
	{ "rate_ppm", FIELD_U64, FINDING(uint64_t, rate_ppm),
	  .doc = "How many of a million trials of the campaign show it, of valid ones and those that missed" },
	{ "smallest", FIELD_OBJECT, FINDING(struct trial_spec, smallest), .sub = &spec_fields,
	  .doc = "Spec of the trial with the fewest holds, then the fewest echoes, then the shortest hold" },
	{ "path_signature", FIELD_TEXT, FINDING(const char *, path_signature), .nullable = true,
	  .doc = "The signature with the call path that holds; null when the ledger does not know it" },
	{ "stack", FIELD_TEXT, FINDING(const char *, stack), .nullable = true,
	  .doc = "That path folded, as flamegraph.pl wants it, with the number of references" },
	{ "ledger", FIELD_OBJECT, FINDING(struct tally_ledger, ledger), .sub = &tally_ledger_fields,
	  .doc = "Who holds the references, as far as the ledger knows" },
	{ .name = NULL },
};
const struct fields tally_finding_fields = {
	"finding", "One fault, with all trials that show it", finding_rows, sizeof(struct tally_finding),
};

static const struct field reason_rows[] = {
	{ "verdict", FIELD_ENUM, REASON(enum verdict, verdict), NAMES(verdict_names, VERDICTS),
	  .doc = "Missed, invalid or skipped" },
	{ "reason", FIELD_TEXT, REASON(const char *, reason),
	  .doc = "The sentence of the first such trial; the others may differ in numbers" },
	{ "count", FIELD_U32, REASON(uint32_t, count), .doc = "How many trials" },
	{ .name = NULL },
};
const struct fields tally_reason_fields = {
	"reason", "Why trials proved nothing", reason_rows, sizeof(struct tally_reason),
};

static const struct field step_rows[] = {
	{ "step", FIELD_U32, STEP(uint32_t, step), .doc = "Number of the hold in the order, from 1" },
	{ "thread", FIELD_ENUM, STEP(enum order_thread, thread), NAMES(order_thread_names, ORDER_THREADS),
	  .doc = "Who was to be held" },
	{ "place", FIELD_TEXT, STEP(const char *, place), .doc = "Where: the site or function that the order names" },
	{ "at_return", FIELD_BOOL, STEP(bool, at_return), .doc = "At its return, not at its entry" },
	{ "function", FIELD_TEXT, STEP(const char *, function), .doc = "The function of this kernel that was hooked" },
	{ "tier", FIELD_ENUM, STEP(enum tier, tier), NAMES(tier_names, TIERS), .doc = "And how" },
	{ "asked_us", FIELD_U64, STEP(uint64_t, asked_us), .nullable = true,
	  .doc = "Time that was asked for; null of a hold until an event" },
	{ "trials", FIELD_U32, STEP(uint32_t, trials), .doc = "Trials in which it was in force" },
	{ "reached", FIELD_U32, STEP(uint32_t, reached), .doc = "Of them, those in which the thread came by" },
	{ "kept", FIELD_U32, STEP(uint32_t, kept), .doc = "Of them, those in which it ended as planned" },
	{ "deadlines", FIELD_U32, STEP(uint32_t, deadlines), .doc = "And those in which its event did not come" },
	{ "passes", FIELD_U64, STEP(uint64_t, passes),
	  .doc = "Calls, of any task, that have passed there since it was hooked" },
	{ "missed", FIELD_U64, STEP(uint64_t, missed),
	  .doc = "Runs of its program that the kernel skipped, as far as it counts them" },
	{ "held_p50_ns", FIELD_U64, STEP(uint64_t, held_p50_ns), .nullable = true,
	  .doc = "How long it took, median over those that ended as planned" },
	{ "held_p99_ns", FIELD_U64, STEP(uint64_t, held_p99_ns), .nullable = true,
	  .doc = "The same, 99th percentile" },
	{ "held_max_ns", FIELD_U64, STEP(uint64_t, held_max_ns), .nullable = true, .doc = "The same, the longest" },
	{ .name = NULL },
};
static const struct fields step_fields = {
	"step_sum", "A hold of the order, over all trials", step_rows, sizeof(struct tally_step),
};

static const struct field explore_rows[] = {
	{ "mode", FIELD_ENUM, EXPLORE(enum explore_mode, mode), NAMES(explore_mode_names, EXPLORE_MODES),
	  .doc = "How trials were chosen; off: by the plan alone, and the rest means nothing" },
	{ "generations", FIELD_U32, EXPLORE(uint32_t, generations), .doc = "Groups of trials that were planned together" },
	{ "places", FIELD_U32, EXPLORE(uint32_t, places), .doc = "Places where holds were tried" },
	{ "features", FIELD_U32, EXPLORE(uint32_t, features), .doc = "Different features that trials showed" },
	{ "corpus", FIELD_U32, EXPLORE(uint32_t, corpus), .doc = "Trials that showed a new one" },
	{ "first_finding", FIELD_U32, EXPLORE(uint32_t, first_finding), .nullable = true,
	  .doc = "Number of the first trial with a fault" },
	{ "least_chance", FIELD_REAL, EXPLORE(double, least_chance), .nullable = true,
	  .doc = "Of pct: the least probability for one trial to have a given bug that needs no more delays than "
		 "explore.holds, when the longest hold is long enough" },
	{ .name = NULL },
};
static const struct fields explore_fields = {
	"explored", "What the explorer has seen", explore_rows, sizeof(struct explore_sums),
};

static const struct field summary_rows[] = {
	{ "schema_version", FIELD_U32, SUMMARY(uint32_t, schema_version),
	  .doc = "Grows when a name or its meaning changes" },
	{ "campaign", FIELD_TEXT, SUMMARY(const char *, campaign), .doc = "Name of the campaign" },
	{ "id", FIELD_TEXT, SUMMARY(const char *, id), .doc = "Names this run of it, as in the first line" },
	{ "verdict", FIELD_ENUM, SUMMARY(enum campaign_verdict, verdict),
	  NAMES(campaign_verdict_names, CAMPAIGN_VERDICTS), .doc = "Verdict of the campaign" },
	{ "exit_code", FIELD_U32, SUMMARY(uint32_t, exit_code), .doc = "Exit code of the command" },
	{ "reason", FIELD_TEXT, SUMMARY(const char *, reason), .doc = "The verdict in a sentence" },
	{ "ended_by", FIELD_TEXT, SUMMARY(const char *, ended_by), .nullable = true,
	  .doc = "What ended the campaign: trials, valid, hits, seconds, findings, decided, signal, stuck, guests "
		 "or error" },
	{ "decided", FIELD_TEXT, SUMMARY(const char *, decided), .nullable = true,
	  .doc = "The answer that stop.decided waited for; null when it is not known" },
	{ "trials", FIELD_U32, SUMMARY(uint32_t, trials), .doc = "Trials that ended" },
	{ "valid", FIELD_U32, SUMMARY(uint32_t, valid),
	  .doc = "Of them, those that say something about the kernel: clean or faulty" },
	{ "elapsed_ms", FIELD_U64, SUMMARY(uint64_t, elapsed_ms), .doc = "From the first trial to the last" },
	{ "fault_rate_bound_ppm", FIELD_U64, SUMMARY(uint64_t, fault_rate_bound_ppm),
	  .doc = "With 95% confidence fewer than this many of a million trials of the arm that injects "
		 "most show a fault" },
	{ "stuck", FIELD_U32, SUMMARY(uint32_t, stuck), .doc = "Lanes whose unregister never returned" },
	{ "arms", FIELD_OBJECT, SUMMARY(struct tally_arm *, arms), LIST(struct summary, arms),
	  .sub = &tally_arm_fields, .doc = "Each arm of the campaign, also when none of its trials ran" },
	{ "findings", FIELD_OBJECT, SUMMARY(struct tally_finding *, findings), LIST(struct summary, findings),
	  .sub = &tally_finding_fields, .doc = "Each fault once, in the order in which they were found" },
	{ "steps", FIELD_OBJECT, SUMMARY(struct tally_step *, steps), LIST(struct summary, steps),
	  .sub = &step_fields, .doc = "The holds of the order: what was asked and what was done" },
	{ "explore", FIELD_OBJECT, SUMMARY(struct explore_sums, explore), .sub = &explore_fields,
	  .doc = "What the explorer has seen" },
	{ "reasons", FIELD_OBJECT, SUMMARY(struct tally_reason *, reasons), LIST(struct summary, reasons),
	  .sub = &tally_reason_fields, .doc = "Why trials proved nothing, the most frequent reason first" },
	{ .name = NULL },
};
const struct fields summary_fields = {
	"summary", "All trials of the campaign", summary_rows, sizeof(struct summary),
};
/* clang-format on */
