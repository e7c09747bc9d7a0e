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

#include "lane/worker_parts.h"
#include "trial/plan.h"
#include "loader/ring.h"

enum {
	RELOOK_NS = 20000000, /* settling: for references dropped in process context */
	UNDEAD_NS =
		2000000000,   /* for what is killed to end, unless it is stuck in the kernel */
	STUCK_NS = 500000000, /* the same, at a lane's end */
	HANG_LEAST_NS = 1000000000, /* a flag set that has just entered does not hang */
};

/* --- evidence --- */

static void note_on(struct crew *crew, enum moment_kind kind, uint64_t at_ns, int64_t value,
		    uint32_t sequence, uint32_t cpu)
{
	struct evidence *e = &crew->message.evidence;

	if (e->nr_moments == EVIDENCE_MOMENTS_MAX) {
		e->lost_records++;
		return;
	}
	e->moments[e->nr_moments++] = (struct moment){
		.kind = kind, .at_ns = at_ns, .value = value, .sequence = sequence, .cpu = cpu
	};
}

void crew_note(struct crew *crew, enum moment_kind kind, uint64_t at_ns, int64_t value,
	       uint32_t sequence)
{
	note_on(crew, kind, at_ns, value, sequence, 0);
}

/* --- thread I's deletion of the device, of which thread I itself tells --- */

static const volatile struct bringup_change *deletion(const struct crew *crew)
{
	const volatile struct bringup_change *change = crew->bringup.change;

	return crew->message.evidence.spec.change == CHANGE_LINK_DELETE && change &&
			       change->begun_ns ?
		       change :
		       NULL;
}

static bool is_deleting(const struct crew *crew)
{
	return deletion(crew) && !deletion(crew)->ended_ns;
}

static bool is_deleted(const struct crew *crew)
{
	return deletion(crew) && deletion(crew)->ended_ns && !deletion(crew)->error;
}

/* --- counts --- */

static const uint32_t watch_bits[OBJECTS] = {
	[OBJECT_NET_DEVICE] = WATCH_NET_DEVICE,
	[OBJECT_INET6_DEV] = WATCH_INET6_DEV,
	[OBJECT_DST] = WATCH_DST,
};

static bool at_baseline(const struct crew *crew, const struct counts *counts)
{
	return counts->found && crew_same_counts(crew, counts, &crew->baseline);
}

/* Nothing holds what could be deleted; what is left are the entries of its namespace. */
static bool namespace_settled(const struct crew *crew, const struct counts *counts)
{
	return !(crew->state->watched & WATCH_DST) || counts->dst <= crew->baseline.dst;
}

/* Looks; true when the counts are back. */
static bool look_settled(struct crew *crew)
{
	struct counts counts = crew_counts(crew);

	crew->message.evidence.after = crew_facts(&counts);
	if (!counts.found)
		crew->message.evidence.device_gone = true;
	return is_deleted(crew) ? namespace_settled(crew, &counts) : at_baseline(crew, &counts);
}

/* --- what the trial asks for --- */

static void crew_bring_up(void *arg)
{
	struct crew *crew = arg;

	crew_note(crew, MOMENT_START, loop_now(), 0, 0);
	bringup_go(&crew->bringup);
}

/* Answers that thread II gives to each probe count only where there is nothing else. */
void crew_sent(struct crew *crew)
{
	const struct trial_spec *spec = &crew->message.evidence.spec;
	bool answers = spec->dad_answer && (spec->dad_at == DAD_AT_OPEN || !spec->echoes);

	if (crew->started && crew->next_echo == spec->echoes && crew->next_answer >= answers)
		__atomic_store_n(&crew->state->done[ORDER_THREAD_II], spec->trial,
				 __ATOMIC_SEQ_CST);
}

