// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results.h"
#include "results_lines.h"
#include "tally.h"

/* --- what is told: the tables --- */

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

/* --- the sums --- */

struct arm_sums {
	struct tally_arm tally; /* without the percentiles */
	uint64_t elapsed_ns;
	struct stats_sample hold_asked_us, held_ns, first_echo_ns, second_flags_ns, settle_ns;
};

/* The texts of a ledger that is kept. */
struct kept_ledger {
	char reason[256];
	char path_signature[BOOKS_STACK + 96];
	char folded[BOOKS_STACK];
	struct {
		char stack[BOOKS_STACK], kind[BOOKS_WORD], task[BOOKS_WORD];
	} texts[BOOKS_SUSPECTS];
	struct ledger_unmatched_told unmatched[BOOKS_SUSPECTS];
	struct ledger_hold_told holds[BOOKS_SUSPECTS][BOOKS_HOLDS];
};

/* What a tally_finding points at; it stays in place while their array grows. */
struct finding {
	struct judgement first;
	enum arm arms[ARMS];
	uint32_t by_arm[ARMS];
	struct tally_share shares[ARMS];
	uint32_t *trials;
	uint32_t room;
	struct kept_ledger *ledger; /* NULL: none */
};

/* More kinds than verdict.c has sentences; a further one is counted under the last. */
enum { REASONS_MAX = 32 };

struct reason {
	enum verdict verdict;
	char text[sizeof(((struct judgement *)NULL)->reason)];
	uint32_t count;
};

struct step_sums {
	struct step_audit first; /* whose words stay the same */
	struct tally_step tally;
	struct stats_sample held_ns;
};

struct tally {
	char *campaign;
	char *planted; /* NULL: nothing */
	bool asked[ARMS];
	bool explored;	     /* the race arm */
	enum arm most_asked; /* the one that injects most */
	uint32_t stop_valid, stop_hits, stop_trials;
	bool questions[QUESTIONS];
	uint32_t above_ppm, below_ppm;
	uint32_t looks; /* at the arms */
	char decided[160];
	struct arm_sums arms[ARMS];

	struct finding **findings;
	struct tally_finding *told_findings;
	uint32_t nr_findings;

	struct reason reasons[REASONS_MAX];
	uint32_t nr_reasons;
	struct step_sums steps[ORDER_HOLDS_MAX];

	/* What the last summary points at. */
	struct tally_arm told_arms[ARMS];
	struct tally_reason told_reasons[REASONS_MAX];
	struct tally_step told_steps[ORDER_HOLDS_MAX];
	char reason[256];
};

int tally_new(const struct campaign *campaign, struct tally **out)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (!tally)
		return -ENOMEM;
	tally->campaign = strdup(campaign->name);
	tally->planted = campaign->vm.plant ? strdup(campaign->vm.plant) : NULL;
	if (!tally->campaign || (campaign->vm.plant && !tally->planted)) {
		tally_free(tally);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < campaign->nr_arms; i++) {
		tally->asked[campaign->arms[i]] = true;
		if (campaign->arms[i] > tally->most_asked)
			tally->most_asked = campaign->arms[i];
	}
	tally->explored = campaign->explore.mode != EXPLORE_OFF;
	tally->stop_valid = campaign->stop.valid;
	tally->stop_hits = campaign->stop.hits;
	tally->stop_trials = campaign->stop.trials;
	for (uint32_t i = 0; i < campaign->stop.nr_decided; i++)
		tally->questions[campaign->stop.decided[i]] = true;
	tally->above_ppm = campaign->stop.above_ppm;
	tally->below_ppm = campaign->stop.below_ppm;
	for (int arm = 0; arm < ARMS; arm++)
		tally->arms[arm].tally.arm = (enum arm)arm;
	*out = tally;
	return 0;
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	for (int arm = 0; arm < ARMS; arm++) {
		stats_sample_free(&tally->arms[arm].hold_asked_us);
		stats_sample_free(&tally->arms[arm].held_ns);
		stats_sample_free(&tally->arms[arm].first_echo_ns);
		stats_sample_free(&tally->arms[arm].second_flags_ns);
		stats_sample_free(&tally->arms[arm].settle_ns);
	}
	for (int i = 0; i < ORDER_HOLDS_MAX; i++)
		stats_sample_free(&tally->steps[i].held_ns);
	for (uint32_t i = 0; i < tally->nr_findings; i++) {
		free(tally->findings[i]->trials);
		free(tally->findings[i]->ledger);
		free(tally->findings[i]);
	}
	free(tally->findings);
	free(tally->told_findings);
	free(tally->campaign);
	free(tally->planted);
	free(tally);
}

