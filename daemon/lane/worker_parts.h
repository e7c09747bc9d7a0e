/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WORKER_PARTS_H
#define DADRACE_WORKER_PARTS_H

#include "io/loop.h"
#include "lane/bringup.h"
#include "lane/echo.h"
#include "lane/jail.h"
#include "lane/known.h"
#include "lane/sender.h"
#include "lane/worker.h"
#include "spec/order.h"
#include "testbed/testbed.h"
#include "trial/settle.h"
#include "trial/trial.h"

/*
 * The parts of the lane's process. Each uses those below it.
 *
 *   worker.c          one trial after the other
 *     worker_setup.c  before the first: namespaces, testbed, sockets, warm-up
 *     worker_control.c  the counts are seen to be right: known references, known.c
 *     worker_hears.c  what happens: records, children, timers
 *     worker_acts.c   what the trial asks for
 *     worker_settle.c whether the references come back, and what is done if they do not
 *     worker_hang.c   what does not return
 *   worker_ledger.c   the ledger of a trial, when one is wanted
 *   worker_opens.c    from where the hold and the echoes in the window count
 *   worker_window.c   how the window ends, and what stays alive after it
 *   worker_sends.c    what thread II sends, and when
 *   worker_load.c     what keeps the machine busy while a trial runs
 *   worker_dad.c      the part that the peer plays in DAD
 *   worker_accepts.c  what IPv6 itself has counted in a trial
 *   worker_notes.c    what is noted in the evidence, and sent to the campaign
 *   worker_counts.c   the dut's counts, and which of the references are still to be dropped
 */
struct worker_answer {
	uint64_t due_ns;
	uint8_t bytes[FRAME_DAD_MAX];
	size_t length;
};

struct worker_load {
	pid_t pid; /* 0: none */
	volatile uint64_t *turns;
};

/* The counters of IPv6 before the trial. */
struct worker_accepts {
	int fd; /* the device's file */
	bool have_device, have_namespace;
	uint64_t device[IPV6_COUNTERS];
	uint64_t namespace[IPV6_COUNTERS];
};

struct worker {
	const struct lane_ask *ask; /* `slowed`, once it is known how slow the lane is */
	struct lane_ask slowed;
	struct campaign slowed_campaign;
	int channel;
	struct jail jail;
	struct why without; /* what the jail has to do without; "": nothing */
	struct loop *loop;
	struct probes *probes;
	struct lane_state *state;
	struct ring_reader *ring;
	struct testbed *testbed;
	struct echoes *echoes;
	struct sender *sender;

	struct loop_watch *deadline, *hold, *echo, *relook, *answer;

	struct trial trial;
	struct bringup bringup;
	int program;		  /* program_open() */
	struct loop_watch *words; /* what it says; NULL: not watched */
	struct worker_load load;
	pid_t remover;	/* the child that unregisters; 0: none */
	pid_t closer;	/* the child that sets the device down to close the window; 0: none */
	bool dad_over;	/* of an address at least, since the window opened */
	bool released;	/* the hold in the window is over */
	uint32_t ended; /* processes of a bring-up that stays alive, before the trial's end */
	pid_t held;	/* the stopped task; 0: none */
	uint64_t held_at_ns;
	bool is_realtime;      /* until the device is set down */
	uint64_t hold_due_ns;  /* its end, as asked for */
	uint64_t opened_ns;    /* 0: the window has not opened */
	uint64_t carrier_ns;   /* the device ran; 0: not yet */
	uint64_t counts_ns;    /* hold and echoes count from here; 0: not yet */
	uint64_t fire_ns;      /* from here echoes are due */
	uint64_t addressed_ns; /* the dut's first address; 0: it has none yet */
	bool started;	       /* thread II */
	uint64_t down_ns;
	uint32_t flags_inside; /* flag sets that have entered and not returned */
	pid_t inside_pid;      /* whose the last one is */
	uint64_t entered_ns;   /* and when it entered */
	uint64_t deadline_ns;  /* that was asked for last */
	bool hurried;	       /* no hold any more: the campaign is ending */
	uint32_t next_echo;    /* to be given to the sender */
	uint32_t arrived;      /* the last packet from the peer that the kernel has seen */
	bool answering;	       /* DAD probes are those of the trial */
	uint32_t dad_probes;   /* seen in this trial */
	struct worker_answer answers[ANSWERS_MAX];
	uint32_t nr_answers;   /* made in this trial, in the order in which they are due */
	uint32_t next_answer;  /* to be given to the sender */
	uint32_t answers_sent; /* of which the sender has told */
	struct worker_ledger *ledger; /* NULL: no trial of this lane wanted one yet */
	struct counts baseline;
	uint32_t strangers;	   /* with it: packet sockets on an existing device */
	uint32_t controls;	   /* of the settling program, so far */
	int loopback;		   /* for softirqs of ours, from the first on; -1: none */
	const struct known *known; /* that is held in the trial in hand; NULL: none */
	int known_fd;
	struct campaign plain; /* the campaign, with our own bring-up */
	struct settle settle;
	struct counts last_look; /* of settling */
	uint64_t waits_ns;	 /* since when the unregister only waits; 0: it does not */
	struct worker_accepts accepts;
	int64_t link_local_end;	     /* of the device's address, as the kernel announced it */
	struct lane_message message; /* with the evidence that is being gathered */
};

