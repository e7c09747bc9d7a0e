// SPDX-License-Identifier: GPL-2.0-or-later
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/loop.h"
#include "machine/klog.h"
#include "run/outcome.h"
#include "trial/klog_trial.h"

enum {
	KLOG_POLL_MS = 10,
	COMM_MOST = 15, /* bytes of a task's name: TASK_COMM_LEN without its end */
};

/* --- evidence --- */

void outcome_begin(struct seat *seat)
{
	const struct probes *probes = seat->runner->ask->probes;

	seat->missed_before = probes_missed(probes);
	for (uint32_t i = 0; i < seat->spec.steps && i < ORDER_HOLDS_MAX; i++)
		seat->step_missed_before[i] =
			probes_step_missed(probes, seat->spec.holds[i].hook);
	seat->klog = (struct klog_line){ 0 };
	seat->klog_tie = KLOG_TIE_UNKNOWN;
	seat->klog_lines = seat->klog_shared = seat->klog_gaps = 0;
}

/* --- the kernel's log --- */

/* What waits is benign unless something hangs; what nothing ties to the lane is only told. */
static uint32_t weight(enum klog_kind kind, enum klog_tie tie)
{
	return kind == KLOG_OTHER ? 0 : tie == KLOG_TIE_NONE ? 1 : kind == KLOG_WAITING ? 2 : 3;
}

/* A task that has ended is known by its name only. */
static bool has_name_of_ours(const struct campaign *campaign, const char *comm)
{
	const char *command = campaign->bringup.nr_command ? campaign->bringup.command[0] : "";
	const char *slash = strrchr(command, '/');

	command = slash ? slash + 1 : command;
	return !strncmp(comm, "dadrace", strlen("dadrace")) ||
	       (*comm && !strncmp(comm, command, COMM_MOST));
}

static enum klog_task whose_task(uint32_t pid, const char *comm, void *arg)
{
	const struct seat *seat = arg;
	enum klog_task task = klog_task_of(pid, lane_pid(seat->lane));

	if (task == KLOG_TASK_UNKNOWN && has_name_of_ours(seat->runner->campaign, comm))
		return KLOG_TASK_OURS;
	return task;
}

static enum klog_tie tie_to(struct seat *seat, const struct klog_report *report)
{
	const struct runner *runner = seat->runner;
	const struct klog_lane lane = {
		.device = seat->device,
		.device_stays = device_is_real(runner->campaign->device.kind),
		.in_guest = runner->in_guest,
		.functions = runner->hooked,
		.task = whose_task,
		.arg = seat,
	};

	return klog_report_tie(report, &lane);
}

static void blame(struct seat *seat, const struct klog_report *report, enum klog_tie tie,
		  uint32_t shared)
{
	seat->klog_lines++;
	seat->klog_shared = shared;
	if (weight(report->head.kind, tie) <= weight(seat->klog.kind, seat->klog_tie))
		return;
	seat->klog = report->head;
	seat->klog_tie = tie;
}

static bool was_running(const struct seat *seat, uint64_t at_us)
{
	return seat->state == SEAT_RUNNING && seat->started_ns / 1000 <= at_us;
}

/* A report of this kernel has been of several trials: from here on it is of one. */
static void go_on_alone(struct runner *runner, const struct klog_report *report, uint32_t nr)
{
	char sentence[512];

	if (runner->alone)
		return;
	runner->alone = true;
	/* clang-format off */
	snprintf(sentence, sizeof(sentence),
		 "the kernel logged \"%.200s\" while %u trials were in progress, and it names none of them; from now on one trial runs at a time",
		 report->head.text, nr);
	/* clang-format on */
	progress_say(runner->sums->progress, sentence);
}

static void report_seen(const struct klog_report *report, void *arg)
{
	struct runner *runner = arg;
	const struct campaign *campaign = runner->campaign;
	struct klog_trial trials[LANES_MAX];
	struct seat *seats[LANES_MAX];
	uint32_t nr = 0, shared;
	bool accuses = false;

	if (klog_report_has(report, campaign->watch.ignore_log, campaign->watch.nr_ignore_log))
		return;
	for (uint32_t i = 0; i < LANES_MAX; i++) {
		struct seat *seat = &runner->seats[i];

		if (!was_running(seat, report->began_us))
			continue;
		trials[nr] = (struct klog_trial){
			.tie = tie_to(seat, report),
			.arm = seat->spec.arm,
			.counts = !seat->repeats && !seat->controls,
			.started_ns = seat->started_ns,
		};
		seats[nr++] = seat;
	}
	shared = klog_put_down(trials, nr);
	for (uint32_t i = 0; i < nr; i++) {
		if (trials[i].tie > KLOG_TIE_ELSEWHERE)
			blame(seats[i], report, trials[i].tie, shared ? shared : nr);
		accuses |= klog_report_accuses(report, trials[i].tie) &&
			   !klog_tie_is_own(trials[i].tie);
	}
	if (accuses && shared > 1)
		go_on_alone(runner, report, shared);
}