static int add_samples(struct arm_sums *sums, const struct evidence *e)
{
	uint64_t asked_us = e->spec.hold_us;

	if (e->opened && asked_us) {
		sums->tally.held++;
		/* asked in us times 950 is 95% of it in ns */
		if (e->held_ns >= asked_us * 950 && e->held_ns <= asked_us * 1100 + 1000000)
			sums->tally.held_within++;
		if (stats_sample_add(&sums->hold_asked_us, asked_us) ||
		    stats_sample_add(&sums->held_ns, e->held_ns))
			return -ENOMEM;
	}
	if (e->opened && e->echoes_delivered && e->first_echo_ns)
		if (stats_sample_add(&sums->first_echo_ns, e->first_echo_ns))
			return -ENOMEM;
	if (e->closed && e->second_flags_ns)
		if (stats_sample_add(&sums->second_flags_ns, e->second_flags_ns))
			return -ENOMEM;
	if (e->settled)
		if (stats_sample_add(&sums->settle_ns, e->settle_ns))
			return -ENOMEM;
	return 0;
}

static int add_to_arm(struct arm_sums *sums, const struct evidence *e, enum verdict verdict)
{
	struct tally_arm *arm = &sums->tally;

	arm->trials++;
	arm->verdicts.by[verdict]++;
	arm->valid += verdict_valid(verdict);
	arm->faults += verdict_fault(verdict);
	arm->opened += e->opened;
	arm->inside += e->echoes_inside > 0 || e->dad_answers_inside > 0;
	arm->tentative += e->tentative_inside;
	arm->echoes_sent += e->echoes_sent;
	arm->echoes_refused += e->echoes_refused;
	arm->echoes_delivered += e->echoes_delivered;
	arm->echoes_inside += e->echoes_inside;
	arm->dad_answers_sent += e->dad_answers_sent;
	arm->dad_answers_inside += e->dad_answers_inside;
	arm->dad_failed += e->dad_end == DAD_FAILED;
	arm->dad_fooled += e->dad_fooled;
	if (e->ended_ns > e->started_ns)
		sums->elapsed_ns += e->ended_ns - e->started_ns;
	return add_samples(sums, e);
}

/* Nobody shall take what was planted on purpose for a bug of that kernel. */
static void tell_planted(const struct tally *tally, char *reason, size_t size)
{
	char planted[80];
	size_t length = strlen(reason), more;

	if (!tally->planted)
		return;
	more = (size_t)snprintf(planted, sizeof(planted), " (planted: %.60s)", tally->planted);
	if (length + more >= size)
		length = size - 1 - more;
	memcpy(reason + length, planted, more + 1);
}

static int new_finding(struct tally *tally, const struct judgement *judgement)
{
	uint32_t nr = tally->nr_findings;
	struct tally_finding *told = reallocarray(tally->told_findings, nr + 1, sizeof(*told));
	struct finding **findings, *finding;

	if (!told)
		return -ENOMEM;
	tally->told_findings = told;
	findings = reallocarray(tally->findings, nr + 1, sizeof(struct finding *));
	if (!findings)
		return -ENOMEM;
	tally->findings = findings;
	finding = calloc(1, sizeof(*finding));
	if (!finding)
		return -ENOMEM;
	finding->first = *judgement;
	tell_planted(tally, finding->first.reason, sizeof(finding->first.reason));
	findings[nr] = finding;
	told[nr] = (struct tally_finding){
		.verdict = finding->first.verdict,
		.object = finding->first.object[0] ? finding->first.object : NULL,
		.signature = finding->first.signature,
		.reason = finding->first.reason,
		.arms = finding->arms,
		.p_value = NAN,
		.ledger = { .state = LEDGER_HOLES },
	};
	tally->nr_findings++;
	return 0;
}