static void send_due(void *arg)
{
	struct crew *crew = arg;
	struct evidence *e = &crew->message.evidence;
	const struct trial_spec *spec = &e->spec;

	while (crew->next_echo < spec->echoes) {
		uint64_t first_due = crew->fire_ns + spec->offset_us * 1000;
		uint64_t due = first_due + crew->next_echo * spec->spacing_us * 1000;
		uint64_t now = loop_now();
		uint32_t count = 1;
		int sent;

		if (due > now) {
			loop_timer_set(crew->echo, due);
			return;
		}
		if (!spec->spacing_us)
			count = spec->echoes - crew->next_echo;
		sent = echoes_send(crew->echoes, crew->next_echo, count);
		if (sent > 0) {
			e->echoes_sent += (uint32_t)sent;
			crew->next_echo += (uint32_t)sent;
			continue;
		}
		e->echoes_sent++;
		e->echoes_refused++;
		if (!e->refused_errno)
			e->refused_errno = -sent;
		crew->next_echo++;
		crew_note(crew, MOMENT_ECHO_SENT, now, sent, crew->next_echo);
	}
	crew_sent(crew);
}

static void start_thread_ii(struct crew *crew)
{
	crew->started = true;
	send_due(crew);
	crew_dad_opened(crew);
}

/* Thread II starts when the window opens, unless the order wants another to be held first. */
static void crew_fire(void *arg)
{
	struct crew *crew = arg;

	if (!crew->message.evidence.spec.starts_when)
		start_thread_ii(crew);
}

/* Number of the trial's hold, from 1, whose hook is told by a record; 0: none. */
static uint32_t hold_of(const struct trial_spec *spec, uint32_t sequence)
{
	for (uint32_t i = 0; i < spec->steps; i++)
		if (spec->holds[i].hook + 1 == sequence)
			return i + 1;
	return 0;
}

static void step_held(struct crew *crew, uint32_t hold, uint64_t at_ns)
{
	const struct trial_spec *spec = &crew->message.evidence.spec;

	if (!spec->starts_when || crew->started || !hold ||
	    spec->holds[hold - 1].thread != spec->starts_when)
		return;
	crew->fire_ns = at_ns;
	start_thread_ii(crew);
}

static void crew_hold(void *arg)
{
	struct crew *crew = arg;
	uint64_t hold_ns = crew->hurried ? 0 : crew->message.evidence.spec.hold_us * 1000;

	loop_timer_set(crew->hold, crew->held_at_ns + hold_ns);
}

static void crew_release(void *arg)
{
	struct crew *crew = arg;

	if (crew->held)
		kill(crew->held, SIGCONT);
	crew->held = 0;
}

/* The first process is killed; what it forked lives on until the trial's end. */
static void crew_stop_bring_up(void *arg)
{
	struct crew *crew = arg;

	if (!crew->bringup.pid)
		return; /* it ended by itself, its descendants did not */
	crew->message.evidence.bringup_end = BRINGUP_OVERTIME;
	kill(crew->bringup.pid, SIGKILL);
}

static void crew_settled(struct crew *crew, uint64_t at_ns)
{
	struct evidence *e = &crew->message.evidence;

	e->settled = true;
	e->settle_ns = at_ns > crew->down_ns ? at_ns - crew->down_ns : 1;
	crew_note(crew, MOMENT_SETTLED, at_ns, 0, 0);
	trial_happened(&crew->trial, TRIAL_SETTLED);
}

static void testbed_ready(void *arg);

/* -ENODEV also when there is nothing left to be set down. */
static int set_down(struct crew *crew)
{
	struct why why;

	if (is_deleted(crew)) {
		crew->down_ns = deletion(crew)->ended_ns;
		return -ENODEV;
	}
	crew->down_ns = loop_now();
	crew_note(crew, MOMENT_DOWN, crew->down_ns, 0, 0);
	return testbed_dut_down(crew->testbed, &why);
}

