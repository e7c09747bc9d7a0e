// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "results/ledger_line.h"
#include "results/lines.h"
#include "results/rows.h"
#include "results/tally.h"

/* The tables of what results say about a campaign. */

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#define ARM(ctype, member)     .offset = PLACE(struct tally_arm, ctype, member)
#define FINDING(ctype, member) .offset = PLACE(struct tally_finding, ctype, member)
#define LEDGER(ctype, member)  .offset = PLACE(struct tally_ledger, ctype, member)
#define SHARE(ctype, member)   .offset = PLACE(struct tally_share, ctype, member)
#define REASON(ctype, member)  .offset = PLACE(struct tally_reason, ctype, member)
#define STEP(ctype, member)    .offset = PLACE(struct tally_step, ctype, member)
#define EXPLORE(ctype, member) .offset = PLACE(struct explore_sums, ctype, member)
#define SUMMARY(ctype, member) .offset = PLACE(struct summary, ctype, member)
#define MACHINE(ctype, member) .offset = PLACE(struct summary_machine, ctype, member)
#define BY(verdict)            .offset = (verdict) * sizeof(uint32_t)
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field verdicts_rows[] = {
	{ "clean", FIELD_U32, BY(VERDICT_CLEAN),
	  .doc = "The window opened, the planned packets landed inside, the references came back" },
	{ "leak", FIELD_U32, BY(VERDICT_LEAK), .doc = "References did not come back" },
	{ "hang", FIELD_U32, BY(VERDICT_HANG), .doc = "A flag set, set-down or unregister did not return" },
	{ "kernel-bug", FIELD_U32, BY(VERDICT_KERNEL_BUG),
	  .doc = "The kernel logged a bug, or a count fell below its baseline" },
	{ "missed", FIELD_U32, BY(VERDICT_MISSED), .doc = "Nothing landed inside the window: the trial proves nothing" },
	{ "invalid", FIELD_U32, BY(VERDICT_INVALID), .doc = "The trial's evidence has holes" },
	{ "skipped", FIELD_U32, BY(VERDICT_SKIPPED), .doc = "This kernel lacks something the campaign needs" },
	END
};
static const struct fields verdicts_fields = {
	"verdicts", NULL, verdicts_rows, sizeof(((struct tally_arm *)NULL)->verdicts),
};

