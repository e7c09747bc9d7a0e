// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/loop.h"
#include "lane/lane.h"
#include "lane/worker.h"
#include "machine/kallsyms.h"
#include "machine/klog.h"
#include "machine/machine.h"
#include "run/hooks.h"
#include "run/outcome.h"
#include "spec/deadlines.h"
#include "trial/plan.h"
#include "trial/settle.h"

enum {
	FAILURES_MAX = 3,	/* lanes that failed in a row before the campaign gives up */
	LANE_MARGIN_MS = 10000, /* beyond a trial's own deadlines: for a noisy machine */
	LANE_OPEN_MS = 60000,	/* making a lane, warm-up included */
	LEAVE_MS = 5000,	/* for lanes to leave by themselves at the end */
	LONG_HOLD_US = 1000000, /* longer holds are cut short when a signal ends the campaign */
	EXAMINE_MS = 180000,	/* for `dadrace who`, in a guest that is emulated, too */
	KILLED_MS = 10000,	/* for the kernel to end a killed one that is not stuck */
	HANGS_MS = 2000, /* for one to leave that has somebody who hangs; it is not killed */
	STUCK_MAX = 32,	 /* lanes: a machine should be left with some namespaces */
};

#define FIRST_REPEAT \
	0x80000000U /* number of a repeat within its lane: no trial of a plan has it */

static void fill_seats(struct runner *runner);

/* --- ending --- */

static bool all_empty(const struct runner *runner)
{
	for (uint32_t i = 0; i < LANES_MAX; i++)
		if (runner->seats[i].state != SEAT_EMPTY)
			return false;
	return true;
}

static bool any_running(const struct runner *runner)
{
	for (uint32_t i = 0; i < LANES_MAX; i++)
		if (runner->seats[i].state == SEAT_RUNNING ||
		    runner->seats[i].state == SEAT_EXAMINED)
			return true;
	return false;
}

static void leave_seat(struct seat *seat, bool at_once)
{
	if (at_once)
		lane_kill(seat->lane);
	else
		lane_end(seat->lane);
	seat->killed = at_once;
	seat->state = SEAT_LEAVING;
	loop_timer_set(seat->deadline, loop_now() + (at_once	 ? KILLED_MS :
						     seat->hangs ? HANGS_MS :
								   LEAVE_MS) *
							    1000000ULL);
}

static void clear_seat(struct seat *seat)
{
	loop_forget(seat->messages);
	loop_forget(seat->deadline);
	lane_free(seat->lane);
	job_free(seat->examination);
	free(seat->examined);
	if (seat->runner->waits == seat)
		seat->runner->waits = NULL;
	*seat = (struct seat){ .runner = seat->runner };
}

/* Whether suspects are still to be served, when the campaign has ended, too. */
static bool has_suspects(struct runner *runner)
{
	return suspects_next(&runner->sums->suspects) != NULL;
}

/* Lets the lanes go when nothing is in hand any more; stops the loop when the last has gone. */
static void wind_up(struct runner *runner)
{
	if (!runner->sums->ended_by || any_running(runner))
		return;
	for (uint32_t i = 0; i < LANES_MAX; i++) {
		struct seat *seat = &runner->seats[i];

		if (seat->serves && has_suspects(runner))
			continue;
		if (seat->state == SEAT_IDLE || seat->state == SEAT_OPENING)
			leave_seat(seat, seat->state == SEAT_OPENING);
	}
	if (all_empty(runner))
		loop_stop(runner->loop);
}

static void end(struct runner *runner, const char *by)
{
	conclude_stop(runner->sums, by);
	wind_up(runner);
}

static void give_up(struct runner *runner, const struct why *why)
{
	conclude_fail(runner->sums, why);
	suspects_drop(&runner->sums->suspects);
	wind_up(runner);
}

static void no_memory(struct runner *runner)
{
	struct why why;

	why_memory(&why);
	give_up(runner, &why);
}

/* --- lanes --- */

