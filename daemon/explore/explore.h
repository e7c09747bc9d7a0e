/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPLORE_H
#define DADRACE_EXPLORE_H

#include "spec/campaign.h"
#include "spec/spec.h"
#include "trial/behaviour.h"

/*
 * The explorer: chooses each race trial in the space of holds (place, end), the start of thread
 * II, packets (direction, target, count, offset), the hold of the window and DAD's answer, and
 * learns from the behaviour of trials.
 *
 *   explorer_next(trial) ──> spec ──> trial ──> behaviour ──> explorer_learn(trial)
 *        ^                                                          │
 *        └── plan of a generation <── corpus, features, lengths <───┘
 *
 * Trials are planned in generations of campaign.explore.generation trials (by default one a
 * lane). Generation g depends on the campaign, its seed and the behaviour of generations 1 ..
 * g-2, taken in the order of trial numbers: never on generation g-1, whose trials may still
 * run, and never on which lane was faster. So the same seed and the same behaviour give the
 * same plan, whatever the number of lanes and the order in which trials end. At most two
 * generations run at a time. Only `sample` and `guided` depend on behaviour at all.
 *
 * An explorer survives its guest: a new one is fed what was learned so far and continues the
 * plan.
 *
 * Trials of other arms, and all trials with mode off, are those of plan_trial(). Pure.
 */
struct explorer;

/* The campaign must outlive it and has places (explore_proposals). -ENOMEM. */
int explorer_new(const struct campaign *campaign, struct explorer **out);
void explorer_free(struct explorer *explorer);

/*
 * Fills in trial number `trial`, from 1; asked again, it gives the same. -EAGAIN: a trial it
 * depends on is not learned yet; -ENOMEM.
 */
int explorer_next(struct explorer *explorer, uint32_t trial, struct trial_spec *spec);

/*
 * Learns the behaviour of a trial, once for each; fills in behaviour->new_features: the
 * features that no trial of the generations it was planned from had. NULL: nothing is known of
 * the trial. -ENOMEM.
 */
int explorer_learn(struct explorer *explorer, uint32_t trial, struct behaviour *behaviour);

/*
 * Learns a trial of an earlier run that a campaign continues. It is ignored when trials that
 * its plan depends on are missing. -ENOMEM.
 */
int explorer_recall(struct explorer *explorer, uint32_t trial,
		    const struct behaviour *behaviour);

/* Trials up to `trial` that were not learned never will be. -ENOMEM. */
int explorer_skip_to(struct explorer *explorer, uint32_t trial);

/* The last planned trial. */
uint32_t explorer_planned(const struct explorer *explorer);

/* What was learned of a trial; false: nothing was reported. */
bool explorer_told(const struct explorer *explorer, uint32_t trial,
		   struct behaviour *behaviour);

/* The sums of an explorer; all 0 where the mode is off. */
struct explore_sums {
	enum explore_mode mode;
	uint32_t generations; /* that are planned */
	uint32_t places;
	uint32_t held;	   /* of these, places where a hold was kept */
	uint32_t pairs;	   /* of a place and the change that was made during a hold there */
	uint32_t features; /* different ones that were seen */
	uint32_t corpus;   /* trials that showed a new one */
	uint32_t first_finding; /* number of the first trial with a fault; 0: none */
	double least_chance; /* of pct with one set of places, see explore_bound(); else NaN */
};
void explorer_sums(struct explorer *explorer, struct explore_sums *sums);

/* Whether a packet that is sent so long after the opening is late: see spec/reach.h. */
static inline bool explore_is_late(const struct campaign *campaign, uint64_t offset_us)
{
	return offset_us > campaign->explore.offset_us / 2;
}

/*
 * Mode pct: the least probability that one trial triggers a given bug of depth d, 1 / (n
 * k^(d-1)), for n threads, k places and d-1 delays that are long enough (Burckhardt et al.,
 * ASPLOS 2010).
 */
double explore_bound(uint32_t threads, uint32_t places, uint32_t delays);

/*
 * Places proposed to a campaign that names none, best first, ended by NULL; daemon/run/scouts.h
 * decides which of these, and of those that scouts saw, it gets.
 */
extern const char *const explore_proposals[];

#endif
