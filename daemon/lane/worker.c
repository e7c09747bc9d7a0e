// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/keep_fds.h"
#include "lane/realtime.h"
#include "lane/worker_parts.h"
#include "loader/ring.h"

enum {
	/* How long what is killed at the lane's end has to end, unless it is stuck. */
	STUCK_NS = 500000000,
	/*
	 * A control's trial at most: that is long enough for what was dropped, and shows what
	 * is held.
	 */
	CONTROL_SETTLE_MS = 500,
	CONTROL_GRACE_MS = 10,
};

static const uint32_t watch_bits[OBJECTS] = {
	[OBJECT_NET_DEVICE] = WATCH_NET_DEVICE,
	[OBJECT_INET6_DEV] = WATCH_INET6_DEV,
	[OBJECT_DST] = WATCH_DST,
};

/*
 * Before Linux 6.9 a process 1 that exits waits for the tasks of its pid namespace inside a
 * Tasks RCU read section (zap_pid_ns_processes(), exit_tasks_rcu_start()). With a stuck task
 * there, detaching an fentry hook would block forever. Such a lane therefore does not exit: it
 * stays until the campaign has closed its probes, and dies with it.
 */
__attribute__((noreturn)) static void leave(struct worker *worker)
{
	uint32_t ended = 0;
	bool all_ended = worker_end_all(worker, STUCK_NS, &ended);

	worker_put_back(worker);
	if (all_ended)
		_exit(0);
	for (;;)
		pause();
}

/* --- one trial after the other --- */

/* What is asked of each step; the campaign's process knows how it is hooked. */
static void audit_steps(struct evidence *e)
{
	for (uint32_t i = 0; i < e->spec.steps; i++) {
		const struct order_hold *hold = &e->spec.holds[i];
		struct step_audit *audit = &e->steps[i];

		*audit = (struct step_audit){
			.thread = hold->thread,
			.at_return = hold->at_return,
			.until = hold->until,
			.other = hold->other,
			.skips = hold->skips,
			.asked_us = hold->time_us,
		};
		snprintf(audit->place, sizeof(audit->place), "%s", hold->place);
	}
}

static void prepare(struct worker *worker, const struct trial_spec *spec)
{
	struct evidence *e = &worker->message.evidence;

	worker_hear_testbed(worker); /* of the trial before */
	memset(e, 0, offsetof(struct evidence, moments));
	e->spec = *spec;
	audit_steps(e);
	e->lane = worker->ask->number;
	e->started_ns = loop_now();
	e->slow = worker->message.slow;
	e->opens = campaign_opens(worker->ask->campaign);
	e->closes = worker->ask->campaign->window.closes;
	snprintf(e->device, sizeof(e->device), "%s", testbed_dut(worker->testbed)->name);
	worker->flags_inside = worker->next_echo = worker->arrived = 0;
	worker->answers_sent = 0;
	worker->addressed_ns = worker->carrier_ns = worker->opened_ns = worker->counts_ns = 0;
	worker->held = worker->remover = worker->closer = worker->inside_pid = 0;
	worker->hurried = worker->started = worker->dad_over = worker->released = false;
	worker->ended = 0;
	worker_dad_begin(worker);
}

static void fail(struct worker *worker)
{
	worker->message.kind = LANE_FAILED;
	worker_tell(worker);
	loop_stop(worker->loop);
}

static uint64_t longest_hold_ms(const struct worker *worker, const struct trial_spec *spec)
{
	return spec->choice.mode && !spec->choice.followed ?
		       worker->ask->campaign->explore.deadline_ms :
		       ORDER_MOST_MS;
}

/*
 * Holds of the campaign that this trial does not ask for are hooked all the same: reaching them
 * is noted.
 */