static void line_seen(const struct klog_line *line, void *arg)
{
	struct runner *runner = arg;

	klog_reports_add(&runner->reports, line, loop_now() / 1000);
}

void outcome_klog(void *arg)
{
	struct runner *runner = arg;
	unsigned int gaps;

	gaps = klog_read(runner->klog, line_seen, runner);
	for (uint32_t i = 0; gaps && i < LANES_MAX; i++)
		runner->seats[i].klog_gaps += gaps;
}

void outcome_klog_begin(struct runner *runner)
{
	runner->reports.done = report_seen;
	runner->reports.arg = runner;
	runner->in_guest = klog_in_guest();
	outcome_klog_functions(runner);
}

void outcome_klog_functions(struct runner *runner)
{
	uint32_t nr = 0;

	memset(runner->hooked, 0, sizeof(runner->hooked));
	for (uint32_t i = 0; i < runner->places.nr_holds && i < ORDER_HOLDS_MAX; i++) {
		const char *function = probes_step_hook(runner->ask->probes, i)->function;

		if (function && *function)
			runner->hooked[nr++] = function;
	}
}

/* The stack of a report that has begun in the trial may still be on its way. */
static void finish_reports(struct runner *runner)
{
	uint64_t deadline_us = loop_now() / 1000 + KLOG_REPORT_US;

	outcome_klog(runner);
	while (runner->reports.nr_open && loop_now() / 1000 < deadline_us) {
		struct pollfd more = { .fd = klog_fd(runner->klog), .events = POLLIN };

		poll(&more, 1, KLOG_POLL_MS);
		outcome_klog(runner);
	}
	klog_reports_close(&runner->reports, UINT64_MAX);
}

/* --- evidence, completed --- */

static void name_hook(const struct probe_hook *hook, struct step_audit *audit)
{
	audit->tier = hook->tier;
	snprintf(audit->function, sizeof(audit->function), "%s",
		 hook->function ? hook->function : "");
}

static void complete_evidence(struct seat *seat, struct evidence *evidence)
{
	struct runner *runner = seat->runner;

	if (runner->klog)
		finish_reports(runner);
	evidence->tier = runner->tier;
	evidence->klog = seat->klog;
	evidence->klog_tie = seat->klog_tie;
	evidence->klog_lines = seat->klog_lines;
	evidence->klog_shared = seat->klog_shared;
	evidence->lost_records +=
		seat->klog_gaps; /* what was overwritten may have been the line */
	for (uint32_t i = 0; i < evidence->spec.steps && i < ORDER_HOLDS_MAX; i++) {
		uint32_t hook = evidence->spec.holds[i].hook;

		name_hook(probes_step_hook(runner->ask->probes, hook), &evidence->steps[i]);
		evidence->steps[i].passes = probes_step_passes(runner->ask->probes, hook);
		evidence->steps[i].missed = probes_step_missed(runner->ask->probes, hook) -
					    seat->step_missed_before[i];
	}
	/* After the steps': what they add meanwhile is part of it. */
	evidence->missed_probes = probes_missed(runner->ask->probes) - seat->missed_before;
}

bool outcome_is_spent(const struct evidence *e, const struct judgement *judgement)
{
	return verdict_fault(judgement->verdict) || e->unregister_tried || e->device_gone ||
	       e->hang || e->lane_lost || e->undead;
}

/* --- ledgers --- */

static bool add_ledger(struct seat *seat, const struct ledger_of *of)
{
	struct runner *runner = seat->runner;
	const struct ledger_line line = ledger_line(of, &runner->ledger_told);

	return conclude_ledger(runner->sums, &line, NULL);
}

/* The ledger of a trial of the plan (ledger: always). */
static bool add_own_ledger(struct seat *seat, const struct evidence *e,
			   const struct judgement *judgement)
{
	enum digest_object object = DIGEST_NET_DEVICE;
	bool leaked =
		judgement->verdict == VERDICT_LEAK && suspects_watchable(judgement, &object);
	const struct ledger_of of = {
		.trial = e->spec.trial,
		.final = true,
		.signature = leaked ? judgement->signature : NULL,
		.object = object_names[object],
		.evidence = e,
		.judgement = judgement,
		.digest = lane_digest(seat->lane, object),
	};

	return add_ledger(seat, &of);
}

/* Where births and deaths are seen they name the holder: a hole in theirs is one, too. */
static enum ledger_hole hole_of(const struct seat *seat, enum digest_object object)
{
	enum ledger_hole hole = lane_digest(seat->lane, object)->state;

	for (int i = DIGEST_COUNTERS; i < DIGEST_ADDRESS && hole == LEDGER_WHOLE; i++) {
		enum ledger_hole of_lives = lane_digest(seat->lane, i)->state;

		if (of_lives != LEDGER_UNARMED)
			hole = of_lives;
	}
	return hole;
}