static const struct field arm_rows[] = {
	{ "arm", FIELD_ENUM, ARM(enum arm, arm), NAMES(arm_names, ARMS), .doc = "The arm" },
	{ "trials", FIELD_U32, ARM(uint32_t, trials), .doc = "Trials that ended" },
	{ "valid", FIELD_U32, ARM(uint32_t, valid),
	  .doc = "Trials that say something about the kernel: clean or faulty" },
	{ "opened", FIELD_U32, ARM(uint32_t, opened), .doc = "Trials whose window opened" },
	{ "inside", FIELD_U32, ARM(uint32_t, inside), .doc = "Trials with an echo or DAD answer inside the window" },
	{ "tentative", FIELD_U32, ARM(uint32_t, tentative),
	  .doc = "Trials with one inside while an address was tentative" },
	{ "verdicts", FIELD_OBJECT, .offset = offsetof(struct tally_arm, verdicts), .sub = &verdicts_fields,
	  .doc = "Trials by verdict" },
	{ "echoes_sent", FIELD_U64, ARM(uint64_t, echoes_sent), .doc = "Echoes handed to the kernel" },
	{ "echoes_refused", FIELD_U64, ARM(uint64_t, echoes_refused),
	  .doc = "Sent echoes that the kernel answered with an error" },
	{ "echoes_delivered", FIELD_U64, ARM(uint64_t, echoes_delivered),
	  .doc = "Echoes seen inside the kernel, matched one by one" },
	{ "echoes_inside", FIELD_U64, ARM(uint64_t, echoes_inside), .doc = "Echoes that landed inside the window" },
	{ "dad_answers_sent", FIELD_U64, ARM(uint64_t, dad_answers_sent), .doc = "DAD answers sent by the peer" },
	{ "dad_answers_inside", FIELD_U64, ARM(uint64_t, dad_answers_inside),
	  .doc = "DAD answers that landed inside the window" },
	{ "dad_failed", FIELD_U32, ARM(uint32_t, dad_failed), .doc = "Trials in which DAD failed" },
	{ "dad_fooled", FIELD_U32, ARM(uint32_t, dad_fooled),
	  .doc = "Trials in which DAD failed although only the device's own probe came back" },
	{ "hold_asked_p50_us", FIELD_U64, ARM(uint64_t, hold_asked_p50_us),
	  .doc = "Planned hold, median over valid trials whose window opened; 0: none" },
	{ "hold_asked_p99_us", FIELD_U64, ARM(uint64_t, hold_asked_p99_us), .doc = "The same, 99th percentile" },
	{ "held_p50_us", FIELD_U64, ARM(uint64_t, held_p50_us),
	  .doc = "Measured hold, median over the same trials" },
	{ "held_p99_us", FIELD_U64, ARM(uint64_t, held_p99_us), .doc = "The same, 99th percentile" },
	{ "held_within", FIELD_U32, ARM(uint32_t, held_within),
	  .doc = "Holds that lasted between 95% and 110% (plus 1 ms) of the plan" },
	{ "held", FIELD_U32, ARM(uint32_t, held), .doc = "Opened windows of valid trials with a planned hold" },
	{ "first_echo_p50_us", FIELD_U64, ARM(uint64_t, first_echo_p50_us),
	  .doc = "Time from the opening of the window to the first echo seen in the kernel, median over valid trials; 0: none" },
	{ "first_echo_p99_us", FIELD_U64, ARM(uint64_t, first_echo_p99_us), .doc = "The same, 99th percentile" },
	{ "second_flags_p50_us", FIELD_U64, ARM(uint64_t, second_flags_p50_us),
	  .doc = "Duration of the flag set that closed the window, median over valid trials; 0: none" },
	{ "second_flags_p99_us", FIELD_U64, ARM(uint64_t, second_flags_p99_us),
	  .doc = "The same, 99th percentile" },
	{ "settle_p50_us", FIELD_U64, ARM(uint64_t, settle_p50_us),
	  .doc = "Time from teardown to settling, median over valid trials that settled" },
	{ "settle_p99_us", FIELD_U64, ARM(uint64_t, settle_p99_us), .doc = "The same, 99th percentile" },
	{ "elapsed_ms", FIELD_U64, ARM(uint64_t, elapsed_ms),
	  .doc = "Time spent in these trials, summed over lanes" },
	{ "faults", FIELD_U32, ARM(uint32_t, faults), .doc = "Faulty trials" },
	{ "fault_rate_low_ppm", FIELD_U64, ARM(uint64_t, fault_rate_low_ppm),
	  .doc = "Faulty trials per million valid or missed trials, lower end of the exact 95% interval" },
	{ "fault_rate_high_ppm", FIELD_U64, ARM(uint64_t, fault_rate_high_ppm),
	  .doc = "Faulty trials per million valid trials, upper end of the exact 95% interval" },
	END
};
const struct fields tally_arm_fields = {
	"arm", "All trials of one arm", arm_rows, sizeof(struct tally_arm),
};

