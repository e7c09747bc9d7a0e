// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results.h"
#include "tally.h"

/* --- what is told: the tables --- */

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#define PLACE(type, ctype, member) \
	(offsetof(type, member) * _Generic(((type *)NULL)->member, ctype: (size_t)1))
#define ARM(ctype, member)     .offset = PLACE(struct tally_arm, ctype, member)
#define FINDING(ctype, member) .offset = PLACE(struct tally_finding, ctype, member)
#define REASON(ctype, member)  .offset = PLACE(struct tally_reason, ctype, member)
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
	{ "inside", FIELD_U32, ARM(uint32_t, inside), .doc = "Trials with an echo inside the window" },
	{ "tentative", FIELD_U32, ARM(uint32_t, tentative),
	  .doc = "Of them, those in which an address was tentative when an echo came" },
	{ "verdicts", FIELD_OBJECT, .offset = offsetof(struct tally_arm, verdicts), .sub = &verdicts_fields,
	  .doc = "Trials by verdict" },
	{ "echoes_sent", FIELD_U64, ARM(uint64_t, echoes_sent), .doc = "Echoes handed to the kernel" },
	{ "echoes_refused", FIELD_U64, ARM(uint64_t, echoes_refused),
	  .doc = "Of them, those that it answered with an error" },
	{ "echoes_delivered", FIELD_U64, ARM(uint64_t, echoes_delivered),
	  .doc = "Echoes that were seen inside the kernel, matched one by one" },
	{ "echoes_inside", FIELD_U64, ARM(uint64_t, echoes_inside), .doc = "Of them, those inside the window" },
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
	{ .name = NULL },
};
const struct fields tally_arm_fields = {
	"arm", "All trials of one arm", arm_rows, sizeof(struct tally_arm),
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
	  .doc = "What ended the campaign: trials, seconds, findings, signal or error" },
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

/* What a tally_finding points at; it stays in place while their array grows. */
struct finding {
	struct judgement first;
	enum arm arms[ARMS];
	uint32_t *trials;
	uint32_t room;
};

/* More kinds than verdict.c has sentences; a further one is counted under the last. */
enum { REASONS_MAX = 32 };

struct reason {
	enum verdict verdict;
	char text[sizeof(((struct judgement *)NULL)->reason)];
	uint32_t count;
};

struct tally {
	char *campaign;
	char *planted; /* NULL: nothing */
	bool asked[ARMS];
	struct arm_sums arms[ARMS];

	struct finding **findings;
	struct tally_finding *told_findings;
	uint32_t nr_findings;

	struct reason reasons[REASONS_MAX];
	uint32_t nr_reasons;

	/* What the last summary points at. */
	struct tally_arm told_arms[ARMS];
	struct tally_reason told_reasons[REASONS_MAX];
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
	for (uint32_t i = 0; i < campaign->nr_arms; i++)
		tally->asked[campaign->arms[i]] = true;
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
	for (uint32_t i = 0; i < tally->nr_findings; i++) {
		free(tally->findings[i]->trials);
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
	arm->opened += e->opened;
	arm->inside += e->echoes_inside > 0;
	arm->tentative += e->tentative_inside;
	arm->echoes_sent += e->echoes_sent;
	arm->echoes_refused += e->echoes_refused;
	arm->echoes_delivered += e->echoes_delivered;
	arm->echoes_inside += e->echoes_inside;
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
	};
	tally->nr_findings++;
	return 0;
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
	told->count++;
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

int tally_add(struct tally *tally, const struct evidence *evidence,
	      const struct judgement *judgement, const struct tally_finding **finding)
{
	int r = add_to_arm(&tally->arms[evidence->spec.arm], evidence, judgement->verdict);

	if (r)
		return r;
	if (verdict_fault(judgement->verdict))
		return add_fault(tally, &evidence->spec, judgement, finding);
	if (!verdict_valid(judgement->verdict))
		add_reason(tally, judgement);
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
	return arm;
}

/* Upper bound of the fault rate over the valid trials of the arm that injects most. */
static uint64_t bound_ppm(const struct tally_arm *arm)
{
	uint64_t faults = 0;
	double bound;

	if (!arm)
		return 1000000;
	for (int v = 0; v < VERDICTS; v++)
		if (verdict_fault((enum verdict)v))
			faults += arm->verdicts.by[v];
	/* A bound is rounded up; what is a whole number but for its last bits stays that. */
	bound = stats_rate_bound(faults, arm->valid, 0.95) * 1e6;
	return (uint64_t)ceil(bound - 1e-6);
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

void tally_summary(struct tally *tally, struct summary *summary)
{
	struct arm_tally arms[ARMS] = { 0 };
	const struct tally_arm *most = NULL; /* of those that ran */
	enum arm most_asked = ARM_CONTROL;
	uint32_t nr = 0;

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
		if (told->trials)
			most = told;
		most_asked = (enum arm)arm;
	}
	summary->arms = tally->told_arms;
	summary->nr_arms = nr;
	summary->findings = tally->told_findings;
	summary->nr_findings = tally->nr_findings;
	summary->reasons = tally->told_reasons;
	summary->nr_reasons = tell_reasons(tally);
	summary->fault_rate_bound_ppm = bound_ppm(most);

	summary->verdict = verdict_campaign(arms, tally->reason, sizeof(tally->reason));
	/* verdict_campaign() knows what ran, not what was asked for and never ran. */
	if (summary->verdict == CAMPAIGN_CLEAN && !arms[most_asked].trials) {
		summary->verdict = CAMPAIGN_INCONCLUSIVE;
		snprintf(tally->reason, sizeof(tally->reason), "no trial of the %s arm was run",
			 arm_names[most_asked]);
	}
	tell_planted(tally, tally->reason, sizeof(tally->reason));
	summary->reason = tally->reason;
	summary->exit_code = verdict_exit(summary->verdict);
}