static void arm_steps(struct worker *worker, const struct lane_order *order)
{
	const struct trial_spec *spec = &order->spec;

	memset(worker->state->steps, 0, sizeof(worker->state->steps));
	for (uint32_t i = 0; i < STEPS_MAX; i++)
		worker->state->steps[i].thread = order->hooked[i];
	for (uint32_t i = 0; i < spec->steps; i++) {
		const struct order_hold *hold = &spec->holds[i];

		worker->state->steps[hold->hook] = (struct step){
			.thread = hold->thread,
			.until = hold->until,
			.other = hold->other,
			.skips = hold->skips,
			.most_ns = hold->until == ORDER_UNTIL_TIME ?
					   hold->time_us * 1000 :
					   longest_hold_ms(worker, spec) * 1000000ULL,
		};
	}
}

static uint64_t wait_ms(const struct lane_order *order, uint64_t asked_ms, uint64_t control_ms)
{
	return order->control && asked_ms > control_ms ? control_ms : asked_ms;
}

static int start_bringup(struct worker *worker, const struct campaign *by,
			 const struct trial_spec *spec)
{
	const struct bringup_does does = {
		.change = spec->change,
		.waits_ms = spec->change_when ? (uint32_t)longest_hold_ms(worker, spec) : 0,
		.changed = &worker->state->changed,
		.trial = spec->trial,
		.program = worker->program,
	};

	return bringup_start(by, worker->testbed, &does, &worker->bringup,
			     &worker->message.why);
}

static void start_trial(struct worker *worker, const struct lane_order *order)
{
	const struct trial_spec *spec = &order->spec;
	const struct campaign *campaign = worker->ask->campaign;
	const struct campaign *by = order->control ? &worker->plain : campaign;
	struct evidence *e = &worker->message.evidence;
	struct counts before;
	struct trial_limits limits = {
		.bring_up_us =
			(campaign->bringup.deadline_ms + spec->steps * ORDER_MOST_MS) * 1000ULL,
		.hold_us = spec->hold_us,
		.rest_us = SETTLE_MOST_MS * 1000ULL,
		.settle_us =
			wait_ms(order, campaign->watch.deadline_ms, CONTROL_SETTLE_MS) * 1000,
		.grace_us = wait_ms(order, campaign->watch.grace_ms, CONTROL_GRACE_MS) * 1000,
		.unregister_us = campaign->watch.unregister_ms * 1000ULL,
		.may_unregister = !device_is_real(campaign->device.kind) && !order->control,
	};
	int err;

	prepare(worker, spec);
	err = testbed_put_right(worker->testbed, e->put_right, sizeof(e->put_right),
				&worker->message.why);
	/* Some settings give a device that is down an address, which a cycle takes away. */
	if (!err && e->put_right[0])
		err = worker_cycle(worker);
	if (!err)
		err = testbed_wire(worker->testbed, &worker->message.why);
	if (!err)
		err = echoes_make(worker->echoes, spec, &e->ends, &worker->message.why);
	if (!err)
		err = sender_begin(worker->sender, &worker->message.why);
	if (!err)
		err = start_bringup(worker, by, spec);
	if (err) {
		fail(worker);
		return;
	}
	if (order->ledger && change_has(spec->change, CHANGE_DELETES_DEVICE))
		worker_ledger_refuse(worker);
	else if (order->ledger)
		worker_ledger_open(worker);
	before = worker->baseline;
	/* A trial that settled ended at its baseline: the next one has to begin there. */
	worker->baseline = worker_rest(worker);
	e->baseline_moved = !e->put_right[0] && !worker_at_baseline(worker, &before);
	e->baseline = worker_facts(&worker->baseline);
	worker->strangers = worker_strangers(worker);
	if (by->bringup.kind == BRINGUP_COMMAND)
		bringup_status_read(by->bringup.status, &e->bringup_wanted);
	worker->words = loop_fd(worker->loop, worker->bringup.said, hear_words, worker);
	trial_init(&worker->trial, &limits, &worker_acts, worker);
	arm_steps(worker, order);
	worker_accepts_begin(worker);
	worker->state->device = worker->baseline.device;
	worker->state->hold = spec->hold_us > 0;
	worker->state->sender = (uint32_t)sender_pid(worker->sender);
	worker->state->closer = 0;
	worker->state->closes = e->closes == CLOSES_AUTO || e->closes == CLOSES_FLAGS;
	__atomic_store_n(&worker->state->trial, spec->trial, __ATOMIC_SEQ_CST);
	err = order->control ? worker_control_take(worker) :
			       worker_load_start(worker, spec->load);
	if (err) {
		fail(worker);
		return;
	}
	worker->is_realtime = realtime_suits(campaign) && realtime_begin();
	trial_happened(&worker->trial, TRIAL_START);
}