static void start_trial(struct seat *seat, bool ledger)
{
	struct runner *runner = seat->runner;
	struct campaign waits = *runner->campaign;
	struct lane_order order = {
		.spec = seat->spec,
		.ledger = ledger,
		.control = seat->controls,
	};
	struct why why;

	for (uint32_t i = 0; i < runner->places.nr_holds; i++)
		order.hooked[i] = (uint8_t)runner->places.holds[i].thread;
	if (lane_run(seat->lane, &order, &why)) {
		give_up(runner, &why);
		return;
	}
	deadlines_lengthen(&waits, seat->slow);
	seat->state = SEAT_RUNNING;
	seat->started_ns = loop_now();
	outcome_begin(seat);
	loop_timer_set(
		seat->deadline,
		seat->started_ns + seat->spec.hold_us * 1000 +
			/* the bring-up's deadline counts anew when the window opens */
			(2ULL * (waits.bringup.deadline_ms + seat->spec.steps * ORDER_MOST_MS) +
			 settle_longest_ms(&waits) + LANE_MARGIN_MS) *
				1000000ULL);
}

/* Once in a campaign, as early as can be; again when it has failed. Scouts judge nothing. */
static bool wants_control(const struct runner *runner)
{
	if (runner->ask->scouted || runner->sums->control_works || runner->sums->ended_by)
		return false;
	for (uint32_t i = 0; i < LANES_MAX; i++)
		if (runner->seats[i].controls)
			return false;
	return true;
}

static void start_control(struct seat *seat)
{
	seat->controls = true;
	seat->spec =
		(struct trial_spec){ .trial = seat->runner->next_repeat++, .arm = ARM_CONTROL };
	start_trial(seat, false);
}

/*
 * Whether the places of the seat's trial are hooked. If not, they are once no trial is in hand
 * any more: what is hooked is the same for all lanes.
 */
static bool is_hooked(struct seat *seat)
{
	struct runner *runner = seat->runner;
	const struct explore_choice *choice = &seat->spec.choice;
	struct probes_step steps[STEPS_MAX];
	struct why why;
	uint32_t nr;

	if (!choice->mode || choice->set == runner->set)
		return true;
	runner->waits = any_running(runner) ? seat : NULL;
	if (runner->waits)
		return false;
	plan_set(runner->campaign, choice->set, &runner->places);
	nr = run_steps(runner->campaign, runner->ask->driver, &runner->places, steps);
	if (probes_steps_change(runner->ask->probes, steps, nr, runner->campaign->tier, &why)) {
		give_up(runner, &why);
		return false;
	}
	runner->set = choice->set;
	outcome_klog_functions(runner);
	return true;
}

static uint32_t races_in_hand(const struct runner *runner)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < LANES_MAX; i++) {
		const struct seat *seat = &runner->seats[i];

		nr += seat->state == SEAT_RUNNING && !seat->controls &&
		      seat->spec.arm == ARM_RACE;
	}
	return nr;
}

/*
 * No second race begins before the first one is judged: a kernel that leaks each time is left
 * with one leak, not with one of each lane.
 */
static bool waits_for_first_race(const struct seat *seat)
{
	return !seat->runner->raced && seat->spec.arm == ARM_RACE &&
	       races_in_hand(seat->runner);
}

/* Nor are there more lanes than may get stuck, once one is. */
static bool waits_for_stuck(const struct runner *runner)
{
	return runner->sums->stuck && runner->sums->stuck + races_in_hand(runner) >= STUCK_MAX;
}

/* What the kernel reports without naming anybody is to be of one trial. */
static bool waits_to_be_alone(const struct runner *runner)
{
	for (uint32_t i = 0; runner->alone && i < LANES_MAX; i++)
		if (runner->seats[i].state == SEAT_RUNNING)
			return true;
	return false;
}

static void take_next(struct runner *runner)
{
	runner->next_trial = shard_next(&runner->deal, runner->next_trial);
}

