/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TALLY_H
#define DADRACE_TALLY_H

#include "base/fields.h"
#include "base/stats.h"
#include "explore/explore.h"
#include "ledger/ledger.h"
#include "spec/campaign.h"
#include "trial/evidence.h"
#include "trial/verdict.h"

/*
 * The sums of a campaign: numbers by arm, findings and reasons, from its trials. Pure.
 *
 *   trial ──> its arm: counts by verdict, samples for the percentiles
 *         ├─> a fault: its finding, one for each signature and each exact path
 *         └─> proves nothing: its reason
 *
 * What is shown counts every trial that ended. What decides (whether the campaign ends, whether
 * it is clean, and its bound) counts trials in the order in which they started (in_order.h).
 * The two differ while trials are in flight, and for good when the campaign did not wait for
 * them: when a second signal or the end of a guest cut them off. A fault counts wherever it
 * stands.
 *
 * Percentiles are over the trials that have the figure; 0 when none has.
 *
 * Intervals are Clopper and Pearson's, p-values those of Fisher's one-sided exact test: exact
 * for a number of trials that was fixed beforehand. The race is called the cause of a finding
 * when it shows it more often than *every* other arm, so the largest p-value counts, without
 * any correction (an intersection of tests).
 */
struct tally_arm {
	enum arm arm;
	uint32_t trials;
	uint32_t valid;
	uint32_t opened;
	uint32_t inside;    /* trials with at least one echo or DAD answer inside the window */
	uint32_t tentative; /* of them, those in which an address was tentative then */
	struct {
		uint32_t by[VERDICTS];
	} verdicts;
	uint64_t echoes_sent;
	uint64_t echoes_refused;
	uint64_t echoes_delivered;
	uint64_t echoes_inside;
	uint64_t dad_answers_sent;
	uint64_t dad_answers_inside;
	uint32_t dad_failed; /* trials in which DAD failed */
	uint32_t dad_fooled; /* of them, those in which only the device's own probe came back */
	uint64_t hold_asked_p50_us, hold_asked_p99_us;
	uint64_t held_p50_us, held_p99_us;
	uint32_t held_within; /* holds between 95% and 110% of what was asked, plus 1 ms */
	uint32_t held;	      /* holds */
	uint64_t first_echo_p50_us, first_echo_p99_us;
	uint64_t second_flags_p50_us, second_flags_p99_us;
	uint64_t settle_p50_us, settle_p99_us;
	uint64_t elapsed_ms; /* spent in its trials, added up over the lanes */
	uint32_t faults;     /* valid trials that show one */
	/*
	 * At 95%: the lower end of all judged trials, the upper one of those that prove
	 * something.
	 */
	uint64_t fault_rate_low_ppm, fault_rate_high_ppm;
};

/*
 * How often an arm shows a finding, and whether the arm that injects most shows it more often.
 */
struct tally_share {
	enum arm arm;
	uint32_t count;
	uint32_t judged;		      /* verdict_judged() */
	uint64_t rate_low_ppm, rate_high_ppm; /* at 95% */
	double p_value; /* of that arm against this one; NaN: it is that arm */
};

struct ledger_line; /* results/ledger_line.h */
struct ledger_unmatched_told;

/* What the ledgers of a finding's trials, or of their repeats, say. */
struct tally_ledger {
	uint32_t trial;		/* whose ledger it is; 0: none was kept */
	uint32_t attempt;	/* 0: the trial's own */
	enum ledger_hole state; /* LEDGER_HOLES: none was kept */
	const char *reason;	/* of the state; NULL: none was kept */
	bool leaked;		/* the leak came about in it */
	bool exact;
	uint32_t clean;
	const char *post_mortem;		 /* NULL: there is none */
	const char *order;			 /* of a repeat; NULL: that of the trial */
	struct ledger_unmatched_told *unmatched; /* of a leak with a whole ledger only */
	uint32_t nr_unmatched;
};

struct tally_finding { /* NOLINT(clang-analyzer-optin.performance.Padding) */
	enum verdict verdict;
	const char *object; /* NULL when none */
	int64_t delta;	    /* the farthest from zero */
	bool pinned;	    /* in any of them */
	/* Of the bug: fault, object and, where it is known, the holder's kind and path. */
	const char *signature;
	const char *trial_signature; /* of each of its trials: without a holder */
	const char *reason;	     /* of the first */
	uint32_t count;
	uint32_t *trials; /* all of them, in order of arrival */
	uint32_t nr_trials;
	enum arm *arms; /* in which it was seen */
	uint32_t nr_arms;
	struct tally_share *shares; /* of every arm that ran; filled in by tally_summary() */
	uint32_t nr_shares;
	double p_value;			  /* the largest of the shares; NaN: no other arm ran */
	uint32_t first_trial, last_trial; /* the lowest and the highest number */
	uint64_t rate_ppm;		  /* of all valid trials */
	/* Of its trials: that with the fewest holds, then echoes, then the shortest hold. */
	struct trial_spec smallest;
	const char *path_signature; /* the signature; NULL: the holder is not known */
	const char *stack;	    /* that path as flame graphs want it; NULL: not known */
	bool without_echo;	    /* a repeat that injects nothing leaks, too */
	struct tally_ledger ledger;
};

/*
 * Why trials proved nothing: of those that are missed, invalid or skipped. Sentences that
 * differ in numbers only are one reason.
 */
struct tally_reason {
	enum verdict verdict;
	const char *reason; /* of the first */
	uint32_t count;
};

