/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPLORE_H
#define DADRACE_EXPLORE_H

#include "trial/behaviour.h"
#include "spec/campaign.h"
#include "spec/spec.h"

/*
 * The explorer: chooses each race trial in the space of holds (place, end), the start of thread II, echoes
 * (direction, target, count, offset), the window's hold and DAD's answer, and learns from what came of it.
 *
 *   explorer_next(trial) ──> spec ──> trial ──> behaviour ──> explorer_learn(trial)
 *        ^                                                          │
 *        └── plan of a generation <── corpus, features, lengths <───┘
 *
 * Trials are planned in generations of campaign.explore.generation, or of as many as there are lanes. A generation g depends on the
 * campaign, its seed and the behaviour of the trials of generations 1 .. g-2, taken in the order of their
 * numbers: never on generation g-1, of which trials may still be in hand, and never on which lane
 * was quicker. So the same seed and the same behaviour give the same plan, whatever the number of lanes
 * and the order in which trials end; no more than two generations are in hand at a time. Only
 * `sample` and `guided` depend on behaviour at all.
 *
 * An explorer survives a guest: what was learned so far is told again to a new one, which then plans
 * on as the old one would have.
 *
 * Other arms than race, and all trials where the mode is off, are as plan_trial() makes them. Pure.
 */
struct explorer;

/* The campaign outlives it; its places are given (see explore_proposals). -ENOMEM. */
int explorer_new(const struct campaign *campaign, struct explorer **out);
void explorer_free(struct explorer *explorer);

/*
 * Fills in trial number `trial`, from 1; the same again whenever it is asked. -EAGAIN: what it depends on
 * is not learned yet; -ENOMEM.
 */
int explorer_next(struct explorer *explorer, uint32_t trial, struct trial_spec *spec);

/*
 * What came of a trial, once for each; fills in behaviour->new_features: those that no trial of the
 * generations it was planned from had. NULL: nothing is known of it. -ENOMEM.
 */
int explorer_learn(struct explorer *explorer, uint32_t trial, struct behaviour *behaviour);

/*
 * What came of a trial of an earlier run, which a campaign goes on with. It is passed over when trials
 * that its plan depends on are missing. -ENOMEM.
 */
int explorer_recall(struct explorer *explorer, uint32_t trial,
		    const struct behaviour *behaviour);

/* Of trials up to `trial` that nobody has told of, nothing will be learned. -ENOMEM. */
int explorer_skip_to(struct explorer *explorer, uint32_t trial);

/* Trials that are planned: those up to this number. */
uint32_t explorer_planned(const struct explorer *explorer);

/* What was learned of a trial; false: nobody has told of it. */
bool explorer_told(const struct explorer *explorer, uint32_t trial,
		   struct behaviour *behaviour);

/* The sums of an explorer; all 0 where the mode is off. */
struct explore_sums {
	enum explore_mode mode;
	uint32_t generations; /* that are planned */
	uint32_t places;
	uint32_t features;	/* different ones that were seen */
	uint32_t corpus;	/* trials that showed a new one */
	uint32_t first_finding; /* number of the first trial with a fault; 0: none */
	double least_chance;	/* of pct, see explore_bound(); NaN of others */
};
void explorer_sums(struct explorer *explorer, struct explore_sums *sums);

/*
 * Of pct: the least probability that one trial has a given bug of depth d, 1 / (n k^(d-1)), for n
 * threads, k places and d-1 delays that are long enough (Burckhardt et al., ASPLOS 2010).
 */
double explore_bound(uint32_t threads, uint32_t places, uint32_t delays);

/*
 * Places to propose to a campaign that gives none, best first, ended by NULL; run_places.h says which of them, and
 * of those that were seen, it gets.
 */
extern const char *const explore_proposals[];

#endif