static uint32_t nr_holds(const struct trial_spec *spec)
{
	return spec->steps + (spec->hold_us > 0);
}

static bool is_smaller(const struct trial_spec *a, const struct trial_spec *b)
{
	if (nr_holds(a) != nr_holds(b))
		return nr_holds(a) < nr_holds(b);
	return a->echoes != b->echoes ? a->echoes < b->echoes : a->hold_us < b->hold_us;
}

static int add_to_finding(struct finding *finding, struct tally_finding *told,
			  const struct trial_spec *spec, const struct judgement *judgement)
{
	if (!told->trials || told->nr_trials == finding->room) {
		uint32_t room = finding->room ? finding->room * 2 : 16;
		uint32_t *trials = reallocarray(finding->trials, room, sizeof(*trials));

		if (!trials)
			return -ENOMEM;
		told->trials = finding->trials = trials;
		finding->room = room;
	}
	told->trials[told->nr_trials++] = spec->trial;
	if (!told->count || is_smaller(spec, &told->smallest))
		told->smallest = *spec;
	if (!told->count || spec->trial < told->first_trial)
		told->first_trial = spec->trial;
	if (spec->trial > told->last_trial)
		told->last_trial = spec->trial;
	told->count++;
	finding->by_arm[spec->arm]++;
	if (imaxabs(judgement->delta) > imaxabs(told->delta))
		told->delta = judgement->delta;
	told->pinned |= judgement->pinned;
	for (uint32_t i = 0; i < told->nr_arms; i++)
		if (told->arms[i] == spec->arm)
			return 0;
	told->arms[told->nr_arms++] = spec->arm;
	return 0;
}

/* Returns 1 when the finding is new. */
static int add_fault(struct tally *tally, const struct trial_spec *spec,
		     const struct judgement *judgement, const struct tally_finding **finding)
{
	uint32_t at = 0;
	bool is_new;
	int r;

	while (at < tally->nr_findings &&
	       strcmp(tally->told_findings[at].signature, judgement->signature) != 0)
		at++;
	is_new = at == tally->nr_findings;
	r = is_new ? new_finding(tally, judgement) : 0;
	if (!r)
		r = add_to_finding(tally->findings[at], &tally->told_findings[at], spec,
				   judgement);
	if (r)
		return r;
	if (is_new && finding)
		*finding = &tally->told_findings[at];
	return is_new;
}

/* Whether two sentences differ in their numbers only. */
static bool same_words(const char *a, const char *b)
{
	for (;;) {
		while (isdigit((unsigned char)*a))
			a++;
		while (isdigit((unsigned char)*b))
			b++;
		if (*a != *b)
			return false;
		if (!*a)
			return true;
		a++;
		b++;
	}
}

static void add_reason(struct tally *tally, const struct judgement *judgement)
{
	struct reason *reason = tally->reasons;
	struct reason *end = reason + tally->nr_reasons;

	while (reason < end && (reason->verdict != judgement->verdict ||
				!same_words(reason->text, judgement->reason)))
		reason++;
	if (reason == end && tally->nr_reasons == REASONS_MAX)
		reason--;
	else if (reason == end)
		tally->nr_reasons++;
	if (!reason->count++) {
		reason->verdict = judgement->verdict;
		memcpy(reason->text, judgement->reason, sizeof(reason->text));
	}
}

