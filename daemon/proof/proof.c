// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/stats.h"
#include "proof/proof.h"

void proof_add(struct proof *proof, uint32_t trial, enum verdict verdict, const char *signature,
	       bool decides)
{
	proof->trials++;
	proof->valid += decides && verdict_valid(verdict);
	proof->judged += verdict_judged(verdict);
	proof->by[verdict]++;
	if (!verdict_fault(verdict))
		return;
	if (!proof->signature[0] || !strcmp(proof->signature, signature)) {
		proof->first_same = proof->same++ ? proof->first_same : trial;
		return;
	}
	if (proof->other++)
		return;
	proof->first_other = trial;
	snprintf(proof->other_signature, sizeof(proof->other_signature), "%s", signature);
}

uint64_t proof_needed(uint64_t hits, uint64_t judged, double rarer)
{
	return stats_trials_to_see(stats_rate_floor(hits, judged, 0.95) / rarer, PROOF_MISS);
}

enum proof_verdict proof_judge(const struct proof *proof, uint64_t needed)
{
	if (proof->same)
		return PROOF_NOT_FIXED;
	if (proof->other)
		return PROOF_CHANGED;
	return proof->valid < needed ? PROOF_TOO_FEW : PROOF_FIXED;
}
