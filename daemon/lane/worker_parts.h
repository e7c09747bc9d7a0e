/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CREW_PARTS_H
#define DADRACE_CREW_PARTS_H

#include "lane/bringup.h"
#include "lane/worker.h"
#include "lane/echo.h"
#include "io/loop.h"
#include "spec/order.h"
#include "testbed/testbed.h"
#include "trial/trial.h"

/*
 * The parts of the lane's process.
 *
 *   crew.c        one trial after the other: what the trial asks for, what happens
 *   crew_counts.c the dut's counts, and what of them somebody still has to drop
 *   crew_place.c  before the first: namespaces, testbed, sockets, warm-up
 *   crew_load.c   what keeps the machine busy while a trial runs
 *   crew_dad.c    the part that the peer plays in DAD
 *   crew_ledger.c the ledger of a trial, when one is wanted
 */
enum { ANSWERS_MAX = 128 }; /* of one trial; dad_transmits has at most 100 */

struct crew_answer {
	uint64_t due_ns;
	uint8_t bytes[FRAME_DAD_MAX];
	size_t length;
};

struct crew_load {
	pid_t pid; /* 0: none */
	volatile uint64_t *turns;
};

struct crew {
	const struct lane_ask *ask;
	int channel;
	int home_mounts; /* the mount namespace that we came from */
	struct loop *loop;
	struct probes *probes;
	struct lane_state *state;
	struct order places; /* that are hooked */
	struct ring_reader *ring;
	struct testbed *testbed;
	struct echoes *echoes;

	struct loop_watch *deadline, *hold, *echo, *relook, *answer;

	struct trial trial;
	struct bringup bringup;
	struct crew_load load;
	pid_t remover; /* the child that unregisters; 0: none */
	pid_t held;    /* the stopped task; 0: none */
	uint64_t held_at_ns;
	uint64_t fire_ns; /* from here echoes are due */
	bool started;	  /* thread II */
	uint64_t down_ns;
	uint32_t flags_inside; /* flag sets that have entered and not returned */
	pid_t inside_pid;      /* whose the last one is */
	uint64_t entered_ns;   /* and when it entered */
	uint64_t deadline_ns;  /* that was asked for last */
	bool hurried;	       /* no hold any more: the campaign is ending */
	uint32_t next_echo;
	bool answering;	     /* DAD probes are those of the trial */
	uint32_t dad_probes; /* seen in this trial */
	struct crew_answer answers[ANSWERS_MAX];
	uint32_t nr_answers; /* made in this trial, in the order in which they are due */
	uint32_t next_answer;
	struct crew_ledger *ledger; /* NULL: no trial of this lane wanted one yet */
	struct counts baseline;
	struct lane_message message; /* with the evidence that is being gathered */
};

/* Adds a moment to the evidence. */
void crew_note(struct crew *crew, enum moment_kind kind, uint64_t at_ns, int64_t value,
	       uint32_t sequence);

/* The dut's counts now; a look that fails is counted as a lost record. */
struct counts crew_counts(struct crew *crew);

/* Whether nothing that is watched differs. */
bool crew_same_counts(const struct crew *crew, const struct counts *a, const struct counts *b);

/* Waits until the counts have not moved over a few RCU grace periods, for a hundred of them at most. */
struct counts crew_rest(struct crew *crew);

/*
 * The net_device's references that nothing accounts for: without the one that linkwatch holds for up to
 * a second, and without one for each neighbour entry that is still in the table.
 */
int64_t crew_net_device_refs(const struct counts *counts);

/*
 * The inet6_dev's: without one for each record that MLD keeps of a group that was left, until that is reported twice
 * or the group is joined again (mld_add_delrec(), net/ipv6/mcast.c); a device that is down keeps what there is then.
 */
int64_t crew_inet6_dev_refs(const struct counts *counts);

/* What a trial tells of counts. */
struct evidence_counts crew_facts(const struct counts *counts);

/* Makes the place where trials run; the sentence goes into the crew's message. */
int crew_open_place(struct crew *crew);

/*
 * The load of the trial in hand, if it has one: a process that ends by crew_load_end(), which puts its cost
 * into the evidence, or with the lane. 0 or -errno.
 */
int crew_load_start(struct crew *crew, enum load_kind load);
void crew_load_end(struct crew *crew);

/*
 * The peer's part in DAD. Nothing is answered before crew_dad_begin(), nor after crew_dad_end(): the
 * device goes down then. Both wants watches on crew->answer and echoes_probe_fd().
 */
void crew_dad_begin(struct crew *crew);
void crew_dad_opened(struct crew *crew); /* crew->fire_ns says when */
void crew_dad_end(struct crew *crew);
void crew_dad_seen(void *crew); /* probes wait to be read */
void crew_dad_due(void *crew);	/* an answer is due */

/*
 * The ledger of the trial in hand, for ask->books. Opened before the baseline is read; what goes wrong is
 * said in the books. Closed before the device is unregistered, and at the trial's end; written down when the
 * evidence is whole. The child that unregisters lets go of it.
 * A trial that deletes the device has none, and the books say why.
 */
void crew_ledger_open(struct crew *crew);
void crew_ledger_refuse(struct crew *crew);
void crew_ledger_close(struct crew *crew);
void crew_ledger_write(struct crew *crew);
void crew_ledger_let_go(struct crew *crew);

/* At the lane's end: objects of later lanes may come to lie where those of this one were. */
void crew_ledger_end(struct crew *crew);

/* Thread II has sent something: tells those who wait for it when that was all. */
void crew_sent(struct crew *crew);

/* Puts real devices back; a sentence on standard error when that failed. */
void crew_close_place(struct crew *crew);

#endif