static int add_step(struct step_sums *sums, const struct step_audit *step)
{
	struct tally_step *tally = &sums->tally;

	if (!tally->trials++)
		sums->first = *step;
	if (step->asked_us != sums->first.asked_us)
		sums->first.asked_us = 0; /* an explorer draws it */
	tally->reached += step->outcome != STEP_NOT_REACHED;
	tally->kept += step->outcome == STEP_KEPT;
	tally->deadlines += step->outcome == STEP_DEADLINE;
	tally->passes = step->passes;
	tally->missed += step->missed;
	return step->outcome == STEP_KEPT ? stats_sample_add(&sums->held_ns, step->held_ns) : 0;
}

static bool is_same_place(const struct step_audit *a, const struct step_audit *b)
{
	return a->thread == b->thread && a->at_return == b->at_return &&
	       !strcmp(a->place, b->place);
}

/* Trials of an explorer hold other places each; `taken` has a bit for each that this trial has had. */
static struct step_sums *sums_of(struct tally *tally, const struct step_audit *step,
				 uint32_t *taken)
{
	uint32_t i = 0;

	while (i < ORDER_HOLDS_MAX - 1 && tally->steps[i].tally.trials &&
	       (*taken >> i & 1 || !is_same_place(&tally->steps[i].first, step)))
		i++;
	*taken |= 1U << i;
	return &tally->steps[i];
}

static int add_steps(struct tally *tally, const struct evidence *e)
{
	uint32_t taken = 0;
	int r = 0;

	for (uint32_t i = 0; !r && i < e->spec.steps && i < ORDER_HOLDS_MAX; i++)
		if (e->steps[i].thread)
			r = add_step(sums_of(tally, &e->steps[i], &taken), &e->steps[i]);
	return r;
}

int tally_add(struct tally *tally, const struct evidence *evidence,
	      const struct judgement *judgement, const struct tally_finding **finding)
{
	int r = add_to_arm(&tally->arms[evidence->spec.arm], evidence, judgement->verdict);

	if (!r)
		r = add_steps(tally, evidence);
	if (r)
		return r;
	if (verdict_fault(judgement->verdict))
		return add_fault(tally, &evidence->spec, judgement, finding);
	if (!verdict_valid(judgement->verdict))
		add_reason(tally, judgement);
	return 0;
}

/* --- ledgers --- */

static void keep_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

static void keep_unmatched(struct kept_ledger *kept, uint32_t i,
			   const struct ledger_unmatched_told *told)
{
	keep_text(kept->texts[i].stack, sizeof(kept->texts[i].stack), told->stack);
	keep_text(kept->texts[i].kind, sizeof(kept->texts[i].kind), told->kind);
	keep_text(kept->texts[i].task, sizeof(kept->texts[i].task), told->task);
	kept->unmatched[i] = *told;
	kept->unmatched[i].stack = kept->texts[i].stack;
	kept->unmatched[i].kind = kept->texts[i].kind;
	kept->unmatched[i].task = told->task ? kept->texts[i].task : NULL;
	kept->unmatched[i].holds = kept->holds[i];
	memcpy(kept->holds[i], told->holds, told->nr_holds * sizeof(told->holds[0]));
}

static void keep_path(struct tally_finding *told, struct kept_ledger *kept,
		      const struct ledger_line *line)
{
	for (uint32_t i = 0; i < line->nr_unmatched; i++)
		keep_unmatched(kept, i, &line->unmatched[i]);
	keep_text(kept->path_signature, sizeof(kept->path_signature), line->path_signature);
	books_fold(kept->unmatched[0].stack, kept->unmatched[0].unmatched, kept->folded,
		   sizeof(kept->folded));
	told->path_signature = kept->path_signature;
	told->stack = kept->folded;
	told->ledger.unmatched = kept->unmatched;
	told->ledger.nr_unmatched = line->nr_unmatched;
}

