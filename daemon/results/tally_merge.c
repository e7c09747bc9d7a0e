// SPDX-License-Identifier: GPL-2.0-or-later
#include "results/tally_parts.h"

static void merge_arm(struct tally_arm *into, const struct tally_arm *from)
{
	into->trials += from->trials;
	into->valid += from->valid;
	into->faults += from->faults;
	for (int v = 0; v < VERDICTS; v++)
		into->verdicts.by[v] += from->verdicts.by[v];
}

static void merge_decisive(struct decisive *into, const struct decisive *from)
{
	into->trials += from->trials;
	into->judged += from->judged;
	into->valid += from->valid;
	into->faults += from->faults;
	into->lost += from->lost;
}

void tally_merge(struct tally *into, const struct tally *from)
{
	for (int arm = 0; arm < ARMS; arm++) {
		merge_arm(&into->arms[arm].tally, &from->arms[arm].tally);
		merge_decisive(&into->decisive[arm], &from->decisive[arm]);
	}
}
