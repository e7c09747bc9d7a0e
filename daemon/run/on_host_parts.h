/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_ON_HOST_PARTS_H
#define DADRACE_RUN_ON_HOST_PARTS_H

#include "lane/lane.h"
#include "results/ledger_line.h"
#include "results/lines.h"
#include "run/on_host.h"
#include "run/post_mortem.h"
#include "trial/shard.h"

/*
 * The parts of the runner, for their own files: on_host.c fills seats with lanes and gives them
 * trials, outcome.c adds up what these have shown.
 */
enum seat_state {
	SEAT_EMPTY,
	SEAT_OPENING,
	SEAT_IDLE,
	SEAT_RUNNING,
	SEAT_EXAMINED, /* its trial is over, and who holds its device is looked for */
	SEAT_LEAVING,  /* told to leave, or killed */
};

/* One of the campaign's places for a lane; its number is the lane's slot. */
struct seat {
	struct runner *runner;
	enum seat_state state;
	struct lane *lane;
	struct loop_watch *messages;
	struct loop_watch *deadline;
	struct trial_spec spec;
	char device[16];
	uint32_t slow; /* its lane, in percent */
	uint64_t started_ns;
	uint64_t missed_before;
	uint64_t step_missed_before[ORDER_HOLDS_MAX];
	struct klog_line klog;
	enum klog_tie klog_tie;
	uint32_t klog_lines;
	uint32_t klog_shared;
	uint32_t klog_gaps;
	bool killed;
	bool hangs;    /* somebody hung in its last trial, and may be stuck */
	bool serves;   /* suspects, before it runs the plan's trials */
	bool repeats;  /* the trial in hand is one of a suspect */
	bool controls; /* the trial in hand has a reference that is held on purpose */
	struct job *examination;
	struct evidence *examined; /* the evidence of its trial, meanwhile */
	char post_mortem[POST_MORTEM];
	uint32_t learned; /* trials without the race, with a whole ledger or without */
};

struct runner {
	const struct runner_ask *ask;
	const struct campaign *campaign;
	struct conclusion *sums;
	struct order places; /* that are hooked */
	uint32_t set;	     /* of the explorer's places, which these are */
	struct seat *waits;  /* for other places to be hooked; none begins a trial before it */
	struct loop *loop;
	struct klog *klog;
	struct klog_reports reports;
	bool in_guest;
	const char
		*hooked[ORDER_HOLDS_MAX + 1]; /* functions of the order; NULL after the last */
	struct loop_watch *tick;
	struct seat seats[LANES_MAX];
	enum tier tier;
	struct deal deal;
	uint32_t next_trial; /* of those that are dealt */
	uint32_t next_lane;
	bool raced; /* a race of this run has been judged */
	bool alone; /* trials run one at a time: see klog_put_down() */
	bool slow_told;
	uint32_t failures;
	uint32_t interrupts;
	bool said_without; /* what lanes have to do without here */
	struct lane_message message;
	struct symbols *symbols; /* NULL: nobody wanted them yet */
	uint32_t next_repeat;
	struct ledger_told ledger_told;
};

#endif