int tally_add_ledger(struct tally *tally, const struct ledger_line *line)
{
	struct tally_finding *told = tally->told_findings;
	struct tally_finding *end = told + tally->nr_findings;
	struct finding *finding;

	while (line->signature && told < end && strcmp(told->signature, line->signature) != 0)
		told++;
	if (!line->signature || told == end || told->path_signature)
		return 0;
	finding = tally->findings[told - tally->told_findings];
	if (!finding->ledger)
		finding->ledger = calloc(1, sizeof(*finding->ledger));
	if (!finding->ledger)
		return -ENOMEM;
	keep_text(finding->ledger->reason, sizeof(finding->ledger->reason), line->reason);
	told->ledger = (struct tally_ledger){
		.trial = line->trial,
		.attempt = line->attempt,
		.state = line->state,
		.reason = finding->ledger->reason,
		.leaked = line->leaked,
		.exact = line->exact,
		.clean = line->clean,
	};
	if (line->path_signature && line->nr_unmatched)
		keep_path(told, finding->ledger, line);
	return 0;
}

void tally_so_far(const struct tally *tally, uint32_t *trials, uint32_t verdicts[VERDICTS])
{
	*trials = 0;
	memset(verdicts, 0, VERDICTS * sizeof(*verdicts));
	for (int arm = 0; arm < ARMS; arm++) {
		*trials += tally->arms[arm].tally.trials;
		for (int v = 0; v < VERDICTS; v++)
			verdicts[v] += tally->arms[arm].tally.verdicts.by[v];
	}
}

/* --- what is known --- */

static uint32_t judged(const struct tally_arm *arm)
{
	uint32_t nr = 0;

	for (int v = 0; v < VERDICTS; v++)
		if (verdict_judged((enum verdict)v))
			nr += arm->verdicts.by[v];
	return nr;
}

static struct stats_share share_of(const struct arm_sums *sums, uint32_t hits)
{
	return (struct stats_share){ hits, judged(&sums->tally) };
}

/* The largest p-value of the arm that injects most against the others; NaN without others. */
static double against_others(const struct tally *tally, const uint32_t hits[ARMS])
{
	const struct arm_sums *most = &tally->arms[tally->most_asked];
	double largest = NAN;

	for (int arm = 0; arm < ARMS; arm++)
		if (tally->asked[arm] && arm != (int)tally->most_asked)
			largest = fmax(largest,
				       stats_fisher(share_of(most, hits[tally->most_asked]),
						    share_of(&tally->arms[arm], hits[arm])));
	return largest;
}

static bool rate_is_known(struct tally *tally)
{
	const struct tally_arm *most = &tally->arms[tally->most_asked].tally;
	double low = tally->below_ppm / 1e6, high = tally->above_ppm / 1e6;
	uint32_t trials = judged(most);
	bool is_above = stats_sprt(most->faults, trials, low, high, TALLY_ERROR) == STATS_ABOVE;

	if (!is_above) /* for which a trial that missed is no proof */
		trials = most->valid;
	if (!is_above &&
	    stats_sprt(most->faults, trials, low, high, TALLY_ERROR) != STATS_BELOW)
		return false;
	/* What was rejected is the other rate. */
	snprintf(tally->decided, sizeof(tally->decided),
		 "the fault rate of the %s arm is %s %g%% (%u of %u%s trials)",
		 arm_names[tally->most_asked], is_above ? "above" : "below",
		 (is_above ? tally->below_ppm : tally->above_ppm) / 1e4, most->faults, trials,
		 is_above ? "" : " valid");
	return true;
}

static bool arms_differ(struct tally *tally)
{
	enum { FIRST_LOOK = 4 };
	const struct tally_arm *most = &tally->arms[tally->most_asked].tally;
	uint32_t hits[ARMS];
	double p;

	if (most->valid < (uint64_t)FIRST_LOOK << tally->looks)
		return false;
	tally->looks++;
	for (int arm = 0; arm < ARMS; arm++)
		hits[arm] = tally->arms[arm].tally.faults;
	p = against_others(tally, hits);
	if (!(p <= ldexp(TALLY_ERROR, -(int)tally->looks)))
		return false;
	snprintf(
		tally->decided, sizeof(tally->decided),
		"the %s arm shows faults more often than every other arm (p = %.2g at look %u)",
		arm_names[tally->most_asked], p, tally->looks);
	return true;
}

