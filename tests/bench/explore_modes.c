// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trials that each way to explore needs to find each bug of the kernel's model: medians; and
 * how many of a hundred are missed. `blind` is guided that is not told what came of its trials.
 */
#include <stdio.h>

#include "kernel_model.h"

enum { SEEDS = 51, MISSED_SEEDS = 10, MISSED_TRIALS = 300 };

int main(void)
{
	printf("trials to find, medians of %d seeds (%d: not found)\n%-10s", SEEDS,
	       MODEL_TRIALS_MOST, "");
	for (enum explore_mode mode = EXPLORE_SWEEP; mode < EXPLORE_MODES; mode++)
		printf("%8s", explore_mode_names[mode]);
	printf("%8s\n", "blind");
	for (enum model_bug bug = MODEL_DOWN; bug < MODEL_BUGS; bug++) {
		printf("%-10s", model_bug_names[bug]);
		for (enum explore_mode mode = EXPLORE_SWEEP; mode < EXPLORE_MODES; mode++) {
			printf("%8u", kernel_model_median(mode, bug, true, SEEDS));
			fflush(stdout);
		}
		printf("%8u\n", kernel_model_median(EXPLORE_GUIDED, bug, false, SEEDS));
	}
	printf("missed, %% ");
	for (enum explore_mode mode = EXPLORE_SWEEP; mode < EXPLORE_MODES; mode++)
		printf("%8u", kernel_model_missed(mode, true, MISSED_SEEDS, MISSED_TRIALS));
	printf("%8u\n",
	       kernel_model_missed(EXPLORE_GUIDED, false, MISSED_SEEDS, MISSED_TRIALS));
	return 0;
}