static void crew_tear_down(void *arg)
{
	struct crew *crew = arg;
	int err;

	loop_timer_stop(crew->hold);
	loop_timer_stop(crew->echo);
	crew_dad_end(crew);
	crew_load_end(crew);
	testbed_ready(crew); /* how DAD ended; a trial that settles at once reads no more */
	err = set_down(crew);
	if (err == -ENODEV)
		crew->message.evidence.device_gone = true;
	else if (err)
		crew->message.evidence.down_error = -err;
	if (look_settled(crew)) {
		crew_settled(crew, loop_now());
		return;
	}
	if (is_deleted(crew))
		loop_timer_set(crew->relook, loop_now() + RELOOK_NS);
	if (crew->message.evidence.device_gone)
		return; /* the deadline will end it */
	crew->state->settle_net_device = crew_net_device_refs(&crew->baseline);
	crew->state->settle_inet6_dev = crew_inet6_dev_refs(&crew->baseline);
	crew->state->settle_dst = crew->baseline.dst;
	probes_settling(crew->probes, crew->ask->slot, true);
	loop_timer_set(crew->relook, loop_now() + RELOOK_NS);
}

static void crew_look(void *arg)
{
	struct crew *crew = arg;
	struct evidence *e = &crew->message.evidence;

	e->looks++;
	if (look_settled(crew)) {
		crew_settled(crew, loop_now());
		return;
	}
	e->settle_ns = loop_now() - crew->down_ns;
	crew_note(crew, MOMENT_LOOK, loop_now(),
		  e->after.found ? e->after.net_device - e->baseline.net_device : 0, 0);
	trial_happened(&crew->trial, TRIAL_MISSING);
}

