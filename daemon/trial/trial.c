// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/trial.h"

/* clang-format off */
const char *const trial_state_names[] = {
	"ready", "armed", "open", "closing", "settling", "suspected", "looking", "confirming", "done",
};
const char *const trial_event_names[] = {
	"start", "opened", "counts", "held", "hold-due", "ended", "shut", "settled", "missing", "hung",
	"overtime", "returned",
};
/* clang-format on */

_Static_assert(sizeof(trial_state_names) / sizeof(trial_state_names[0]) == TRIAL_STATES,
	       "a name per state");
_Static_assert(sizeof(trial_event_names) / sizeof(trial_event_names[0]) == TRIAL_EVENTS,
	       "a name per event");

static void ask(struct trial *t, void (*what)(void *))
{
	what(t->crew_arg);
}

static void ask_deadline(struct trial *t, uint64_t us)
{
	t->crew->deadline(t->crew_arg, us);
}

/* --- what a move does; the state is already the new one --- */

static void begin(struct trial *t)
{
	ask_deadline(t, t->limits.bring_up_us);
	ask(t, t->crew->bring_up);
}

static void fire(struct trial *t)
{
	ask_deadline(t, t->limits.bring_up_us + t->limits.hold_us);
	ask(t, t->crew->fire);
}

static void hold(struct trial *t)
{
	ask(t, t->crew->hold);
}

static void count(struct trial *t)
{
	ask(t, t->crew->fire);
	hold(t);
}

static void release(struct trial *t)
{
	ask(t, t->crew->release);
}

static void close_window(struct trial *t)
{
	ask_deadline(t, t->limits.bring_up_us);
	ask(t, t->crew->close);
}

static void tear_down(struct trial *t)
{
	ask_deadline(t, t->limits.rest_us);
	ask(t, t->crew->tear_down);
}

static void stop_and_tear_down(struct trial *t)
{
	ask(t, t->crew->stop_bring_up);
	tear_down(t);
}

static void suspect(struct trial *t)
{
	ask(t, t->crew->suspect);
}

static void wait_to_look(struct trial *t)
{
	ask_deadline(t, t->limits.grace_us);
}

static void look(struct trial *t)
{
	ask(t, t->crew->look);
}

static void finish(struct trial *t)
{
	ask(t, t->crew->finish);
}

static void hang(struct trial *t)
{
	ask(t, t->crew->hang);
	finish(t);
}

/* Still missing: look once more, or confirm by unregistering. */
static void missing(struct trial *t)
{
	if (++t->looks < TRIAL_LOOKS) {
		wait_to_look(t);
	} else if (t->limits.may_unregister) {
		t->state = TRIAL_CONFIRMING;
		ask_deadline(t, t->limits.unregister_us);
		ask(t, t->crew->unregister);
	} else {
		t->state = TRIAL_DONE;
		finish(t);
	}
}

/* clang-format off */
static const struct {
	enum trial_state state;
	enum trial_event event;
	enum trial_state next;
	void (*move)(struct trial *trial);
} moves[] = {
	{ TRIAL_READY,	    TRIAL_START,    TRIAL_ARMED,    begin },

	{ TRIAL_ARMED,	    TRIAL_OPENED,   TRIAL_OPEN,	    fire },
	{ TRIAL_ARMED,	    TRIAL_ENDED,    TRIAL_SETTLING, tear_down },
	{ TRIAL_ARMED,	    TRIAL_OVERTIME, TRIAL_SETTLING, stop_and_tear_down },
	{ TRIAL_ARMED,	    TRIAL_HUNG,	    TRIAL_DONE,	    hang },

	{ TRIAL_OPEN,	    TRIAL_COUNTS,   TRIAL_OPEN,	    count },
	{ TRIAL_OPEN,	    TRIAL_HELD,	    TRIAL_OPEN,	    hold },
	{ TRIAL_OPEN,	    TRIAL_HOLD_DUE, TRIAL_OPEN,	    release },
	{ TRIAL_OPEN,	    TRIAL_ENDED,    TRIAL_CLOSING,  close_window },
	{ TRIAL_OPEN,	    TRIAL_OVERTIME, TRIAL_CLOSING,  close_window },
	{ TRIAL_OPEN,	    TRIAL_HUNG,	    TRIAL_DONE,	    hang },

	{ TRIAL_CLOSING,    TRIAL_SHUT,	    TRIAL_SETTLING, stop_and_tear_down },
	{ TRIAL_CLOSING,    TRIAL_OVERTIME, TRIAL_SETTLING, stop_and_tear_down },
	{ TRIAL_CLOSING,    TRIAL_HUNG,	    TRIAL_DONE,	    hang },

	{ TRIAL_SETTLING,   TRIAL_SETTLED,  TRIAL_DONE,	    finish },
	{ TRIAL_SETTLING,   TRIAL_MISSING,  TRIAL_SUSPECTED, suspect },
	{ TRIAL_SETTLING,   TRIAL_OVERTIME, TRIAL_SUSPECTED, suspect },

	{ TRIAL_SUSPECTED,  TRIAL_SETTLED,  TRIAL_DONE,	    finish },
	{ TRIAL_SUSPECTED,  TRIAL_OVERTIME, TRIAL_LOOKING,  wait_to_look },

	{ TRIAL_LOOKING,    TRIAL_OVERTIME, TRIAL_LOOKING,  look },
	{ TRIAL_LOOKING,    TRIAL_SETTLED,  TRIAL_DONE,	    finish },
	{ TRIAL_LOOKING,    TRIAL_MISSING,  TRIAL_LOOKING,  missing },

	{ TRIAL_CONFIRMING, TRIAL_RETURNED, TRIAL_DONE,	    finish },
	{ TRIAL_CONFIRMING, TRIAL_OVERTIME, TRIAL_DONE,	    hang },
};
/* clang-format on */

void trial_init(struct trial *trial, const struct trial_limits *limits,
		const struct trial_crew *crew, void *crew_arg)
{
	*trial = (struct trial){ .limits = *limits, .crew = crew, .crew_arg = crew_arg };
}

void trial_happened(struct trial *trial, enum trial_event event)
{
	for (unsigned int i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		if (moves[i].state != trial->state || moves[i].event != event)
			continue;
		trial->state = moves[i].next;
		moves[i].move(trial);
		return;
	}
}
