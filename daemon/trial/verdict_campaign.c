// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "trial/verdict.h"

const char *const campaign_verdict_names[] = { "clean", "fault", "inconclusive", "skipped" };

_Static_assert(sizeof(campaign_verdict_names) / sizeof(campaign_verdict_names[0]) ==
		       CAMPAIGN_VERDICTS,
	       "a name each");

static uint32_t valid_trials(const struct arm_tally *arm)
{
	uint32_t valid = 0;

	for (int v = 0; v < VERDICTS; v++)
		if (verdict_valid(v))
			valid += arm->verdicts[v];
	return valid;
}

enum campaign_verdict verdict_campaign(const struct arm_tally arms[ARMS], char *reason,
				       size_t size)
{
	uint32_t faults = 0, trials = 0, skipped = 0;
	enum arm most = ARM_CONTROL;

	for (int arm = 0; arm < ARMS; arm++) {
		for (int v = 0; v < VERDICTS; v++)
			if (verdict_fault(v))
				faults += arms[arm].verdicts[v];
		trials += arms[arm].trials;
		skipped += arms[arm].verdicts[VERDICT_SKIPPED];
		if (arms[arm].trials)
			most = arm;
	}
	if (!trials) {
		snprintf(reason, size, "no trial was run");
		return CAMPAIGN_INCONCLUSIVE;
	}
	if (faults) {
		snprintf(reason, size, "%u of %u trials show%s a fault", faults, trials,
			 faults == 1 ? "s" : "");
		return CAMPAIGN_FAULT;
	}
	if (skipped == trials) {
		snprintf(reason, size, "every trial was skipped");
		return CAMPAIGN_SKIPPED;
	}
	if (!valid_trials(&arms[most])) {
		snprintf(reason, size, "no valid trial in the %s arm", arm_names[most]);
		return CAMPAIGN_INCONCLUSIVE;
	}
	for (int arm = 0; arm < ARMS; arm++) {
		uint32_t valid = valid_trials(&arms[arm]);
		uint32_t of = arms[arm].trials -
			      (arms[arm].explored ? arms[arm].verdicts[VERDICT_MISSED] : 0);

		if (arm != ARM_ECHO && valid * 10 < of * 9) {
			snprintf(reason, size, "only %u of %u trials of the %s arm are valid",
				 valid, of, arm_names[arm]);
			return CAMPAIGN_INCONCLUSIVE;
		}
	}
	snprintf(reason, size, "no fault in %u valid trial%s of the %s arm",
		 valid_trials(&arms[most]), valid_trials(&arms[most]) == 1 ? "" : "s",
		 arm_names[most]);
	return CAMPAIGN_CLEAN;
}

enum exits verdict_exit(enum campaign_verdict verdict)
{
	switch (verdict) {
	case CAMPAIGN_CLEAN: return EXIT_CLEAN;
	case CAMPAIGN_FAULT: return EXIT_FAULT;
	case CAMPAIGN_INCONCLUSIVE: return EXIT_INCONCLUSIVE;
	case CAMPAIGN_SKIPPED: return EXIT_CANNOT;
	case CAMPAIGN_VERDICTS: break;
	}
	return EXIT_INTERNAL;
}