static void crew_unregister(void *arg)
{
	struct crew *crew = arg;
	struct why why;

	if (is_deleted(crew)) { /* thread I has confirmed that nothing holds the device */
		trial_happened(&crew->trial, TRIAL_RETURNED);
		return;
	}
	crew_ledger_close(crew);
	crew->message.evidence.unregister_tried = true;
	crew_note(crew, MOMENT_UNREGISTER, loop_now(), 0, 0);
	crew->remover = fork();
	if (crew->remover == 0) {
		crew_ledger_let_go(crew);
		_exit(testbed_dut_delete(crew->testbed, &why) ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	if (crew->remover < 0) { /* not confirmed, which is not "it hangs" */
		crew->remover = 0;
		crew->message.evidence.unregister_tried = false;
		crew->message.evidence.lost_records++;
		trial_happened(&crew->trial, TRIAL_RETURNED);
	}
}

/* What keeps a device whose deletion does not return: a surviving inet6_dev is one of its references. */
static void count_left(struct crew *crew)
{
	struct evidence *e = &crew->message.evidence;
	struct evidence_counts facts;
	struct counts left = { 0 };
	struct why why;

	e->settle_ns = loop_now() - deletion(crew)->begun_ns;
	if (probes_counts_left(crew->probes, crew->ask->slot, &crew->baseline, &left, &why) ||
	    !left.found)
		return; /* it is not this device that is waited for */
	facts = crew_facts(&left);
	facts.net_device -= left.have_inet6_dev;
	evidence_left(e, &facts);
}

static void crew_hang(void *arg)
{
	struct crew *crew = arg;
	struct evidence *e = &crew->message.evidence;
	pid_t remover = is_deleting(crew) ? crew->bringup.pid : crew->remover;

	if (is_deleting(crew))
		count_left(crew);
	e->hang = remover ? HANG_UNREGISTER : HANG_FLAGS;
	e->hang_pid = (uint32_t)(remover ? remover : crew->inside_pid);
	lane_read_stack((pid_t)e->hang_pid, e);
}

static void crew_deadline(void *arg, uint64_t us)
{
	struct crew *crew = arg;

	crew->deadline_ns = loop_now() + us * 1000;
	loop_timer_set(crew->deadline, crew->deadline_ns);
}

/* Ends all that lives in the lane but us. False: some of it is stuck in the kernel. */
static bool end_all(uint64_t within_ns, uint32_t *ended)
{
	uint64_t deadline = loop_now() + within_ns;
	struct timespec look = { .tv_nsec = 100000000 };
	sigset_t child;
	pid_t pid = 0;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	kill(-1, SIGKILL);
	/* SIGCHLD is blocked: it wakes this, and not the loop. */
	while (loop_now() < deadline && (pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
		if (pid)
			(*ended)++;
		else
			sigtimedwait(&child, NULL, &look);
	}
	return pid < 0;
}

static uint32_t end_descendants(struct crew *crew)
{
	siginfo_t info = { 0 };
	uint32_t ended = 0;

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) && errno == ECHILD)
		return 0;
	if (crew->message.evidence.hang)
		return 0; /* waiting for it would hang us too; the lane is given up */
	if (!end_all(UNDEAD_NS, &ended))
		crew->message.evidence.undead = true; /* the lane is given up */
	return ended;
}

/*
 * Before Linux 6.9, process 1 of a pid namespace that ends waits for who is stuck there inside of the section that
 * those wait for who let go of fentry hooks (zap_pid_ns_processes(), exit_tasks_rcu_start()): such a lane stays
 * until the campaign has closed its probes, and dies with it.
 */
__attribute__((noreturn)) static void leave(struct crew *crew)
{
	uint32_t ended = 0;
	bool all_ended = end_all(STUCK_NS, &ended);

	crew_close_place(crew);
	if (all_ended)
		_exit(0);
	for (;;)
		pause();
}

static void note_change(struct crew *crew)
{
	const volatile struct bringup_change *change = crew->bringup.change;

	if (is_deleting(crew) || is_deleted(crew))
		crew_note(crew, MOMENT_CLOSED, change->begun_ns, 0, 0);
	if (change && change->begun_ns)
		crew_note(crew, MOMENT_CHANGE, change->begun_ns, 0, 0);
	if (change && change->ended_ns)
		crew_note(crew, MOMENT_CHANGED, change->ended_ns, change->error, 0);
}

static void crew_finish(void *arg)
{
	struct crew *crew = arg;
	struct evidence *e = &crew->message.evidence;

	loop_timer_stop(crew->deadline);
	loop_timer_stop(crew->relook);
	crew_ledger_close(crew);
	probes_settling(crew->probes, crew->ask->slot, false);
	__atomic_store_n(&crew->state->trial, 0, __ATOMIC_SEQ_CST);
	crew->state->hold = 0;
	for (uint32_t i = 0; i < crew->places.nr_holds; i++)
		if (crew->state->reached[i] == e->spec.trial)
			e->passed |= 1U << i;
	e->lost_records += __atomic_exchange_n(&crew->state->lost, 0, __ATOMIC_SEQ_CST);

	bringup_said(&crew->bringup, e->bringup_said, sizeof(e->bringup_said));
	crew_load_end(crew);
	e->descendants = end_descendants(crew);
	note_change(crew);
	bringup_forget(&crew->bringup);
	crew->remover = 0;
	crew->held = 0;
	e->ended_ns = loop_now();
	evidence_derive(e);
	crew_ledger_write(crew);
	crew->message.kind = LANE_TRIAL;
	if (crew_tell(crew->channel, &crew->message))
		loop_stop(crew->loop);
}

static const struct trial_crew trial_crew = {
	.bring_up = crew_bring_up,
	.fire = crew_fire,
	.hold = crew_hold,
	.release = crew_release,
	.stop_bring_up = crew_stop_bring_up,
	.tear_down = crew_tear_down,
	.look = crew_look,
	.unregister = crew_unregister,
	.hang = crew_hang,
	.finish = crew_finish,
	.deadline = crew_deadline,
};

/* --- what happens --- */

static bool running(const struct crew *crew)
{
	return crew->trial.state != TRIAL_READY && crew->trial.state != TRIAL_DONE;
}

/*
 * The bring-up has ended when its first process has, and no flag set can still come: the window is
 * closed, or nothing that it forked is alive.
 */
static void maybe_ended(struct crew *crew)
{
	bool alone = waitid(P_ALL, 0, &(siginfo_t){ 0 }, WEXITED | WNOHANG | WNOWAIT) &&
		     errno == ECHILD;

	if (alone &&
	    crew->flags_inside) { /* nobody is left to be inside: a record is missing */
		crew->message.evidence.lost_records++;
		crew->flags_inside = 0;
	}
	if (crew->bringup.pid || crew->flags_inside)
		return;
	if (alone || crew->state->closed == crew->message.evidence.spec.trial)
		trial_happened(&crew->trial, TRIAL_ENDED);
}

static void record_seen(const struct record *record, void *arg)
{
	struct crew *crew = arg;
	enum moment_kind kind = moment_of_record(record->type);
	uint32_t sequence = record->sequence;

	if (!running(crew) || record->trial != crew->message.evidence.spec.trial ||
	    kind == MOMENT_NONE)
		return;
	if (record->type == RECORD_SETTLED) {
		/* The counts can move again between the record and now: only a look decides. */
		if (crew->trial.state == TRIAL_SETTLING && look_settled(crew))
			crew_settled(crew, record->at_ns);
		else
			crew->state->settled = 0;
		return;
	}
	if (record->type == RECORD_STEP_HELD || record->type == RECORD_STEP_RELEASED)
		sequence = hold_of(&crew->message.evidence.spec, sequence);
	note_on(crew, kind, record->at_ns, record->value, sequence, record->cpu);
	switch (record->type) {
	case RECORD_FLAGS_ENTER:
		crew->flags_inside++;
		crew->inside_pid = (pid_t)record->pid;
		crew->entered_ns = record->at_ns;
		break;
	case RECORD_FLAGS_RETURN:
		if (crew->flags_inside)
			crew->flags_inside--;
		else
			crew->message.evidence.lost_records++;
		maybe_ended(crew);
		break;
	case RECORD_OPENED:
		crew->fire_ns = record->at_ns;
		trial_happened(&crew->trial, TRIAL_OPENED);
		break;
	case RECORD_HELD:
		crew->held = (pid_t)record->pid;
		crew->held_at_ns = record->at_ns;
		trial_happened(&crew->trial, TRIAL_HELD);
		break;
	case RECORD_STEP_HELD: step_held(crew, sequence, record->at_ns); break;
	default: break;
	}
}

static void ring_ready(void *arg)
{
	struct crew *crew = arg;

	ring_read(crew->ring);
}

static void bring_up_ended(struct crew *crew, int status)
{
	struct evidence *e = &crew->message.evidence;

	crew->bringup.pid = 0;
	if (is_deleted(crew)) { /* without a second flag set, which says so otherwise */
		crew->state->closed = e->spec.trial;
		__atomic_store_n(&crew->state->done[ORDER_THREAD_I], e->spec.trial,
				 __ATOMIC_SEQ_CST);
	}
	crew_note(crew, MOMENT_EXITED, loop_now(), status, 0);
	if (e->bringup_end != BRINGUP_OVERTIME)
		e->bringup_end = WIFEXITED(status) ? BRINGUP_EXITED : BRINGUP_KILLED;
	e->bringup_status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

static void child_changed(void *arg)
{
	struct crew *crew = arg;
	int status;
	pid_t pid;

	ring_read(crew->ring); /* what a process did comes before its end */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == crew->bringup.pid) {
			bring_up_ended(crew, status);
		} else if (pid == crew->remover) {
			crew->remover = 0;
			crew->message.evidence.unregister_returned = true;
			crew->message.evidence.unregister_failed = status != 0;
			crew_note(crew, MOMENT_UNREGISTERED, loop_now(), status, 0);
			trial_happened(&crew->trial, TRIAL_RETURNED);
		}
	}
	if (running(crew))
		maybe_ended(crew);
	if (crew->trial.state == TRIAL_SETTLING && look_settled(crew))
		crew_settled(crew, loop_now());
}