static bool hits_are_decided(const struct tally *tally)
{
	uint32_t hits = 0, trials = 0;

	for (int arm = 0; arm < ARMS; arm++) {
		hits += tally->arms[arm].tally.faults;
		trials += tally->arms[arm].tally.trials;
	}
	return stats_hits(hits, trials, tally->stop_hits, tally->stop_trials) !=
	       STATS_UNDECIDED;
}

const char *tally_ends(struct tally *tally)
{
	static bool (*const answers[QUESTIONS])(struct tally *) = {
		[QUESTION_RATE] = rate_is_known,
		[QUESTION_ARMS] = arms_differ,
	};

	if (tally->stop_valid &&
	    tally->arms[tally->most_asked].tally.valid >= tally->stop_valid)
		return "valid";
	if (tally->stop_hits && hits_are_decided(tally))
		return "hits";
	for (int i = 0; i < QUESTIONS && !tally->decided[0]; i++)
		if (tally->questions[i])
			answers[i](tally);
	return tally->decided[0] ? "decided" : NULL;
}

/* --- the summary --- */

static uint64_t percentile_us(struct stats_sample *sample_ns, double p)
{
	return (stats_percentile(sample_ns, p) + 500) / 1000;
}

static struct tally_arm tell_arm(struct arm_sums *sums)
{
	struct tally_arm arm = sums->tally;

	arm.hold_asked_p50_us = stats_percentile(&sums->hold_asked_us, 50);
	arm.hold_asked_p99_us = stats_percentile(&sums->hold_asked_us, 99);
	arm.held_p50_us = percentile_us(&sums->held_ns, 50);
	arm.held_p99_us = percentile_us(&sums->held_ns, 99);
	arm.first_echo_p50_us = percentile_us(&sums->first_echo_ns, 50);
	arm.first_echo_p99_us = percentile_us(&sums->first_echo_ns, 99);
	arm.second_flags_p50_us = percentile_us(&sums->second_flags_ns, 50);
	arm.second_flags_p99_us = percentile_us(&sums->second_flags_ns, 99);
	arm.settle_p50_us = percentile_us(&sums->settle_ns, 50);
	arm.settle_p99_us = percentile_us(&sums->settle_ns, 99);
	arm.elapsed_ms = sums->elapsed_ns / 1000000;
	arm.fault_rate_low_ppm =
		stats_ppm_down(stats_rate_interval(arm.faults, judged(&arm), 0.95).low);
	arm.fault_rate_high_ppm =
		stats_ppm_up(stats_rate_interval(arm.faults, arm.valid, 0.95).high);
	return arm;
}

static void tell_shares(struct tally *tally, uint32_t number)
{
	struct tally_finding *told = &tally->told_findings[number];
	struct finding *finding = tally->findings[number];

	told->shares = finding->shares;
	told->nr_shares = 0;
	told->p_value = against_others(tally, finding->by_arm);
	for (int arm = 0; arm < ARMS; arm++) {
		struct tally_share *share = &finding->shares[told->nr_shares];
		const struct arm_sums *sums = &tally->arms[arm];
		struct stats_interval rate;

		if (!tally->asked[arm])
			continue;
		told->nr_shares++;
		*share = (struct tally_share){
			.arm = (enum arm)arm,
			.count = finding->by_arm[arm],
			.judged = judged(&sums->tally),
			.p_value = NAN,
		};
		rate = stats_rate_interval(share->count, share->judged, 0.95);
		share->rate_low_ppm = stats_ppm_down(rate.low);
		share->rate_high_ppm = stats_ppm_up(rate.high);
		if (arm != (int)tally->most_asked)
			share->p_value =
				stats_fisher(share_of(&tally->arms[tally->most_asked],
						      finding->by_arm[tally->most_asked]),
					     share_of(sums, share->count));
	}
}