/* --- worker_setup.c --- */

/* Namespaces, testbed, sockets and warm-up; the sentence goes into the worker's message. */
int worker_set_up(struct worker *worker);

/* One up and down of the device by our own bring-up. The counts at rest are the baseline. */
int worker_cycle(struct worker *worker);

/* Puts real devices back; a sentence on standard error when that failed. */
void worker_put_back(struct worker *worker);

/* --- worker_control.c --- */

/*
 * After the warm-up: takes each known reference of what is watched. Counts and settling program
 * have to see exactly that, and nothing once it is dropped; what explains a reference (a
 * neighbour, MLD's record of a group, a carrier event) may not show. 0, or -errno with the
 * sentence: what was taken, what was seen.
 */
int worker_control(struct worker *worker);

/* A known reference for the trial in hand; and dropped, which the counts have to show. */
int worker_control_take(struct worker *worker);
/* Whether it is all that the counts have more than the baseline. */
bool worker_control_is_held(const struct worker *worker, const struct counts *counts);
int worker_control_drop(struct worker *worker);

/* --- worker_acts.c --- */

extern const struct trial_crew worker_acts;

/* --- worker_settle.c --- */

/* For the trial: the device is down, the references are waited for. */
void worker_settle(struct worker *worker);

/*
 * When they are waited for: looks at the counts, and ends the trial when they are back, as of
 * `at_ns`. Whether they are.
 */
bool worker_look(struct worker *worker, uint64_t at_ns);

/* For the loop: the next look is due. */
void hear_relook(void *worker);

/* For the trial: tells the campaign what is missing, and asks for the last looks. */
void worker_suspect(void *worker);
/* Whether these have to be put off, because the counts still move. */
bool worker_waits_for_rest(const struct worker *worker);
void worker_look_again(void *worker);

/* For the trial: unregisters the device, in a process of its own, which has ended. */
void worker_unregister(void *worker);
void worker_unregister_returned(struct worker *worker, int status);

/* --- worker_hang.c --- */

/* The deletion of the device by thread I, once it was begun; else NULL. */
const volatile struct bringup_change *worker_deletion(const struct worker *worker);
bool worker_is_deleting(const struct worker *worker);
bool worker_is_deleted(const struct worker *worker);

/*
 * When the flag set or deletion that thread I is inside of counts as hung; 0: it is inside of
 * none.
 */
uint64_t worker_hangs_from(const struct worker *worker);

/*
 * Whether it hangs, by the stack of its task, which is put into the evidence; where there is
 * none, nobody can tell, and the trial has to end all the same. False: the task is somewhere
 * else.
 */
bool worker_hangs(struct worker *worker);

/* For the trial: puts into the evidence what does not return. */
void worker_tell_hang(void *worker);

/* --- worker_hears.c: for the loop --- */

void hear_record(const struct record *record, void *worker); /* for the ring */
void hear_records(void *worker);
void hear_children(void *worker);
void hear_words(void *worker); /* of the bring-up */
void hear_sender(void *worker);
void hear_testbed(void *worker);
void hear_deadline(void *worker);
void hear_hold_due(void *worker);

/* --- worker_opens.c: from where hold and echoes count --- */

/* The dut has its first address, or nothing is left to wait for: the window has closed. */
void worker_addressed(struct worker *worker);

/* The link is up. */
void worker_has_carrier(struct worker *worker);

/* The window has opened, or the dut has an address: one of them may be what was missing. */
void worker_counts_from(struct worker *worker);

/* For the trial: how long the task in the window stays held. */
void worker_hold(void *worker);

/*
 * Whether the hold is extended, for a while, because packets that were due in it have not
 * arrived yet. If so, the timer of the hold is set again.
 */
bool worker_waits_for_echoes(struct worker *worker);

/* --- worker_window.c: how the window ends, and what stays alive after it --- */

void worker_closed(struct worker *worker, enum closed_by by, uint64_t at_ns);
void worker_window_event(struct worker *worker, enum window_closes event, enum closed_by by);

/*
 * Whether the bring-up has done its part, when it is in no flag set: it has ended, and nothing
 * of it can close the window; or it is a daemon. `alone`: no process of it is alive.
 */
bool worker_is_over(const struct worker *worker, bool alone);

/* For the trial. */
void worker_close(void *worker);
void worker_stop_bring_up(void *worker);

/* How long what is killed has to end, unless it is stuck in the kernel. */
#define UNDEAD_NS 2000000000ULL

/* Ends all that lives in the lane but us. False: some of it is stuck in the kernel. */
bool worker_end_all(struct worker *worker, uint64_t within_ns, uint32_t *ended);

/* --- worker_sends.c: thread II --- */