static const struct field share_rows[] = {
	{ "arm", FIELD_ENUM, SHARE(enum arm, arm), NAMES(arm_names, ARMS), .doc = "The arm" },
	{ "count", FIELD_U32, SHARE(uint32_t, count), .doc = "Trials that show the finding" },
	{ "judged", FIELD_U32, SHARE(uint32_t, judged),
	  .doc = "Trials that would have shown it: valid and missed ones" },
	{ "rate_low_ppm", FIELD_U64, SHARE(uint64_t, rate_low_ppm),
	  .doc = "Trials that show it per million judged, lower end of the exact (Clopper-Pearson) 95% interval" },
	{ "rate_high_ppm", FIELD_U64, SHARE(uint64_t, rate_high_ppm), .doc = "Upper end of the same interval" },
	{ "p_value", FIELD_REAL, SHARE(double, p_value), OR_NULL,
	  .doc = "Probability that chance alone makes the arm that injects most show it so much more often than this arm (Fisher's exact test, one-sided); null: this is that arm" },
	END
};
const struct fields tally_share_fields = {
	"share", "How often one arm shows a finding", share_rows, sizeof(struct tally_share),
};

static const struct field tally_ledger_rows[] = {
	{ "trial", FIELD_U32, LEDGER(uint32_t, trial), OR_NULL,
	  .doc = "Trial of the ledger, or trial that was repeated for it; null: no ledger" },
	{ "attempt", FIELD_U32, LEDGER(uint32_t, attempt), OR_NULL,
	  .doc = "Number of the repeat; null: the trial itself" },
	{ "state", FIELD_ENUM, LEDGER(enum ledger_hole, state), NAMES(ledger_hole_names, LEDGER_HOLES),
	  OR_NULL, .doc = "Whole, or why the ledger names no holder; null: no ledger" },
	{ "reason", FIELD_TEXT, LEDGER(const char *, reason), OR_NULL,
	  .doc = "The state as a sentence" },
	{ "leaked", FIELD_BOOL, LEDGER(bool, leaked), .doc = "The leak occurred while the ledger was kept" },
	{ "exact", FIELD_BOOL, LEDGER(bool, exact),
	  .doc = "The unmatched paths are the only explanation; otherwise they are inferred" },
	{ "clean", FIELD_U32, LEDGER(uint32_t, clean),
	  .doc = "Number of ledgers without the race it was compared with" },
	{ "post_mortem", FIELD_TEXT, LEDGER(const char *, post_mortem), OR_NULL,
	  .doc = "The answer of dadrace-who(1) about the device that the trial of the ledger left stuck, a line for each sentence; null: there is none" },
	{ "unmatched", FIELD_OBJECT, LEDGER(struct ledger_unmatched_told *, unmatched),
	  LIST(struct tally_ledger, unmatched), .sub = &ledger_unmatched_fields,
	  .doc = "Paths that took references which nobody dropped, the likeliest first" },
	END
};
static const struct fields tally_ledger_fields = {
	"finding_ledger", "What the ledger says of a finding", tally_ledger_rows, sizeof(struct tally_ledger),
};

