// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ledger/functions.h"
#include "results/tally_parts.h"

/*
 * Findings: which trials show the same bug. Trials of one signature are one finding, until
 * exact ledgers show that other paths hold.
 */

static const char *const planted_words[] = {
	[PLANTED_SOMEWHERE] = "in a kernel with a planted bug",
	[PLANTED_HERE] = "planted",
	[PLANTED_ELSEWHERE] = "not what was planted",
};
_Static_assert(sizeof(planted_words) / sizeof(planted_words[0]) == PLANTEDS, "words each");

void tally_tell_planted(const struct tally *tally, enum planted planted, char *reason,
			size_t size)
{
	char told[120];
	size_t length = strlen(reason), more;

	if (!tally->planted)
		return;
	more = (size_t)snprintf(told, sizeof(told), " (%s: %.60s)", planted_words[planted],
				tally->planted);
	if (length + more >= size)
		length = size - 1 - more;
	memcpy(reason + length, told, more + 1);
}

static enum planted planted_by(const struct finding *finding, const struct tally_finding *told)
{
	const struct tally_ledger *ledger = &told->ledger;
	bool is_known = ledger->nr_unmatched && ledger->exact;

	for (uint32_t i = 0; i < ledger->nr_unmatched; i++) {
		if (function_is_planted_in(ledger->unmatched[i].stack))
			return PLANTED_HERE;
		is_known = is_known && !ledger_path_is_cut(ledger->unmatched[i].stack);
	}
	if (function_is_planted_in(finding->first.signature) ||
	    function_is_planted_in(finding->first.reason))
		return PLANTED_HERE;
	return is_known ? PLANTED_ELSEWHERE : PLANTED_SOMEWHERE;
}