/* More than the surplus where the trial has dropped what was held before it. */
static int64_t lost_at_most(const struct digest *digest)
{
	int64_t lost = 0;

	for (uint32_t i = 0; i < digest->nr_suspects; i++)
		lost += digest->suspects[i].unmatched;
	return lost > digest->surplus ? lost : digest->surplus;
}

/* With a ledger that has holes there is nothing to compare. */
static void compare_post_mortem(struct seat *seat)
{
	const struct digest *digest = lane_digest(seat->lane, DIGEST_NET_DEVICE);

	if (digest->state == LEDGER_WHOLE)
		post_mortem_compare(seat->post_mortem, lost_at_most(digest));
}

/*
 * A trial that was to teach and went wrong is an attempt, too: otherwise there might be no end.
 */
static bool add_repeat(struct seat *seat, const struct evidence *e,
		       const struct judgement *judgement)
{
	struct runner *runner = seat->runner;
	struct suspect *suspect = suspects_next(&runner->sums->suspects);
	struct ledger_of of;

	seat->repeats = false;
	if (!suspect)
		return true; /* a signal has ended it */
	compare_post_mortem(seat);
	of = (struct ledger_of){
		.trial = suspect->spec.trial,
		.attempt = suspect->attempts + 1,
		.followed = e->spec.choice.followed,
		.signature = suspect->signature,
		.object = object_names[suspect->object],
		.evidence = e,
		.judgement = judgement,
		.digest = lane_digest(seat->lane, suspect->object),
		.post_mortem = seat->post_mortem[0] ? seat->post_mortem : NULL,
	};
	if (seat->learned++ < SUSPECTS_LEARN && !outcome_is_spent(e, judgement) &&
	    of.digest->state != LEDGER_UNARMED)
		return true;
	of.final = suspects_tried(&runner->sums->suspects, judgement,
				  hole_of(seat, suspect->object));
	return add_ledger(seat, &of);
}

/* --- the sums --- */

/* A trial of the plan. False: the campaign has failed. */
static bool add_trial(struct seat *seat, struct evidence *evidence,
		      const struct judgement *judgement)
{
	struct runner *runner = seat->runner;
	const struct campaign *campaign = runner->campaign;

	if (campaign->explore.mode)
		behaviour_of(evidence, &runner->places, judgement, &evidence->behaviour);
	if (!conclude_trial(runner->sums, evidence, judgement, NULL))
		return false;
	if (campaign->ledger == LEDGER_ALWAYS && !add_own_ledger(seat, evidence, judgement))
		return false;
	if (campaign->ledger == LEDGER_SUSPECTS && !runner->sums->failed)
		suspects_add(&runner->sums->suspects, evidence, judgement);
	conclude_ended(runner->sums);
	return true;
}

/* No trial of the plan has the number 0. False: the campaign has failed. */
static bool add_control(struct seat *seat, struct evidence *evidence,
			const struct judgement *judgement)
{
	struct judgement told = *judgement;

	seat->controls = false;
	evidence->spec.trial = 0;
	text_add(told.reason, sizeof(told.reason), "; 1 reference was held on purpose");
	return conclude_control(seat->runner->sums, evidence, &told, NULL);
}

void outcome_suspected(const struct seat *seat, const struct evidence *evidence)
{
	struct runner *runner = seat->runner;
	struct judgement suspicion;

	if (!seat->repeats && !seat->controls && !runner->ask->scouted &&
	    verdict_suspects(evidence, runner->campaign, &suspicion))
		progress_suspicion(runner->sums->progress, evidence, &suspicion);
}

bool outcome_add(struct seat *seat, struct evidence *evidence, struct judgement *judgement)
{
	struct runner *runner = seat->runner;
	const struct campaign *campaign = runner->campaign;
	bool good;

	complete_evidence(seat, evidence);
	verdict_judge(evidence, campaign, judgement);
	if (seat->controls)
		return add_control(seat, evidence, judgement);
	if (runner->ask->scouted) {
		if (!runner->ask->scouted(evidence, judgement,
					  lane_digest(seat->lane, DIGEST_NET_DEVICE),
					  runner->ask->arg))
			conclude_stop(runner->sums, "findings");
		return true;
	}
	good = seat->repeats ? add_repeat(seat, evidence, judgement) :
			       add_trial(seat, evidence, judgement);
	if (!good)
		suspects_drop(&runner->sums->suspects);
	return good;
}

void outcome_lost(struct seat *seat, enum hang hang)
{
	struct runner *runner = seat->runner;
	struct evidence *e = &runner->message.evidence;
	struct judgement judgement;

	memset(e, 0, sizeof(*e));
	e->spec = seat->spec;
	e->lane = lane_number(seat->lane);
	e->lane_lost = true;
	snprintf(e->device, sizeof(e->device), "%s", seat->device);
	e->started_ns = seat->started_ns;
	e->ended_ns = loop_now();
	e->hang = hang;
	if (hang)
		lane_stack(seat->lane, e);
	outcome_add(seat, e, &judgement);
}