static const struct field finding_rows[] = {
	{ "verdict", FIELD_ENUM, FINDING(enum verdict, verdict), NAMES(verdict_names, VERDICTS),
	  .doc = "Verdict of its trials" },
	{ "object", FIELD_TEXT, FINDING(const char *, object), OR_NULL,
	  .doc = "Object whose references are wrong; null: the finding is not about references" },
	{ "delta", FIELD_I64, FINDING(int64_t, delta),
	  .doc = "References above baseline, the value farthest from zero of all its trials" },
	{ "pinned", FIELD_BOOL, FINDING(bool, pinned),
	  .doc = "In at least one trial the unregister never returned: only a reboot frees that device" },
	{ "signature", FIELD_TEXT, FINDING(const char *, signature), .doc = "Signature of the bug: verdict, object and, where the holder is known, its kind and call path; equal for equal bugs, also on other machines and kernel builds" },
	{ "trial_signature", FIELD_TEXT, FINDING(const char *, trial_signature),
	  .doc = "Signature in the lines of its trials, without a holder" },
	{ "reason", FIELD_TEXT, FINDING(const char *, reason), .doc = "Verdict of its first trial as a sentence" },
	{ "count", FIELD_U32, FINDING(uint32_t, count), .doc = "Number of trials that show it" },
	{ "trials", FIELD_U32, FINDING(uint32_t *, trials), LIST(struct tally_finding, trials),
	  .doc = "Numbers of these trials, in the order they ended" },
	{ "arms", FIELD_ENUM, FINDING(enum arm *, arms), LIST(struct tally_finding, arms),
	  NAMES(arm_names, ARMS), .doc = "Arms that show it" },
	{ "shares", FIELD_OBJECT, FINDING(struct tally_share *, shares), LIST(struct tally_finding, shares),
	  .sub = &tally_share_fields, .doc = "How often each arm shows it" },
	{ "p_value", FIELD_REAL, FINDING(double, p_value), OR_NULL,
	  .doc = "Largest p-value of the shares; if small, the cause is what the arm that injects most injects; null: no other arm ran" },
	{ "first_trial", FIELD_U32, FINDING(uint32_t, first_trial), .doc = "Lowest number of its trials" },
	{ "last_trial", FIELD_U32, FINDING(uint32_t, last_trial), .doc = "Highest number of its trials" },
	{ "rate_ppm", FIELD_U64, FINDING(uint64_t, rate_ppm),
	  .doc = "Trials that show it per million valid or missed trials of the campaign" },
	{ "smallest", FIELD_OBJECT, FINDING(struct trial_spec, smallest), .sub = &spec_fields,
	  .doc = "Spec of its trial with the fewest holds, then the fewest echoes, then the shortest hold" },
	{ "path_signature", FIELD_TEXT, FINDING(const char *, path_signature), OR_NULL,
	  .doc = "The signature; null: the holder is not known" },
	{ "stack", FIELD_TEXT, FINDING(const char *, stack), OR_NULL,
	  .doc = "The holding call path, folded for flamegraph.pl, with the number of references" },
	{ "without_echo", FIELD_BOOL, FINDING(bool, without_echo),
	  .doc = "A repeat that injects nothing, in the hold arm, leaks as well" },
	{ "ledger", FIELD_OBJECT, FINDING(struct tally_ledger, ledger), .sub = &tally_ledger_fields,
	  .doc = "Who holds the references, according to the ledger" },
	END
};
const struct fields tally_finding_fields = {
	"finding", "One fault, with all trials that show it", finding_rows, sizeof(struct tally_finding),
};

static const struct field reason_rows[] = {
	{ "verdict", FIELD_ENUM, REASON(enum verdict, verdict), NAMES(verdict_names, VERDICTS),
	  .doc = "Missed, invalid or skipped" },
	{ "reason", FIELD_TEXT, REASON(const char *, reason),
	  .doc = "Sentence of the first such trial; others may differ in numbers" },
	{ "count", FIELD_U32, REASON(uint32_t, count), .doc = "Number of trials" },
	END
};
const struct fields tally_reason_fields = {
	"reason", "Why trials proved nothing", reason_rows, sizeof(struct tally_reason),
};

