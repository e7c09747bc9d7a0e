/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TALLY_PARTS_H
#define DADRACE_TALLY_PARTS_H

#include "ledger/digest.h"
#include "results/in_order.h"
#include "results/ledger_line.h"
#include "results/lines.h"
#include "results/tally.h"
#include "trial/shard.h"

/*
 * The parts of the tally, for its own files.
 *
 *   tally.c          the sums: what a trial adds to them
 *   tally_findings.c which trials, and ledgers, make one finding
 *   tally_ends.c     whether the campaign may end, by the trials that decide (in_order.c)
 *   tally_summary.c  what is told then
 *   tally_fields.c   as which fields
 *   tally_merge.c    what another run of the same plan adds
 */
struct arm_sums {
	struct tally_arm tally; /* without the percentiles */
	uint64_t elapsed_ns;
	struct stats_sample hold_asked_us, held_ns, first_echo_ns, second_flags_ns, settle_ns;
};

/*
 * The trials of an arm that decide: those before which none is in flight. The lost ones count
 * as faults where an answer needs few of them, and as sound ones where it needs many.
 */
struct decisive {
	uint32_t trials;
	uint32_t judged; /* verdict_judged() */
	uint32_t valid;
	uint32_t faults;
	uint32_t lost;
};

/* The texts of a ledger that is kept. */
struct kept_ledger {
	char reason[256];
	char post_mortem[1024];
	char order[512];
	char path_signature[SIGNATURE];
	char folded[DIGEST_STACK];
	struct {
		char stack[DIGEST_STACK], kind[DIGEST_WORD], task[DIGEST_WORD];
	} texts[DIGEST_SUSPECTS];
	struct ledger_unmatched_told unmatched[DIGEST_SUSPECTS];
	struct ledger_hold_told holds[DIGEST_SUSPECTS][DIGEST_HOLDS];
};

/* What a tally_finding points at; it stays in place while their array grows. */
struct finding {
	struct judgement first;
	/* Of the first, and whether the bug was planted. */
	char reason[sizeof(((struct judgement *)NULL)->reason)];
	enum arm arms[ARMS];
	uint32_t by_arm[ARMS];
	struct tally_share shares[ARMS];
	uint32_t *trials;
	uint32_t room;
	bool is_decisive;	    /* a trial that decides shows it */
	struct kept_ledger *ledger; /* NULL: none */
};

/* A trial that shows a fault. The first ones are kept: others cannot change their finding. */
enum { FAULTS_MAX = 256 };
struct fault {
	struct judgement judgement;
	struct trial_spec spec;
};

/* More kinds than verdict_doubts.c has sentences; a further one is counted under the last. */
enum { REASONS_MAX = 32 };

struct reason {
	enum verdict verdict;
	char text[sizeof(((struct judgement *)NULL)->reason)];
	uint32_t count;
};

struct step_sums {
	struct step_audit first; /* whose words stay the same */
	struct tally_step tally;
	struct stats_sample held_ns;
};

struct tally {
	char *campaign;
	char *planted; /* NULL: nothing */
	struct deal deal;
	bool asked[ARMS];
	bool explored;	     /* the race arm */
	enum arm most_asked; /* the one that injects most */
	uint32_t clean_below_ppm;
	uint32_t stop_valid, stop_hits, stop_trials, stop_findings;
	bool questions[QUESTIONS];
	uint32_t above_ppm, below_ppm;
	struct arm_sums arms[ARMS]; /* all trials that ended */

	struct in_order in_order; /* by places in the deal */
	struct decisive decisive[ARMS];
	uint32_t decisive_findings;
	uint32_t looks;	  /* at the arms */
	const char *ends; /* by what; NULL: it goes on */
	char decided[192];

	struct finding **findings;
	struct tally_finding *told_findings;
	uint32_t nr_findings;
	struct fault *faults;
	uint32_t nr_faults;

	struct reason reasons[REASONS_MAX];
	uint32_t nr_reasons;
	struct step_sums steps[ORDER_HOLDS_MAX];

	/* What the last summary points at. */
	struct tally_arm told_arms[ARMS];
	struct tally_reason told_reasons[REASONS_MAX];
	struct tally_step told_steps[ORDER_HOLDS_MAX];
	char reason[512];
};

/*
 * A trial has ended: counts what decides from now on, and asks whether that ends the campaign.
 * -ENOMEM.
 */
int tally_add_in_order(struct tally *tally, uint32_t trial, const struct in_order_trial *shown);

/*
 * Adds a trial to the finding of its signature. Returns 1 when that is new, *finding then
 * points at it; -ENOMEM. `number`: of the finding, from 1.
 */
int tally_add_fault(struct tally *tally, const struct trial_spec *spec,
		    const struct judgement *judgement, const struct tally_finding **finding,
		    uint32_t *number);

/* The largest p-value of the arm that injects most against the others; NaN without others. */
double tally_against_others(const struct tally *tally, const struct stats_share shares[ARMS]);

/*
 * Nobody shall take what was planted on purpose for a bug of that kernel, nor a bug of that
 * kernel for what was planted.
 */
enum planted {
	PLANTED_SOMEWHERE, /* in this kernel; it is not known who holds */
	PLANTED_HERE,	   /* its functions are on the path, or in the kernel's words */
	PLANTED_ELSEWHERE, /* who holds is known, and it is another */
	PLANTEDS,
};
void tally_tell_planted(const struct tally *tally, enum planted planted, char *reason,
			size_t size);

#endif