static void spec_came(void *arg)
{
	struct worker *worker = arg;
	struct lane_order order;
	ssize_t size = recv(worker->channel, &order, sizeof(order), MSG_DONTWAIT);

	if (size == sizeof(order))
		start_trial(worker, &order);
	else if (size == 1) {
		worker->hurried = true;
		trial_happened(&worker->trial, TRIAL_HOLD_DUE);
	} else if (size >= 0 || errno != EAGAIN)
		loop_stop(worker->loop); /* the campaign has closed the channel */
}

static int watch_all(struct worker *worker)
{
	struct why *why = &worker->message.why;
	int err = ring_open(worker->probes, worker->ask->slot, hear_record, worker,
			    &worker->ring, why);

	if (!err)
		err = loop_new(&worker->loop, why);
	if (err)
		return err;
	worker->deadline = loop_timer(worker->loop, hear_deadline, worker);
	worker->hold = loop_timer(worker->loop, hear_hold_due, worker);
	worker->echo = loop_timer(worker->loop, worker_send_due, worker);
	worker->relook = loop_timer(worker->loop, hear_relook, worker);
	worker->answer = loop_timer(worker->loop, worker_dad_due, worker);
	if (!worker->deadline || !worker->hold || !worker->echo || !worker->relook ||
	    !worker->answer ||
	    (echoes_dad_fd(worker->echoes) >= 0 &&
	     !loop_fd(worker->loop, echoes_dad_fd(worker->echoes), worker_dad_seen, worker)) ||
	    !loop_fd(worker->loop, ring_fd(worker->ring), hear_records, worker) ||
	    !loop_fd(worker->loop, testbed_events_fd(worker->testbed), hear_testbed, worker) ||
	    !loop_fd(worker->loop, sender_fd(worker->sender), hear_sender, worker) ||
	    !loop_fd(worker->loop, worker->channel, spec_came, worker) ||
	    !loop_signal(worker->loop, SIGCHLD, hear_children, worker))
		return why_memory(why);
	return 0;
}

void worker_run(const struct lane_ask *ask, int channel)
{
	static struct worker worker;
	int keep[PROBES_LANE_FDS + 1];
	sigset_t none;
	int err;

	worker = (struct worker){ .ask = ask, .channel = channel, .probes = ask->probes };
	worker.bringup = (struct bringup){ .go = -1, .said = -1 };
	worker.jail = (struct jail){ -1, -1 };
	worker.program = -1;
	worker.loopback = -1;
	worker.state = probes_lane(ask->probes, ask->slot);
	worker.state->lane = ask->number;
	for (uint32_t i = 0; i < ask->campaign->watch.nr_objects; i++)
		worker.state->watched |= watch_bits[ask->campaign->watch.objects[i]];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "dadrace-lane");
	setsid(); /* Ctrl-C is for the campaign's process */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	probes_lane_fds(ask->probes, ask->slot, keep);
	keep[PROBES_LANE_FDS] = channel;
	/* Everything else belongs to the campaign's process. */
	keep_fds(keep, PROBES_LANE_FDS + 1);

	err = worker_set_up(&worker);
	if (!err)
		err = watch_all(&worker);
	worker.message.kind = err ? LANE_FAILED : LANE_READY;
	if (!err && worker_control(&worker))
		worker.message.kind = LANE_BLIND;
	if (!err && worker.message.kind == LANE_READY)
		worker.message.why = worker.without;
	if (!worker_tell(&worker) && !err)
		loop_run(worker.loop);
	worker_ledger_end(&worker);
	leave(&worker);
}
