/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_LANE_H
#define DADRACE_LANE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/why.h"
#include "ledger/digest.h"
#include "loader/probes.h"
#include "spec/campaign.h"
#include "trial/evidence.h"

/*
 * A lane: an isolated place for trials, and the process that works there.
 *
 *   campaign's process                      lane's process (worker.h)
 *   lane_start() ── fork, new pid namespace ──> testbed, echo sockets, ring, warm-up
 *                <───────── LANE_READY ───────
 *                <───────── LANE_BLIND ───────  instead: its positive control has failed
 *   lane_run()   ───────── lane_order ───────>  one trial
 *                <═════ digest, shared memory ═   when the trial has a ledger
 *                <─────── LANE_SUSPECTS ──────  references are missing
 *                <───────── LANE_TRIAL ───────
 *   lane_hurry() ────────── one byte ────────>  releases a hold
 *   lane_end()   ───────── end of file ──────>  puts real devices back, exits
 *
 * Whatever may block in the kernel is done in the lane's process or in a child of it, so that a
 * wedged device never wedges the campaign. The process is number 1 of a pid namespace of its
 * own: when it dies, for whatever reason, the kernel ends every process in there, held ones
 * too, and with the last descriptor its network namespaces go.
 */
struct lane;

struct lane_ask {
	const struct campaign *campaign;
	struct probes *probes;
	uint32_t slot;	 /* where its state and ring are; free for another lane once it ended */
	uint32_t number; /* 1, 2, 3, ...: never used twice in a campaign; names the devices */
	bool keep;
	bool draws; /* changes, from a list of all: those that this kernel lacks end no lane */
	const struct symbols *symbols; /* of trials with a ledger; NULL: there are none */
	/* DIGEST_OBJECTS of them, in memory that both processes share; made by lane_start(). */
	struct digest *digests;
};

/* What the channel carries to the lane's process. */
struct lane_order {
	struct trial_spec spec;
	uint8_t hooked[STEPS_MAX]; /* whose place each step is: enum order_thread; 0: none */
	bool ledger;
	bool control; /* our own bring-up, and a reference is held until the end */
};

enum lane_message_kind {
	LANE_READY,    /* it waits for a trial; a sentence says what it has to do without */
	LANE_SUSPECTS, /* the trial in hand may leak; its evidence is what there is so far */
	LANE_TRIAL, /* a trial is over; the evidence lacks only what the campaign alone knows */
	LANE_FAILED, /* it cannot work; the sentence and its code say why */
	LANE_BLIND,  /* its positive control has failed: what it counts proves nothing */
	LANE_GONE,   /* its process has died; the sentence says how */
};

struct lane_message {
	enum lane_message_kind kind;
	struct why why;
	struct lane_identity identity; /* of LANE_READY */
	uint32_t slow;		       /* in percent (spec/deadlines.h) */
	struct evidence evidence;      /* last: only the moments in use are sent */
};

/* What the lane's process does; it never returns. */
typedef void lane_work(const struct lane_ask *ask, int channel);

/* Forks the lane's process; LANE_READY or LANE_FAILED follows as a message. */
int lane_start(const struct lane_ask *ask, lane_work *work, struct lane **out, struct why *why);

/* Readable when a message waits; owned by the lane. */
int lane_fd(const struct lane *lane);

/*
 * Takes one message. On LANE_READY the lane has been made known to the probes. False when none
 * waits.
 */
bool lane_receive(struct lane *lane, struct lane_message *message);

/* Starts a trial; the lane must be idle. */
int lane_run(struct lane *lane, const struct lane_order *order, struct why *why);

/*
 * The digests of the last trial with a ledger, after its LANE_TRIAL. They live as long as the
 * lane.
 */
const struct digest *lane_digest(const struct lane *lane, enum digest_object object);

/* Asks the lane to release a hold now: the current trial ends soon, and is invalid. */
void lane_hurry(struct lane *lane);

/* Describes what the lane's process is stuck in: pid, wchan, stack. */
void lane_stack(const struct lane *lane, struct evidence *evidence);

/*
 * lane_end() asks the lane's process to exit, lane_kill() kills it; lane_gone() says whether it
 * has. lane_free() frees the lane, even when its process is stuck in the kernel.
 */
void lane_end(struct lane *lane);
void lane_kill(struct lane *lane);
bool lane_gone(struct lane *lane);
void lane_free(struct lane *lane);

pid_t lane_pid(const struct lane *lane);
uint32_t lane_number(const struct lane *lane);

#endif