/*
 * From when on what thread I is inside of hangs; 0: it is inside of nothing. A deletion may take as long as
 * a trial without one has for the references, the looks and the unregister.
 */
static uint64_t hangs_from(const struct crew *crew)
{
	const struct trial_limits *limits = &crew->trial.limits;

	if (crew->trial.state >= TRIAL_SETTLING)
		return 0;
	if (is_deleting(crew))
		return deletion(crew)->begun_ns +
		       (limits->settle_us + TRIAL_LOOKS * limits->grace_us +
			limits->unregister_us) *
			       1000;
	return crew->flags_inside ? crew->entered_ns + HANG_LEAST_NS : 0;
}

/* What is waiting to be read may have moved the trial on, or answer what seems to hang. */
static void deadline_passed(void *arg)
{
	struct crew *crew = arg;
	uint64_t hangs_ns, now;

	child_changed(crew);
	now = loop_now();
	if (!running(crew) || now < crew->deadline_ns)
		return;
	hangs_ns = hangs_from(crew);
	if (!hangs_ns)
		trial_happened(&crew->trial, TRIAL_OVERTIME);
	else if (now < hangs_ns)
		crew_deadline(crew, (hangs_ns - now) / 1000 + 1);
	else
		trial_happened(&crew->trial, TRIAL_HUNG);
}