static void run_next(struct seat *seat)
{
	struct runner *runner = seat->runner;
	const struct campaign *campaign = runner->campaign;
	const struct suspect *suspect = suspects_next(&runner->sums->suspects);
	bool ledger = campaign->ledger == LEDGER_ALWAYS;
	int err;

	seat->state = SEAT_IDLE;
	if (runner->waits && runner->waits != seat && !runner->sums->ended_by)
		return;
	runner->waits = NULL;
	if (seat->serves && suspect) {
		seat->spec = suspects_spec(suspect, seat->learned);
		if (waits_to_be_alone(runner)) {
			runner->waits = seat; /* the lane that ends begins no other trial */
			return;
		}
		if (!is_hooked(seat))
			return; /* the trials in hand must end first */
		seat->repeats = true;
		seat->spec.trial = runner->next_repeat++;
		start_trial(seat, true);
		return;
	}
	seat->serves = false;
	if (wants_control(runner)) {
		start_control(seat);
		return;
	}
	while (runner->sums->results &&
	       results_has(runner->sums->results, runner->next_trial)) {
		explorer_learn(runner->sums->explorer, runner->next_trial, NULL);
		take_next(runner);
	}
	if (campaign->stop.trials && runner->next_trial > campaign->stop.trials)
		end(runner, "trials");
	if (runner->sums->ended_by) {
		wind_up(runner);
		return;
	}
	if (!tally_has_room(runner->sums->tally, runner->next_trial))
		return; /* the oldest trial must end first */
	err = explorer_next(runner->sums->explorer, runner->next_trial, &seat->spec);
	if (err == -EAGAIN)
		return; /* other lanes' trials will tell */
	if (err) {
		no_memory(runner);
		return;
	}
	if (waits_for_first_race(seat) || waits_for_stuck(runner) ||
	    waits_to_be_alone(runner) || !is_hooked(seat))
		return;
	take_next(runner);
	if (runner->ask->scouts)
		ledger &= runner->ask->scouts(&seat->spec, runner->ask->arg);
	start_trial(seat, ledger);
}

/*
 * What a trial has shown may be what idle lanes wait for, or its end: a suspect that waits for
 * its places is repeated after the campaign has ended, too.
 */
static void wake_idle(struct runner *runner)
{
	for (uint32_t i = 0; i < LANES_MAX; i++)
		if (runner->seats[i].state == SEAT_IDLE &&
		    (!runner->sums->ended_by || runner->seats[i].serves))
			run_next(&runner->seats[i]);
}

static void conclude_seat(struct seat *seat, struct evidence *e)
{
	struct runner *runner = seat->runner;
	struct judgement judgement;
	bool controls = seat->controls, good;

	if (!outcome_add(seat, e, &judgement)) {
		leave_seat(seat, false);
		return;
	}
	runner->raced |= !controls && e->spec.arm == ARM_RACE;
	good = controls ? runner->sums->control_works : !outcome_is_spent(e, &judgement);
	if (good) {
		run_next(seat);
		wake_idle(runner);
		return;
	}
	seat->hangs = e->hang || (e->unregister_tried && !e->unregister_returned);
	leave_seat(seat, false);
	wake_idle(runner);
	wind_up(runner);
}

/* --- what a repeat has left stuck is examined --- */

static void examined(struct seat *seat)
{
	struct evidence *evidence = seat->examined;

	seat->examined = NULL;
	loop_timer_stop(seat->deadline);
	conclude_seat(seat, evidence);
	free(evidence);
}

static void examination_ended(const struct job_end *end, void *arg)
{
	struct seat *seat = arg;

	seat->examination = NULL;
	post_mortem_words(end, seat->post_mortem);
	examined(seat);
}

/* It cannot be unregistered, or, where the device is not ours to delete, it has leaked. */
static bool leaves_something(const struct seat *seat, const struct evidence *e)
{
	if (e->unregister_tried)
		return !e->unregister_returned;
	if (seat->runner->campaign->device.kind != DEVICE_EXISTING)
		return false;
	for (enum object object = 0; object < OBJECTS; object++)
		if (evidence_counted(e, object) && evidence_over(e, object) > 0)
			return true;
	return false;
}

/* Whether it has begun; without memory or a process the trial is concluded without it. */
static bool examine(struct seat *seat, const struct evidence *e)
{
	seat->post_mortem[0] = '\0';
	if (!seat->repeats || !leaves_something(seat, e))
		return false;
	seat->examined = malloc(sizeof(*seat->examined));
	if (seat->examined)
		seat->examination =
			post_mortem_start(seat->runner->loop, seat->device,
					  lane_pid(seat->lane), examination_ended, seat);
	if (!seat->examination) {
		free(seat->examined);
		seat->examined = NULL;
		return false;
	}
	*seat->examined = *e;
	seat->state = SEAT_EXAMINED;
	loop_timer_set(seat->deadline, loop_now() + EXAMINE_MS * 1000000ULL);
	return true;
}