/* Upper bound of the fault rate over the valid trials of the arm that injects most. */
static uint64_t bound_ppm(const struct tally_arm *arm)
{
	uint64_t faults = 0;

	if (!arm)
		return 1000000;
	for (int v = 0; v < VERDICTS; v++)
		if (verdict_fault((enum verdict)v))
			faults += arm->verdicts.by[v];
	return stats_ppm_up(stats_rate_bound(faults, arm->valid, 0.95));
}

static uint32_t tell_reasons(struct tally *tally)
{
	struct tally_reason *told = tally->told_reasons;

	for (uint32_t i = 0; i < tally->nr_reasons; i++) {
		const struct reason *reason = &tally->reasons[i];
		uint32_t at = i;

		for (; at && told[at - 1].count < reason->count; at--)
			told[at] = told[at - 1];
		told[at] =
			(struct tally_reason){ reason->verdict, reason->text, reason->count };
	}
	return tally->nr_reasons;
}

static uint32_t tell_steps(struct tally *tally)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < ORDER_HOLDS_MAX && tally->steps[i].tally.trials; i++) {
		struct step_sums *sums = &tally->steps[i];
		struct tally_step *told = &tally->told_steps[nr++];

		*told = sums->tally;
		told->step = i + 1;
		told->thread = sums->first.thread;
		told->place = sums->first.place;
		told->at_return = sums->first.at_return;
		told->function = sums->first.function;
		told->tier = sums->first.tier;
		told->asked_us = sums->first.asked_us;
		told->held_p50_ns = stats_percentile(&sums->held_ns, 50);
		told->held_p99_ns = stats_percentile(&sums->held_ns, 99);
		told->held_max_ns = stats_percentile(&sums->held_ns, 100);
	}
	return nr;
}

void tally_summary(struct tally *tally, struct summary *summary)
{
	struct arm_tally arms[ARMS] = { 0 };
	const struct tally_arm *most = NULL; /* of those that ran */
	uint32_t nr = 0, nr_judged = 0;

	summary->schema_version = RESULTS_SCHEMA_VERSION;
	summary->campaign = tally->campaign;
	summary->trials = 0;
	summary->valid = 0;
	for (int arm = 0; arm < ARMS; arm++) {
		struct tally_arm *told = &tally->told_arms[nr];

		if (!tally->asked[arm] && !tally->arms[arm].tally.trials)
			continue;
		nr++;
		*told = tell_arm(&tally->arms[arm]);
		arms[arm].trials = told->trials;
		memcpy(arms[arm].verdicts, told->verdicts.by, sizeof(arms[arm].verdicts));
		summary->trials += told->trials;
		summary->valid += told->valid;
		nr_judged += judged(told);
		if (told->trials)
			most = told;
	}
	summary->arms = tally->told_arms;
	summary->nr_arms = nr;
	for (uint32_t i = 0; i < tally->nr_findings; i++) {
		struct tally_finding *told = &tally->told_findings[i];

		tell_shares(tally, i);
		told->rate_ppm = nr_judged ? told->count * 1000000ULL / nr_judged : 0;
	}
	summary->decided = tally->decided[0] ? tally->decided : NULL;
	summary->findings = tally->told_findings;
	summary->nr_findings = tally->nr_findings;
	summary->steps = tally->told_steps;
	summary->nr_steps = tell_steps(tally);
	summary->reasons = tally->told_reasons;
	summary->nr_reasons = tell_reasons(tally);
	summary->fault_rate_bound_ppm = bound_ppm(most);

	arms[ARM_RACE].explored = tally->explored;
	summary->verdict = verdict_campaign(arms, tally->reason, sizeof(tally->reason));
	/* verdict_campaign() knows what ran, not what was asked for and never ran. */
	if (summary->verdict == CAMPAIGN_CLEAN && !arms[tally->most_asked].trials) {
		summary->verdict = CAMPAIGN_INCONCLUSIVE;
		snprintf(tally->reason, sizeof(tally->reason), "no trial of the %s arm was run",
			 arm_names[tally->most_asked]);
	}
	tell_planted(tally, tally->reason, sizeof(tally->reason));
	summary->reason = tally->reason;
	summary->exit_code = verdict_exit(summary->verdict);
}