void worker_fire(void *worker); /* the window is open */

/* The trial's hold, from 1, whose hook a record names; 0: none. */
uint32_t worker_hold_of(const struct trial_spec *spec, uint32_t sequence);
void worker_step_held(struct worker *worker, uint32_t hold, uint64_t at_ns);

void worker_send_due(void *worker); /* an echo is due */

/* Notes what the sender has told, and that thread II is done with its last message. */
void worker_read_sent(struct worker *worker);

/* Waits for the send that is in hand; one that does not return is the end of the lane. */
void worker_end_thread_ii(struct worker *worker);

/* --- worker_notes.c --- */

/* Whether a trial is in hand. */
bool worker_is_running(const struct worker *worker);

/* When the trial's step in hand is overdue: so many microseconds from now. */
void worker_set_deadline(void *worker, uint64_t us);

/* Adds a moment to the evidence. */
void worker_note(struct worker *worker, enum moment_kind kind, uint64_t at_ns, int64_t value,
		 uint32_t sequence);
void worker_note_on(struct worker *worker, enum moment_kind kind, uint64_t at_ns, int64_t value,
		    uint32_t sequence, uint32_t cpu);

/* Notes what the testbed has to tell. */
void worker_hear_testbed(void *worker);

/*
 * Sends the worker's message over the channel, without the moments that are not in use. 0 or
 * -errno.
 */
int worker_tell(const struct worker *worker);

/* --- worker_counts.c --- */

/* The dut's counts now; a look that fails is counted as a lost record. */
struct counts worker_counts(struct worker *worker);

/*
 * Packet sockets on an existing device, each of which holds it: a capture, a DHCP client of the
 * machine. 0 for a device of our own, which nobody else sees.
 */
uint32_t worker_strangers(const struct worker *worker);

/* Whether nothing that is watched differs. */
bool worker_same_counts(const struct worker *worker, const struct counts *a,
			const struct counts *b);

/* Whether nothing that is watched differs from the baseline, and the device is there. */
bool worker_at_baseline(const struct worker *worker, const struct counts *counts);

/*
 * Waits until the counts are those of the baseline, which were at rest, or until they have not
 * moved over a few RCU grace periods; for a hundred of them at most.
 */
struct counts worker_rest(struct worker *worker);

/*
 * The net_device's references that nothing accounts for: without the one that linkwatch holds
 * for up to a second, and without one for each neighbour entry that is still in the table.
 */
int64_t worker_net_device_refs(const struct counts *counts);

/*
 * The inet6_dev's: without one for each record that MLD keeps of a group that was left, until
 * that is reported twice or the group is joined again (mld_add_delrec(), net/ipv6/mcast.c); a
 * device that is down keeps what there is then.
 */
int64_t worker_inet6_dev_refs(const struct counts *counts);

/* The counts as the evidence keeps them. */
struct evidence_counts worker_facts(const struct counts *counts);

/* --- worker_load.c --- */

/*
 * The load of the trial in hand, if it has one: a process that ends by worker_load_end(), which
 * puts its cost into the evidence, or with the lane. 0 or -errno.
 */
int worker_load_start(struct worker *worker, enum load_kind load);
void worker_load_end(struct worker *worker);

/* --- worker_dad.c --- */

/*
 * The peer's part in DAD. Nothing is answered before worker_dad_begin(), nor after
 * worker_dad_end(): the device goes down then. Both wants watches on worker->answer and
 * echoes_dad_fd().
 */
void worker_dad_begin(struct worker *worker);
void worker_dad_opened(struct worker *worker); /* worker->fire_ns says when */
void worker_dad_end(struct worker *worker);
void worker_dad_seen(void *worker); /* probes wait to be read */
void worker_dad_due(void *worker);  /* an answer is due */

/* --- worker_accepts.c --- */

/*
 * Reads the counters of IPv6 before a trial and after it, for its evidence; none that sends
 * nothing. In between it is told of addresses that the kernel announced for the device, and to
 * which address an inbound echo went (unicast_end(), record.h).
 */
void worker_accepts_begin(struct worker *worker);
void worker_accepts_end(struct worker *worker);
void worker_accepts_address(struct worker *worker, const struct in6_addr *address);
void worker_accepts_echo(struct worker *worker, int64_t destination_end);

/* --- worker_ledger.c --- */

/*
 * The ledger of the trial in hand, for ask->digests. Opened before the baseline is read;
 * failures are kept in the digests. Closed before the device is unregistered, and at the
 * trial's end; written down when the evidence is whole. The child that unregisters releases it.
 * A trial that deletes the device has none, and the digests say why.
 */
void worker_ledger_open(struct worker *worker);
void worker_ledger_refuse(struct worker *worker);
void worker_ledger_close(struct worker *worker);
void worker_ledger_write(struct worker *worker);
void worker_ledger_let_go(struct worker *worker);

/* At the lane's end: objects of later lanes may come to lie where those of this one were. */
void worker_ledger_end(struct worker *worker);

#endif