static void trial_is_over(struct seat *seat)
{
	struct runner *runner = seat->runner;
	struct evidence *e = &runner->message.evidence;

	loop_timer_stop(seat->deadline);
	runner->failures = 0;
	if (!examine(seat, e))
		conclude_seat(seat, e);
}

static void lane_failed(struct seat *seat)
{
	struct runner *runner = seat->runner;
	struct lane_message *message = &runner->message;

	runner->failures++;
	if (seat->serves) { /* the campaign itself can do without */
		progress_say(runner->sums->progress, message->why.text);
		suspects_drop(&runner->sums->suspects);
	} else if (seat->state == SEAT_OPENING || runner->failures >= FAILURES_MAX) {
		give_up(runner, &message->why);
	} else {
		progress_say(runner->sums->progress, message->why.text);
	}
	leave_seat(seat, message->kind == LANE_GONE);
	wake_idle(runner);
	wind_up(runner);
}

/* It is not used: another lane takes its place, unless controls have failed too often. */
static void lane_blind(struct seat *seat)
{
	struct runner *runner = seat->runner;

	if (seat->serves) {
		progress_say(runner->sums->progress, runner->message.why.text);
		suspects_drop(&runner->sums->suspects);
	} else {
		conclude_blind(runner->sums, &runner->message.why);
	}
	if (runner->sums->failed)
		suspects_drop(&runner->sums->suspects);
	leave_seat(seat, false);
	wake_idle(runner);
	wind_up(runner);
}

/* Told once: the results have it of each trial. */
static void say_slow(struct runner *runner, uint32_t slow)
{
	char sentence[200];

	if (slow <= SLOW_USUAL || runner->slow_told)
		return;
	runner->slow_told = true;
	snprintf(
		sentence, sizeof(sentence),
		"This kernel is slow: setting the device up and down takes %u.%u times as long as usual; bringup.deadline_ms, watch.deadline_ms and watch.unregister_ms are as much longer",
		slow / 100, slow / 10 % 10);
	progress_say(runner->sums->progress, sentence);
}

static void say_without(struct runner *runner, const struct why *without)
{
	char sentence[sizeof(without->text) + 16];

	if (runner->said_without || !without->text[0])
		return;
	snprintf(sentence, sizeof(sentence), "Note: %s", without->text);
	progress_say(runner->sums->progress, sentence);
	runner->said_without = true;
}

/* What the lane lacked for the positive control says nothing of what would have been seen. */
static bool could_not_control(const struct seat *seat)
{
	return seat->state == SEAT_RUNNING && seat->controls &&
	       seat->runner->message.kind == LANE_FAILED;
}

static void lane_said(void *arg)
{
	struct seat *seat = arg;
	struct runner *runner = seat->runner;
	struct lane_message *message = &runner->message;

	if (!lane_receive(seat->lane, message))
		return;
	if (seat->state == SEAT_LEAVING || seat->state == SEAT_EXAMINED) {
		if (message->kind == LANE_GONE) { /* SIGCHLD will tell the rest */
			loop_forget(seat->messages);
			seat->messages = NULL;
		}
		return;
	}
	switch (message->kind) {
	case LANE_READY:
		if (runner->sums->control_works)
			runner->sums->blind = 0;
		say_without(runner, &message->why);
		snprintf(seat->device, sizeof(seat->device), "%s", message->identity.device);
		seat->slow = message->slow;
		say_slow(runner, seat->slow);
		loop_timer_stop(seat->deadline);
		run_next(seat);
		break;
	case LANE_SUSPECTS: outcome_suspected(seat, &message->evidence); break;
	case LANE_TRIAL: trial_is_over(seat); break;
	case LANE_BLIND: lane_blind(seat); break;
	case LANE_GONE:
	case LANE_FAILED:
		if (could_not_control(seat)) {
			seat->controls = false;
		} else if (seat->state == SEAT_RUNNING) {
			struct why why = message->why;
			enum lane_message_kind kind = message->kind;

			outcome_lost(seat, HANG_NONE);
			message->why = why;
			message->kind = kind;
		}
		lane_failed(seat);
		break;
	}
}

/* Processes that have ended: seats of those that were leaving are free again. */
static void children_changed(void *arg)
{
	struct runner *runner = arg;

	job_reap();
	for (uint32_t i = 0; i < LANES_MAX; i++) {
		struct seat *seat = &runner->seats[i];

		if (seat->state == SEAT_LEAVING && lane_gone(seat->lane))
			clear_seat(seat);
	}
	fill_seats(runner);
	wind_up(runner);
}