static void hold_is_due(void *arg)
{
	struct crew *crew = arg;

	trial_happened(&crew->trial, TRIAL_HOLD_DUE);
}

static void look_again(void *arg)
{
	struct crew *crew = arg;

	if (crew->trial.state != TRIAL_SETTLING)
		return;
	if (look_settled(crew))
		crew_settled(crew, loop_now());
	else
		loop_timer_set(crew->relook, loop_now() + RELOOK_NS);
}

static enum moment_kind moment_of_event(enum testbed_event_kind kind)
{
	switch (kind) {
	case TESTBED_ADDRESS_TENTATIVE: return MOMENT_TENTATIVE;
	case TESTBED_ADDRESS_DADFAILED: return MOMENT_DADFAILED;
	case TESTBED_ADDRESS_PERMANENT: return MOMENT_PERMANENT;
	case TESTBED_ADDRESS_GONE: return MOMENT_ADDRESS_GONE;
	case TESTBED_LINK_UP: return MOMENT_LINK_UP;
	case TESTBED_LINK_DOWN: return MOMENT_LINK_DOWN;
	case TESTBED_LINK_GONE: return MOMENT_LINK_GONE;
	case TESTBED_LOST:
	case TESTBED_EVENTS: break;
	}
	return MOMENT_NONE;
}

static void testbed_said(const struct testbed_event *event, void *arg)
{
	struct crew *crew = arg;

	if (!running(crew))
		return;
	if (event->kind == TESTBED_LOST)
		crew->message.evidence.lost_events++;
	else
		crew_note(crew, moment_of_event(event->kind), loop_now(), 0, 0);
	if (event->kind == TESTBED_LINK_GONE && crew->trial.state < TRIAL_CONFIRMING)
		crew->message.evidence.device_gone = true;
}

static void testbed_ready(void *arg)
{
	struct crew *crew = arg;

	testbed_events_read(crew->testbed, testbed_said, crew);
}

/* --- one trial after the other --- */

/* What is asked of each step, and how it is hooked. */
static void audit_steps(struct crew *crew, struct evidence *e)
{
	for (uint32_t i = 0; i < e->spec.steps; i++) {
		const struct order_hold *hold = &e->spec.holds[i];
		const struct probe_hook *hook = probes_step_hook(crew->probes, hold->hook);
		struct step_audit *audit = &e->steps[i];

		*audit = (struct step_audit){
			.thread = hold->thread,
			.at_return = hold->at_return,
			.tier = hook->tier,
			.until = hold->until,
			.other = hold->other,
			.asked_us = hold->time_us,
		};
		snprintf(audit->place, sizeof(audit->place), "%s", hold->place);
		snprintf(audit->function, sizeof(audit->function), "%s", hook->function);
	}
}