static const struct field step_rows[] = {
	{ "step", FIELD_U32, STEP(uint32_t, step), .doc = "Number of the hold in the order, from 1" },
	{ "thread", FIELD_ENUM, STEP(enum order_thread, thread), NAMES(order_thread_names, ORDER_THREADS),
	  .doc = "The held thread" },
	{ "place", FIELD_TEXT, STEP(const char *, place), .doc = "The site or function named in the order" },
	{ "at_return", FIELD_BOOL, STEP(bool, at_return), .doc = "Held at the function's return instead of its entry" },
	{ "function", FIELD_TEXT, STEP(const char *, function), .doc = "The hooked function of this kernel" },
	{ "tier", FIELD_ENUM, STEP(enum tier, tier), NAMES(tier_names, TIERS), .doc = "How it was hooked" },
	{ "asked_us", FIELD_U64, STEP(uint64_t, asked_us), OR_NULL,
	  .doc = "Planned duration; null: the hold ends by an event" },
	{ "trials", FIELD_U32, STEP(uint32_t, trials), .doc = "Trials in which the hold was in force" },
	{ "reached", FIELD_U32, STEP(uint32_t, reached), .doc = "Trials in which the thread reached it" },
	{ "kept", FIELD_U32, STEP(uint32_t, kept), .doc = "Trials in which it ended as planned" },
	{ "deadlines", FIELD_U32, STEP(uint32_t, deadlines), .doc = "Trials in which its event did not come by the deadline" },
	{ "passes", FIELD_U64, STEP(uint64_t, passes),
	  .doc = "Calls of the function by any task since it was hooked" },
	{ "missed", FIELD_U64, STEP(uint64_t, missed),
	  .doc = "Runs of the hold's program that the kernel skipped, as far as it counts them" },
	{ "held_p50_ns", FIELD_U64, STEP(uint64_t, held_p50_ns), OR_NULL,
	  .doc = "Measured duration, median over holds of valid trials that ended as planned" },
	{ "held_p99_ns", FIELD_U64, STEP(uint64_t, held_p99_ns), OR_NULL,
	  .doc = "The same, 99th percentile" },
	{ "held_max_ns", FIELD_U64, STEP(uint64_t, held_max_ns), OR_NULL, .doc = "The same, maximum" },
	END
};
static const struct fields step_fields = {
	"step_sum", "A hold of the order, over all trials", step_rows, sizeof(struct tally_step),
};

static const struct field explore_rows[] = {
	{ "mode", FIELD_ENUM, EXPLORE(enum explore_mode, mode), NAMES(explore_mode_names, EXPLORE_MODES),
	  .doc = "How trials were chosen; off: by the plan alone, and the other fields mean nothing" },
	{ "generations", FIELD_U32, EXPLORE(uint32_t, generations), .doc = "Groups of trials planned together" },
	{ "places", FIELD_U32, EXPLORE(uint32_t, places), .doc = "Places where holds were tried" },
	{ "held", FIELD_U32, EXPLORE(uint32_t, held), .doc = "Of these, places where a thread was held as planned" },
	{ "pairs", FIELD_U32, EXPLORE(uint32_t, pairs),
	  .doc = "Pairs of a place and a change: thread I made the change while a thread was held there" },
	{ "features", FIELD_U32, EXPLORE(uint32_t, features), .doc = "Different features seen" },
	{ "corpus", FIELD_U32, EXPLORE(uint32_t, corpus), .doc = "Trials that showed a new feature" },
	{ "first_finding", FIELD_U32, EXPLORE(uint32_t, first_finding), OR_NULL,
	  .doc = "Number of the first faulty trial; null: none" },
	{ "least_chance", FIELD_REAL, EXPLORE(double, least_chance), OR_NULL,
	  .doc = "Mode pct: least probability that one trial triggers a given bug that needs at most explore.holds delays, if the longest hold is long enough; null: another mode, or more than twelve places" },
	END
};
const struct fields explored_fields = {
	"explored", "What the explorer has seen", explore_rows, sizeof(struct explore_sums),
};

static const struct field machine_rows[] = {
	{ "release", FIELD_TEXT, MACHINE(const char *, release), OR_NULL,
	  .doc = "Release of the kernel; null: the campaign could not be started" },
	{ "architecture", FIELD_TEXT, MACHINE(const char *, architecture), OR_NULL,
	  .doc = "Architecture of the kernel; null: not known" },
	{ "cpus_online", FIELD_U32, MACHINE(uint32_t, cpus_online), OR_NULL,
	  .doc = "CPUs that were online; null: not known" },
	END
};
const struct fields summary_machine_fields = {
	"summary_machine", "The machine that the campaign ran on", machine_rows,
	sizeof(struct summary_machine),
};