/*
 * It should have left by now: it is killed, and when even that does not help, it is stuck. So
 * is, unkilled, one that has somebody who hangs: it has tried to end all others, and stays for
 * their sake.
 */
static void leaving_overtime(struct seat *seat)
{
	struct runner *runner = seat->runner;
	char sentence[160];

	if (lane_gone(seat->lane)) { /* reaped already: no signal tells it any more */
		clear_seat(seat);
		fill_seats(runner);
		wind_up(runner);
		return;
	}
	if (!seat->killed && !seat->hangs) {
		leave_seat(seat, true);
		return;
	}
	if (++runner->sums->stuck == STUCK_MAX) {
		suspects_drop(&runner->sums->suspects);
		end(runner, "stuck");
	}
	snprintf(
		sentence, sizeof(sentence),
		"lane %u: process %d is stuck in the kernel; its device and namespaces remain until the next boot",
		lane_number(seat->lane), lane_pid(seat->lane));
	progress_say(runner->sums->progress, sentence);
	clear_seat(seat);
	fill_seats(runner);
	wind_up(runner);
}

static uint32_t open_deadline_ms(const struct campaign *campaign)
{
	return LANE_OPEN_MS + campaign->bringup.deadline_ms;
}

static void seat_overtime(void *arg)
{
	struct seat *seat = arg;
	struct runner *runner = seat->runner;
	struct why why;

	switch (seat->state) {
	case SEAT_LEAVING: leaving_overtime(seat); break;
	case SEAT_RUNNING:
		outcome_lost(seat, HANG_DOWN);
		leave_seat(seat, true);
		wake_idle(runner);
		wind_up(runner);
		break;
	case SEAT_EXAMINED:
		job_free(seat->examination);
		seat->examination = NULL;
		examined(seat);
		break;
	case SEAT_OPENING:
		if (seat->serves) {
			suspects_drop(&runner->sums->suspects);
			leave_seat(seat, true);
			break;
		}
		why_set(&why, ETIMEDOUT, "lane %u: not ready within %u s",
			lane_number(seat->lane), open_deadline_ms(runner->campaign) / 1000);
		give_up(runner, &why);
		break;
	case SEAT_EMPTY:
	case SEAT_IDLE: break;
	}
}

/* A suspect waits, and no lane serves it. */
static bool wants_server(struct runner *runner)
{
	for (uint32_t i = 0; i < LANES_MAX; i++)
		if (runner->seats[i].serves && runner->seats[i].state != SEAT_LEAVING)
			return false;
	return has_suspects(runner);
}

/* They are read once, and lanes inherit them. False: the campaign cannot do without. */
static bool have_symbols(struct runner *runner)
{
	struct why why;

	if (runner->symbols || !kallsyms_load(&runner->symbols, &why))
		return true;
	if (runner->campaign->ledger == LEDGER_ALWAYS) {
		give_up(runner, &why);
		return false;
	}
	progress_say(runner->sums->progress, why.text);
	suspects_drop(&runner->sums->suspects);
	return true;
}

static void fill_seats(struct runner *runner)
{
	if ((runner->campaign->ledger == LEDGER_ALWAYS || wants_server(runner)) &&
	    !have_symbols(runner))
		return;
	for (uint32_t i = 0; i < runner->campaign->lanes; i++) {
		struct seat *seat = &runner->seats[i];
		bool serves = wants_server(runner);
		struct lane_ask ask = {
			.campaign = runner->campaign,
			.probes = runner->ask->probes,
			.slot = i,
			.number = runner->next_lane,
			.keep = runner->ask->keep,
			.draws = runner->campaign->explore.mode || runner->ask->scouts,
			.symbols = runner->symbols,
		};
		struct why why;

		if (seat->state != SEAT_EMPTY || (runner->sums->ended_by && !serves))
			continue;
		if (lane_start(&ask, worker_run, &seat->lane, &why)) {
			give_up(runner, &why);
			return;
		}
		runner->next_lane++;
		seat->state = SEAT_OPENING;
		seat->serves = serves;
		seat->messages = loop_fd(runner->loop, lane_fd(seat->lane), lane_said, seat);
		seat->deadline = loop_timer(runner->loop, seat_overtime, seat);
		loop_timer_set(seat->deadline,
			       loop_now() + open_deadline_ms(runner->campaign) * 1000000ULL);
	}
}

