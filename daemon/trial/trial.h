/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TRIAL_H
#define DADRACE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A trial: one pass through the race window.
 *
 *   READY --start--> ARMED --opened--> OPEN --ended--> CLOSING --shut--> SETTLING
 *                      |                |
 *                      |                +--hung--> DONE
 *                      +--ended, overtime--> SETTLING
 *
 *   SETTLING --missing, overtime--> SUSPECTED --overtime--> LOOKING --missing--> CONFIRMING
 *      |                                |                      |                    |
 *      +--settled--> DONE               +--settled--> DONE     +--settled--> DONE   |
 *                                                       DONE <--returned, overtime--+
 *
 * As in the seed: ifconfig sets the flags the first time (ARMED), the window is open and thread
 * II's packet arrives (OPEN), the second flag set brings the interface down, and the references
 * are waited for (SETTLING). A bring-up that sets the flags once leaves the window open: then
 * the second flag set is ours (CLOSING). References that are missing when the counts are at
 * rest are a suspicion (SUSPECTED), which is told at once; what comes back by itself now is
 * late, not lost. What is still missing at the last two looks is confirmed by unregistering the
 * device (CONFIRMING).
 *
 * The trial keeps no clock and touches no socket. It is told what happened, changes its state,
 * and asks its crew to act; so a test can play it from a list.
 */
enum trial_state {
	TRIAL_READY,
	TRIAL_ARMED,
	TRIAL_OPEN,
	TRIAL_CLOSING,
	TRIAL_SETTLING,
	TRIAL_SUSPECTED,
	TRIAL_LOOKING,
	TRIAL_CONFIRMING,
	TRIAL_DONE,
	TRIAL_STATES,
};
extern const char *const trial_state_names[];

enum trial_event {
	TRIAL_START,	/* baseline read, the bring-up waits at its pipe, probes are armed */
	TRIAL_OPENED,	/* the first flag set that brings the device up has returned */
	TRIAL_COUNTS,	/* from here the hold and the echoes count: at once, or when it runs */
	TRIAL_HELD,	/* the bring-up's task has stopped */
	TRIAL_HOLD_DUE, /* the planned hold is over */
	TRIAL_ENDED,   /* the bring-up has done its part: it has ended, unless it is a daemon */
	TRIAL_SHUT,    /* the window is closed, or will not be */
	TRIAL_SETTLED, /* the counts are at baseline */
	TRIAL_MISSING, /* they are not, and nothing moves any more; or, at a further look */
	TRIAL_HUNG,    /* a flag set did not return by the deadline */
	TRIAL_OVERTIME, /* the deadline that was asked for last has passed */
	TRIAL_RETURNED, /* the unregister has returned */
	TRIAL_EVENTS,
};
extern const char *const trial_event_names[];

/* What a trial asks for. Every call returns at once; what comes of it is told by an event. */
struct trial_crew {
	void (*bring_up)(void *crew); /* let the waiting bring-up go */
	/* start the planned echoes; asked again when COUNTS comes, before which it waits */
	void (*fire)(void *crew);
	void (*hold)(void *crew);    /* tell HOLD_DUE when the planned time has passed; again */
	void (*release)(void *crew); /* continue the held task */
	void (*close)(void *crew);   /* set the device down if the window is open; tell SHUT */
	void (*stop_bring_up)(void *crew); /* end it, if it is alive */
	/* device down; tell SETTLED when the counts are back, MISSING when they rest */
	void (*tear_down)(void *crew);
	void (*suspect)(void *crew);	/* tell OVERTIME when the last looks are due */
	void (*look)(void *crew);	/* look again: tell SETTLED or MISSING */
	void (*unregister)(void *crew); /* delete the device; tell RETURNED */
	void (*hang)(void *crew);	/* gather the stack of what hangs */
	void (*finish)(void *crew);	/* the trial is over */
	void (*deadline)(void *crew,
			 uint64_t us); /* tell OVERTIME then; replaces the one before */
};

struct trial_limits {
	uint64_t bring_up_us; /* from start to end of the bring-up, the hold not counted */
	uint64_t hold_us;
	uint64_t rest_us;   /* from teardown: what moves then does not come to rest */
	uint64_t settle_us; /* from teardown to the last looks */
	uint64_t grace_us;  /* between them */
	uint64_t unregister_us;
	bool may_unregister; /* false: the device is real */
};

struct trial {
	enum trial_state state;
	struct trial_limits limits;
	const struct trial_crew *crew;
	void *crew_arg;
	uint32_t looks; /* further looks that found references missing */
};

enum { TRIAL_LOOKS = 2 };

void trial_init(struct trial *trial, const struct trial_limits *limits,
		const struct trial_crew *crew, void *crew_arg);

/* Moves. An event that means nothing in this state is ignored: late timers are no errors. */
void trial_happened(struct trial *trial, enum trial_event event);

#endif