static const struct field summary_rows[] = {
	{ "schema_version", FIELD_U32, SUMMARY(uint32_t, schema_version),
	  .doc = "Version of the schema; increases when a field is removed or changes its meaning" },
	{ "campaign", FIELD_TEXT, SUMMARY(const char *, campaign), .doc = "Name of the campaign" },
	{ "id", FIELD_TEXT, SUMMARY(const char *, id), .doc = "Identifies this run, as in the first line" },
	{ "shard", FIELD_OBJECT, SUMMARY(struct shard, shard), .sub = &shard_fields,
	  .doc = "Which trials of the plan the run has" },
	{ "machine", FIELD_OBJECT, SUMMARY(struct summary_machine, machine), .sub = &summary_machine_fields,
	  .doc = "The machine that the campaign ran on" },
	{ "verdict", FIELD_ENUM, SUMMARY(enum campaign_verdict, verdict),
	  NAMES(campaign_verdict_names, CAMPAIGN_VERDICTS), .doc = "Verdict of the campaign" },
	{ "exit_code", FIELD_U32, SUMMARY(uint32_t, exit_code), .doc = "Exit code of the command" },
	{ "reason", FIELD_TEXT, SUMMARY(const char *, reason), .doc = "The verdict as a sentence" },
	{ "ended_by", FIELD_TEXT, SUMMARY(const char *, ended_by), OR_NULL,
	  .doc = "What ended the campaign: trials, valid, hits, seconds, findings, decided, signal, stuck, guests, control or error" },
	{ "decided", FIELD_TEXT, SUMMARY(const char *, decided), OR_NULL,
	  .doc = "The answer stop.decided waited for; null: not decided" },
	{ "trials", FIELD_U32, SUMMARY(uint32_t, trials), .doc = "Trials that ended" },
	{ "valid", FIELD_U32, SUMMARY(uint32_t, valid),
	  .doc = "Trials that say something about the kernel: clean or faulty" },
	{ "decisive", FIELD_U32, SUMMARY(uint32_t, decisive),
	  .doc = "Trials that decide: counted in the order in which they started, up to the first that did not end" },
	{ "elapsed_ms", FIELD_U64, SUMMARY(uint64_t, elapsed_ms), .doc = "Time from the first trial to the last" },
	{ "fault_rate_bound_ppm", FIELD_U64, SUMMARY(uint64_t, fault_rate_bound_ppm),
	  .doc = "With 95% confidence, fewer than this many per million trials of the arm that injects most are faulty, over its valid trials among the decisive ones, lost ones counted as faulty" },
	{ "control", FIELD_BOOL, SUMMARY(bool, control),
	  .doc = "The positive control worked: a trial in which 1 reference was held on purpose (line control) was judged a leak of it; without one no campaign is clean" },
	{ "stuck", FIELD_U32, SUMMARY(uint32_t, stuck), .doc = "Lanes whose unregister never returned" },
	{ "arms", FIELD_OBJECT, SUMMARY(struct tally_arm *, arms), LIST(struct summary, arms),
	  .sub = &tally_arm_fields, .doc = "Arms of the campaign, including those without trials" },
	{ "findings", FIELD_OBJECT, SUMMARY(struct tally_finding *, findings), LIST(struct summary, findings),
	  .sub = &tally_finding_fields, .doc = "Findings, each once, in the order found" },
	{ "steps", FIELD_OBJECT, SUMMARY(struct tally_step *, steps), LIST(struct summary, steps),
	  .sub = &step_fields, .doc = "The holds of the order: plan and outcome" },
	{ "explore", FIELD_OBJECT, SUMMARY(struct explore_sums, explore), .sub = &explored_fields,
	  .doc = "What the explorer has seen" },
	{ "reasons", FIELD_OBJECT, SUMMARY(struct tally_reason *, reasons), LIST(struct summary, reasons),
	  .sub = &tally_reason_fields, .doc = "Why trials prove nothing, most frequent reason first" },
	END
};
const struct fields summary_fields = {
	"summary", "All trials of the campaign", summary_rows, sizeof(struct summary),
};
/* clang-format on */
