/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_REPEATS_H
#define DADRACE_RUN_REPEATS_H

#include "ledger/digest.h"
#include "trial/verdict.h"

/*
 * The suspects: trials that leaked, and are repeated with the ledger armed.
 *
 *   a leak, not explained yet ─> queue ──> lane: SUSPECTS_LEARN trials without the race,
 *                                  ^         │    then the spec itself, again and again
 *                                  │         v
 *                    lane is spent ┘      whole ledger of a leak, or the budget is spent
 *
 * A leak that shows once in many trials need not show in its few repeats. Then the next one of
 * its like is repeated, until a ledger has shown one or the budget is spent.
 *
 * Of its like are leaks with one signature that leave the same objects over their baselines:
 * others may be another bug, which only a ledger tells.
 *
 * A repeat is the same spec with the same seed, and an attempt. Every other one, from the
 * second on, has an order that leaves less to chance, where there is one (follow.h). Trials
 * that teach what a ledger looks like without the race are no attempts; they hold as long as
 * the trial did, and have no thread II: as many probes of DAD and as many routes. One suspect
 * at a time is served, by one lane at a time: a CPU has four debug registers. Pure.
 */
enum {
	SUSPECTS_MAX = 8,     /* of a campaign: its budget */
	SUSPECTS_REPEATS = 5, /* of each */
	SUSPECTS_LEARN = 3,   /* trials without the race, in each lane that serves them */
};

struct suspect {
	char signature[96];
	uint32_t objects; /* over their baseline, a bit each; 0: any */
	enum digest_object object;
	struct trial_spec spec;
	struct trial_spec followed; /* follow.h */
	bool can_follow;
	uint64_t held_us;  /* a hold may have been longer than asked */
	uint32_t attempts; /* made so far */
	bool closed;	   /* no further leak of its like is repeated */
};

struct suspects {
	struct suspect list[SUSPECTS_MAX]; /* in the order in which they were found */
	uint32_t nr, served;
};

/*
 * Of a trial that is no repeat. True: it is to be repeated. Never one that deletes its device:
 * it has no ledger.
 */
bool suspects_add(struct suspects *suspects, const struct evidence *evidence,
		  const struct judgement *judgement);

/* As if it had been served: no trial with this signature is repeated. */
void suspects_known(struct suspects *suspects, const char *signature, size_t length);

/* Those that wait are forgotten. */
void suspects_drop(struct suspects *suspects);

/* The one whose turn it is; NULL: none. */
struct suspect *suspects_next(struct suspects *suspects);

/*
 * The spec of the next trial: of one that teaches when `learned` is below SUSPECTS_LEARN, of a
 * followed attempt when its choice says so.
 */
struct trial_spec suspects_spec(const struct suspect *suspect, uint32_t learned);

/* Whether the object of a leak has a counter that can be watched. */
bool suspects_watchable(const struct judgement *judgement, enum digest_object *object);

/* What came of an attempt. True: it was the last one, and the next suspect's turn has come. */
bool suspects_tried(struct suspects *suspects, const struct judgement *judgement,
		    enum ledger_hole state);

#endif