/* A hold of the order, over the trials in which it was in force. */
struct tally_step {    /* NOLINT(clang-analyzer-optin.performance.Padding) */
	uint32_t step; /* its number, from 1 */
	enum order_thread thread;
	const char *place;
	bool at_return;
	const char *function;
	enum tier tier;
	uint64_t asked_us; /* 0: until an event */
	uint32_t trials;
	uint32_t reached;
	uint32_t kept;
	uint32_t deadlines;
	uint64_t passes; /* as of the last trial, since it was hooked */
	uint64_t missed;
	uint64_t held_p50_ns, held_p99_ns, held_max_ns; /* of those that were kept */
};

struct tally; /* the running sums */

/* Of struct machine: what a figure can be compared by. All empty before the first line. */
struct summary_machine {
	const char *release;
	const char *architecture;
	uint32_t cpus_online; /* 0: not known */
};

/* What is told at the end; lives as long as the tally that it was taken from. */
struct summary {
	uint32_t schema_version;
	const char *campaign; /* its name */
	const char *id;
	struct shard shard; /* whose trials these are; 1 of 1: the whole plan */
	struct summary_machine machine;
	enum campaign_verdict verdict;
	uint32_t exit_code;
	const char *reason;
	/*
	 * trials, valid, hits, seconds, findings, decided, signal, stuck, guests, control or
	 * error
	 */
	const char *ended_by;
	const char *decided; /* the answer of stop.decided in a sentence; NULL: none yet */
	uint32_t trials;
	uint32_t valid;
	uint32_t decisive; /* trials that decide: all up to this number have ended */
	uint64_t elapsed_ms;
	/*
	 * Upper bound at 95% over those of the most injecting arm that decide and are valid.
	 */
	uint64_t fault_rate_bound_ppm;
	bool control;	/* a reference that was held on purpose was judged a leak */
	uint32_t stuck; /* lanes whose unregister never returned */
	struct tally_arm *arms;
	uint32_t nr_arms;
	struct tally_finding *findings;
	uint32_t nr_findings;
	struct tally_step *steps;
	uint32_t nr_steps;
	struct explore_sums explore;
	struct tally_reason *reasons; /* the most frequent first */
	uint32_t nr_reasons;
};

extern const struct fields tally_arm_fields;
extern const struct fields tally_share_fields;
extern const struct fields tally_finding_fields;
extern const struct fields tally_reason_fields;
extern const struct fields explored_fields;
extern const struct fields summary_machine_fields;
extern const struct fields summary_fields;

int tally_new(const struct campaign *campaign, struct tally **out);
void tally_free(struct tally *tally);

/* Trials before this one are another process's, as a guest is told; those added stay. */
void tally_from(struct tally *tally, uint32_t first);

/* Whether a trial may start: not too far ahead of one in flight, for which it would wait. */
bool tally_has_room(const struct tally *tally, uint32_t trial);

/*
 * Adds one trial; its number says when it started. Returns 1 when it is the first of a new
 * finding (*finding then points at it, valid until the next call), 0 when not, -ENOMEM.
 */
int tally_add(struct tally *tally, const struct evidence *evidence,
	      const struct judgement *judgement, const struct tally_finding **finding);

uint32_t tally_nr_findings(const struct tally *tally);

/*
 * Adds a ledger to the finding of its trial. A whole one of a leak stays; of several, the
 * first. One that is exact and names another holder than the finding's makes its trial a
 * finding of its own. 0, or -ENOMEM.
 */
int tally_add_ledger(struct tally *tally, const struct ledger_line *line);

/*
 * Whether the campaign ends by what it knows: "findings" (stop.findings), "valid" (stop.valid),
 * "hits" (stop.hits), "decided" (stop.decided), or NULL: it goes on. The answer depends on the
 * order in which trials started and on what they showed, never on how long they took.
 *
 * Each answer of stop.decided is wrong with a probability of TALLY_ERROR at most, over all
 * looks of the campaign. QUESTION_RATE is a sequential test (stats_sprt) of the arm that
 * injects most: it says "above below_ppm" or "below above_ppm". QUESTION_ARMS is Fisher's test
 * against every other arm, made when that arm has 4, 8, 16, ... valid trials; look k may spend
 * TALLY_ERROR / 2^k.
 */
#define TALLY_ERROR 0.05
const char *tally_ends(const struct tally *tally);

/*
 * Adds what decides the verdict and the bound of another run of the same plan; findings and
 * percentiles stay with their run.
 */
void tally_merge(struct tally *into, const struct tally *from);

/* How many trials, and by verdict, so far: for the progress line. */
void tally_so_far(const struct tally *tally, uint32_t *trials, uint32_t verdicts[VERDICTS]);

/*
 * Fills in everything but id, machine, ended_by, elapsed_ms, stuck, control and explore. An arm
 * of the campaign is there also when none of its trials ran.
 *
 * `clean` needs, beyond verdict_campaign(), a race arm and a bound of at most clean_below_ppm.
 * The sentence has the bound wherever no fault was found.
 */
void tally_summary(struct tally *tally, struct summary *summary);

/*
 * Says what an explorer, if there was one, has covered, as far as that is known (not 0), before
 * tally_unfinished(): without it a bound reads as one for the kernel.
 */
void tally_explored(struct tally *tally, const struct explore_sums *sums,
		    struct summary *summary);

/*
 * The campaign did not come to its end: the sentence says how first ("interrupted after 67
 * trials"), and what was clean so far is inconclusive.
 */
void tally_unfinished(struct tally *tally, const char *how, struct summary *summary);

#endif