/* --- signals and time --- */

static void interrupted(void *arg)
{
	struct runner *runner = arg;

	runner->interrupts++;
	suspects_drop(&runner->sums->suspects);
	if (runner->interrupts == 1) {
		progress_say(
			runner->sums->progress,
			"Interrupted: waiting for the trials in progress; a second signal stops them at once");
		for (uint32_t i = 0; i < LANES_MAX; i++)
			if (runner->seats[i].state == SEAT_RUNNING &&
			    runner->seats[i].spec.hold_us > LONG_HOLD_US)
				lane_hurry(runner->seats[i].lane);
		end(runner, "signal");
		return;
	}
	for (uint32_t i = 0; i < LANES_MAX; i++)
		if (runner->seats[i].state != SEAT_EMPTY)
			leave_seat(&runner->seats[i], true);
}

static void tick(void *arg)
{
	struct runner *runner = arg;
	uint64_t now = loop_now();
	uint32_t seconds = runner->campaign->stop.seconds;

	if (seconds && now - runner->sums->started_ns >= seconds * 1000000000ULL)
		end(runner, "seconds");
	progress_update(runner->sums->progress, runner->sums->tally, now);
	loop_timer_set(runner->tick, now + 200000000);
}

/* --- the whole --- */

static void know_ledgered(struct runner *runner)
{
	const char *at = runner->ask->ledgered;

	while (at && *at) {
		size_t length = strcspn(at, ",");

		suspects_known(&runner->sums->suspects, at, length);
		at += length + (at[length] == ',');
	}
}

static int set_up(struct runner *runner, struct why *why)
{
	struct why no_klog;
	int err = loop_new(&runner->loop, why);

	if (err)
		return err;
	outcome_klog_begin(runner);
	if (klog_open(&runner->klog, &no_klog))
		progress_say(runner->sums->progress, no_klog.text);
	runner->tick = loop_timer(runner->loop, tick, runner);
	if (!runner->tick || !loop_signal(runner->loop, SIGINT, interrupted, runner) ||
	    !loop_signal(runner->loop, SIGTERM, interrupted, runner) ||
	    !loop_signal(runner->loop, SIGCHLD, children_changed, runner) ||
	    (runner->klog &&
	     !loop_fd(runner->loop, klog_fd(runner->klog), outcome_klog, runner)))
		return why_set(why, errno, "no timer or signal can be watched: %s",
			       why_short_of(errno) ?: strerror(errno));
	return 0;
}

static enum tier tier_of_flags(const struct probes *probes)
{
	for (const struct probe_hook *hook = probes_hooks(probes); hook->probe; hook++)
		if (!strcmp(hook->probe->name, "flags"))
			return hook->tier;
	return TIER_AUTO;
}

static void mark_dirty(void)
{
	struct why not_marked;

	machine_mark_dirty("an unregister_netdevice never returned", &not_marked);
}

void runner_run(const struct runner_ask *ask)
{
	struct runner *runner = calloc(1, sizeof(*runner));
	struct why why;

	if (!runner) {
		why_memory(&why);
		conclude_fail(ask->conclusion, &why);
		return;
	}
	runner->ask = ask;
	runner->sums = ask->conclusion;
	runner->campaign = ask->conclusion->campaign;
	plan_hooks(runner->campaign, &runner->places);
	runner->tier = tier_of_flags(ask->probes);
	runner->deal = shard_deal(runner->campaign);
	runner->next_trial = shard_next(&runner->deal, ask->first - 1);
	runner->next_lane = 1;
	runner->next_repeat = FIRST_REPEAT;
	know_ledgered(runner);
	for (uint32_t i = 0; i < LANES_MAX; i++)
		runner->seats[i].runner = runner;
	if (set_up(runner, &why)) {
		conclude_fail(runner->sums, &why);
	} else {
		conclude_start(runner->sums);
		tick(runner);
		fill_seats(runner);
		loop_run(runner->loop);
	}
	if (runner->sums->stuck)
		mark_dirty();
	loop_free(runner->loop);
	klog_close(runner->klog);
	symbols_free(runner->symbols);
	free(runner);
}