static void prepare(struct crew *crew, const struct trial_spec *spec)
{
	struct evidence *e = &crew->message.evidence;

	testbed_events_read(crew->testbed, testbed_said, crew); /* of the trial before */
	memset(e, 0, offsetof(struct evidence, moments));
	e->spec = *spec;
	audit_steps(crew, e);
	e->lane = crew->ask->number;
	e->started_ns = loop_now();
	snprintf(e->device, sizeof(e->device), "%s", testbed_dut(crew->testbed)->name);
	crew->flags_inside = crew->next_echo = 0;
	crew->held = crew->remover = crew->inside_pid = 0;
	crew->hurried = crew->started = false;
	crew_dad_begin(crew);
}

static void fail(struct crew *crew, int err)
{
	crew->message.kind = LANE_FAILED;
	crew->message.error = -err;
	crew_tell(crew->channel, &crew->message);
	loop_stop(crew->loop);
}

/* Where nothing is held it is noted who comes by. */
static void arm_steps(struct crew *crew, const struct trial_spec *spec)
{
	memset(crew->state->steps, 0, sizeof(crew->state->steps));
	for (uint32_t i = 0; i < crew->places.nr_holds; i++)
		crew->state->steps[i].thread = crew->places.holds[i].thread;
	for (uint32_t i = 0; i < spec->steps; i++) {
		const struct order_hold *hold = &spec->holds[i];

		crew->state->steps[hold->hook] = (struct step){
			.thread = hold->thread,
			.until = hold->until,
			.other = hold->other,
			.most_ns = hold->until == ORDER_UNTIL_TIME ? hold->time_us * 1000 :
								     ORDER_MOST_MS * 1000000ULL,
		};
	}
}

static void start_trial(struct crew *crew, const struct lane_order *order)
{
	const struct trial_spec *spec = &order->spec;
	const struct campaign *campaign = crew->ask->campaign;
	struct evidence *e = &crew->message.evidence;
	struct counts before;
	struct trial_limits limits = {
		.bring_up_us =
			(campaign->bringup.deadline_ms + spec->steps * ORDER_MOST_MS) * 1000ULL,
		.hold_us = spec->hold_us,
		.settle_us = campaign->watch.deadline_ms * 1000ULL,
		.grace_us = campaign->watch.grace_ms * 1000ULL,
		.unregister_us = campaign->watch.unregister_ms * 1000ULL,
		.may_unregister = campaign->device.kind != DEVICE_EXISTING,
	};
	int err;

	prepare(crew, spec);
	err = echoes_make(crew->echoes, spec, &crew->message.why);
	if (!err)
		err = bringup_start(campaign, crew->testbed, spec->change, &crew->bringup,
				    &crew->message.why);
	if (err) {
		fail(crew, err);
		return;
	}
	if (order->ledger && spec->change == CHANGE_LINK_DELETE)
		crew_ledger_refuse(crew);
	else if (order->ledger)
		crew_ledger_open(crew);
	before = crew->baseline;
	crew->baseline = crew_counts(crew);
	/* A trial that settled ended at its baseline: the next one has to begin there. */
	if (!at_baseline(crew, &before))
		crew->baseline = crew_rest(crew);
	e->baseline_moved = !at_baseline(crew, &before);
	e->baseline = crew_facts(&crew->baseline);
	trial_init(&crew->trial, &limits, &trial_crew, crew);
	arm_steps(crew, spec);
	crew->state->device = crew->baseline.device;
	crew->state->hold = spec->hold_us > 0;
	__atomic_store_n(&crew->state->trial, spec->trial, __ATOMIC_SEQ_CST);
	err = crew_load_start(crew, spec->load);
	if (err)
		fail(crew, err);
	else
		trial_happened(&crew->trial, TRIAL_START);
}

static void spec_came(void *arg)
{
	struct crew *crew = arg;
	struct lane_order order;
	ssize_t size = recv(crew->channel, &order, sizeof(order), MSG_DONTWAIT);

	if (size == sizeof(order))
		start_trial(crew, &order);
	else if (size == 1) {
		crew->hurried = true;
		trial_happened(&crew->trial, TRIAL_HOLD_DUE);
	} else if (size >= 0 || errno != EAGAIN)
		loop_stop(crew->loop); /* the campaign has let go of us */
}

