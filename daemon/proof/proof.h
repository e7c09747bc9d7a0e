/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PROOF_H
#define DADRACE_PROOF_H

#include "spec/spec.h"
#include "trial/verdict.h"

/*
 * A proof: what repeated trials say about one fault. Pure.
 *
 *   rate before ──> trials needed ──> trials ──> counts ──> fixed, not fixed, changed, too few
 *
 * The number of trials needed follows from the rate before. That rate was measured, too, so its
 * lower 95% bound is used instead of the observed value: 2 of 2 is not "always" but 22% or
 * more. A kernel that still has the fault at that rate shows it with a probability of 99%.
 */
struct proof {
	const char *signature; /* of the fault; "": any counts */
	uint32_t trials;
	uint32_t valid;
	uint32_t judged; /* verdict_judged() */
	uint32_t same;	 /* trials that show it */
	uint32_t other;	 /* that show another */
	uint32_t by[VERDICTS];
	uint32_t first_same; /* number of the first such trial; 0: none */
	uint32_t first_other;
	char other_signature[96]; /* of that one */
};

#define PROOF_MISS 0.01 /* probability of overlooking a fault that is still there */

/*
 * `decides`: no earlier trial is missing (results/in_order.h). Without, it proves nothing but a
 * fault.
 */
void proof_add(struct proof *proof, uint32_t trial, enum verdict verdict, const char *signature,
	       bool decides);

/*
 * Valid trials needed when `hits` of `judged` showed the fault before, and a fault that is
 * `rarer` times as rare is to be seen, too (1: as frequent as before). UINT64_MAX: it was never
 * seen.
 */
uint64_t proof_needed(uint64_t hits, uint64_t judged, double rarer);

enum proof_verdict {
	PROOF_FIXED,
	PROOF_NOT_FIXED,
	PROOF_CHANGED, /* another fault appeared, this one did not */
	PROOF_TOO_FEW, /* neither, in fewer valid trials than are needed */
};
enum proof_verdict proof_judge(const struct proof *proof, uint64_t needed);

struct past; /* results/reader.h */

/* Adds all trials of results. */
void past_prove(const struct past *past, struct proof *proof);

#endif