/* After all else of the finding. */
static void tell_reason(const struct tally *tally, struct finding *finding,
			const struct tally_finding *told)
{
	memcpy(finding->reason, finding->first.reason, sizeof(finding->reason));
	tally_tell_planted(tally, planted_by(finding, told), finding->reason,
			   sizeof(finding->reason));
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
	findings[nr] = finding;
	told[nr] = (struct tally_finding){
		.verdict = finding->first.verdict,
		.object = finding->first.object[0] ? finding->first.object : NULL,
		.signature = finding->first.signature,
		.trial_signature = finding->first.signature,
		.reason = finding->reason,
		.arms = finding->arms,
		.p_value = NAN,
		.ledger = { .state = LEDGER_HOLES },
	};
	tell_reason(tally, finding, &told[nr]);
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

static int keep_fault(struct tally *tally, const struct trial_spec *spec,
		      const struct judgement *judgement)
{
	struct fault *faults;

	if (tally->nr_faults == FAULTS_MAX)
		return 0;
	faults = reallocarray(tally->faults, tally->nr_faults + 1, sizeof(*faults));
	if (!faults)
		return -ENOMEM;
	tally->faults = faults;
	faults[tally->nr_faults++] = (struct fault){ *judgement, *spec };
	return 0;
}

int tally_add_fault(struct tally *tally, const struct trial_spec *spec,
		    const struct judgement *judgement, const struct tally_finding **finding,
		    uint32_t *number)
{
	uint32_t at = 0;
	bool is_new;
	int r;

	while (at < tally->nr_findings &&
	       strcmp(tally->told_findings[at].trial_signature, judgement->signature) != 0)
		at++;
	is_new = at == tally->nr_findings;
	r = keep_fault(tally, spec, judgement);
	if (!r && is_new)
		r = new_finding(tally, judgement);
	if (!r)
		r = add_to_finding(tally->findings[at], &tally->told_findings[at], spec,
				   judgement);
	if (r)
		return r;
	*number = at + 1;
	if (is_new && finding)
		*finding = &tally->told_findings[at];
	return is_new;
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
	if (told->nr_holds)
		memcpy(kept->holds[i], told->holds, told->nr_holds * sizeof(told->holds[0]));
}

static void keep_path(struct tally_finding *told, struct kept_ledger *kept,
		      const struct ledger_line *line)
{
	for (uint32_t i = 0; i < line->nr_unmatched; i++)
		keep_unmatched(kept, i, &line->unmatched[i]);
	keep_text(kept->path_signature, sizeof(kept->path_signature), line->path_signature);
	digest_fold(kept->unmatched[0].stack, kept->unmatched[0].unmatched, kept->folded,
		    sizeof(kept->folded));
	told->signature = told->path_signature = kept->path_signature;
	told->stack = kept->folded;
	told->ledger.unmatched = kept->unmatched;
	told->ledger.nr_unmatched = line->nr_unmatched;
}

/* --- bugs that look the same until their ledgers --- */

static const struct fault *fault_of(const struct tally *tally, uint32_t trial)
{
	for (uint32_t i = 0; i < tally->nr_faults; i++)
		if (tally->faults[i].spec.trial == trial)
			return &tally->faults[i];
	return NULL;
}

static bool has_trial(const struct tally_finding *told, uint32_t trial)
{
	for (uint32_t i = 0; i < told->nr_trials; i++)
		if (told->trials[i] == trial)
			return true;
	return false;
}

/* Another bug than the finding's: both are exact, and another path holds. */
static bool is_another(const struct tally *tally, const struct tally_finding *told,
		       const struct ledger_line *line)
{
	if (!told->path_signature || !line->path_signature || !told->ledger.exact ||
	    !line->exact || !strcmp(told->path_signature, line->path_signature) ||
	    told->nr_trials < 2 || !has_trial(told, line->trial))
		return false;
	for (uint32_t i = 0; i < told->nr_trials; i++)
		if (!fault_of(tally, told->trials[i]))
			return false;
	return true;
}

/* What is told of a finding, without one of its trials. */
static int take_out(struct tally *tally, uint32_t at, uint32_t trial)
{
	struct finding *finding = tally->findings[at];
	struct tally_finding *told = &tally->told_findings[at];
	uint32_t nr = told->nr_trials;
	int r = 0;

	told->nr_trials = told->count = told->nr_arms = 0;
	told->delta = 0;
	told->pinned = false;
	told->last_trial = 0;
	memset(finding->by_arm, 0, sizeof(finding->by_arm));
	/* It grows behind what is read of it. */
	for (uint32_t i = 0; !r && i < nr; i++) {
		const struct fault *fault = fault_of(tally, told->trials[i]);

		if (told->trials[i] == trial)
			continue;
		if (!told->count)
			finding->first = fault->judgement;
		r = add_to_finding(finding, told, &fault->spec, &fault->judgement);
	}
	tell_reason(tally, finding, told);
	return r;
}

/*
 * The line's trial becomes, or joins, a finding of its own. It does not count for
 * stop.findings: when a campaign ends must not depend on how long a repeat takes.
 */
static int split(struct tally *tally, uint32_t from, const struct ledger_line *line,
		 uint32_t *to)
{
	const struct fault *fault = fault_of(tally, line->trial);
	int r = take_out(tally, from, line->trial);

	for (*to = 0; *to < tally->nr_findings; (*to)++) {
		const struct tally_finding *told = &tally->told_findings[*to];

		if (told->path_signature && !strcmp(told->path_signature, line->path_signature))
			break;
	}
	if (!r && *to == tally->nr_findings) {
		r = new_finding(tally, &fault->judgement);
		if (!r)
			tally->findings[*to]->is_decisive = true;
	}
	return r ? r :
		   add_to_finding(tally->findings[*to], &tally->told_findings[*to],
				  &fault->spec, &fault->judgement);
}

/* The last attempt saw all there is to see: what it names stands above an earlier answer. */
static bool is_answered(const struct tally_finding *told, const struct ledger_line *line)
{
	return told->path_signature && !(line->final && line->path_signature);
}

/* Its steps in one sentence. */
static void keep_order(char *to, size_t size, const struct ledger_line *line)
{
	keep_text(to, size, "");
	for (uint32_t i = 0; i < line->nr_order; i++)
		text_add(to, size, "%s%s", i ? "; " : "", line->order[i]);
}

static int keep_ledger(struct tally *tally, uint32_t at, const struct ledger_line *line)
{
	struct tally_finding *told = &tally->told_findings[at];
	struct finding *finding = tally->findings[at];

	if (!finding->ledger)
		finding->ledger = calloc(1, sizeof(*finding->ledger));
	if (!finding->ledger)
		return -ENOMEM;
	keep_text(finding->ledger->reason, sizeof(finding->ledger->reason), line->reason);
	keep_text(finding->ledger->post_mortem, sizeof(finding->ledger->post_mortem),
		  line->post_mortem);
	keep_order(finding->ledger->order, sizeof(finding->ledger->order), line);
	told->ledger = (struct tally_ledger){
		.trial = line->trial,
		.attempt = line->attempt,
		.state = line->state,
		.reason = finding->ledger->reason,
		.leaked = line->leaked,
		.exact = line->exact,
		.clean = line->clean,
		.post_mortem = line->post_mortem ? finding->ledger->post_mortem : NULL,
		.order = line->nr_order ? finding->ledger->order : NULL,
	};
	if (line->path_signature && line->nr_unmatched)
		keep_path(told, finding->ledger, line);
	tell_reason(tally, finding, told);
	return 0;
}

/* That of its trial; otherwise, as when a trial is not in these sums, of its signature. */
static uint32_t finding_of(const struct tally *tally, const struct ledger_line *line)
{
	uint32_t first = tally->nr_findings;

	for (uint32_t i = 0; line->signature && i < tally->nr_findings; i++) {
		const struct tally_finding *told = &tally->told_findings[i];

		if (strcmp(told->trial_signature, line->signature) != 0)
			continue;
		if (has_trial(told, line->trial))
			return i;
		if (first == tally->nr_findings)
			first = i;
	}
	return first;
}

int tally_add_ledger(struct tally *tally, const struct ledger_line *line)
{
	uint32_t at = finding_of(tally, line);
	struct tally_finding *told;
	int r = 0;

	if (at == tally->nr_findings)
		return 0;
	if (is_another(tally, &tally->told_findings[at], line))
		r = split(tally, at, line, &at);
	if (r)
		return r;
	told = &tally->told_findings[at];
	told->without_echo |= line->attempt && line->leaked && line->arm == ARM_HOLD;
	return is_answered(told, line) ? 0 : keep_ledger(tally, at, line);
}