int crew_tell(int channel, const struct lane_message *message)
{
	size_t size = offsetof(struct lane_message, evidence.moments) +
		      message->evidence.nr_moments * sizeof(struct moment);

	return send(channel, message, size, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Keeps standard error and what is named; everything else belongs to the campaign's process. */
static void close_all_but(int *keep, size_t nr)
{
	int from = 3;

	for (size_t i = 1; i < nr; i++) /* insertion sort: a handful */
		for (size_t j = i; j > 0 && keep[j - 1] > keep[j]; j--) {
			int swapped = keep[j];

			keep[j] = keep[j - 1];
			keep[j - 1] = swapped;
		}
	for (size_t i = 0; i < nr; i++) {
		if (keep[i] < from)
			continue;
		if (keep[i] > from)
			close_range((unsigned int)from, (unsigned int)keep[i] - 1, 0);
		from = keep[i] + 1;
	}
	close_range((unsigned int)from, ~0U, 0);
}

static int watch_all(struct crew *crew)
{
	struct why *why = &crew->message.why;
	int err = ring_open(crew->probes, crew->ask->slot, record_seen, crew, &crew->ring, why);

	if (!err)
		err = loop_new(&crew->loop, why);
	if (err)
		return err;
	crew->deadline = loop_timer(crew->loop, deadline_passed, crew);
	crew->hold = loop_timer(crew->loop, hold_is_due, crew);
	crew->echo = loop_timer(crew->loop, send_due, crew);
	crew->relook = loop_timer(crew->loop, look_again, crew);
	crew->answer = loop_timer(crew->loop, crew_dad_due, crew);
	if (!crew->deadline || !crew->hold || !crew->echo || !crew->relook || !crew->answer ||
	    (echoes_probe_fd(crew->echoes) >= 0 &&
	     !loop_fd(crew->loop, echoes_probe_fd(crew->echoes), crew_dad_seen, crew)) ||
	    !loop_fd(crew->loop, ring_fd(crew->ring), ring_ready, crew) ||
	    !loop_fd(crew->loop, testbed_events_fd(crew->testbed), testbed_ready, crew) ||
	    !loop_fd(crew->loop, crew->channel, spec_came, crew) ||
	    !loop_signal(crew->loop, SIGCHLD, child_changed, crew))
		return why_set(why, ENOMEM, "lane: out of memory");
	return 0;
}

void crew_work(const struct lane_ask *ask, int channel)
{
	static struct crew crew;
	int keep[PROBES_LANE_FDS + 1];
	sigset_t none;
	int err;

	crew = (struct crew){ .ask = ask, .channel = channel, .probes = ask->probes };
	crew.bringup = (struct bringup){ .go = -1, .said = -1 };
	crew.state = probes_lane(ask->probes, ask->slot);
	crew.state->lane = ask->number;
	plan_hooks(ask->campaign, &crew.places);
	for (uint32_t i = 0; i < ask->campaign->watch.nr_objects; i++)
		crew.state->watched |= watch_bits[ask->campaign->watch.objects[i]];

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
	close_all_but(keep, PROBES_LANE_FDS + 1);

	err = crew_open_place(&crew);
	if (!err)
		err = watch_all(&crew);
	crew.message.kind = err ? LANE_FAILED : LANE_READY;
	crew.message.error = -err;
	if (!err) {
		crew.message.netns_inum = testbed_dut(crew.testbed)->netns_inum;
		crew.message.ifindex = testbed_dut(crew.testbed)->ifindex;
		snprintf(crew.message.device, sizeof(crew.message.device), "%s",
			 testbed_dut(crew.testbed)->name);
	}
	if (!crew_tell(channel, &crew.message) && !err)
		loop_run(crew.loop);
	crew_ledger_end(&crew);
	leave(&crew);
}
