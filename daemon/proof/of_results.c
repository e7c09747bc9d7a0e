// SPDX-License-Identifier: GPL-2.0-or-later
#include "proof/proof.h"
#include "results/reader.h"

void past_prove(const struct past *past, struct proof *proof)
{
	uint32_t nr;
	const struct past_trial *trials = past_trials(past, &nr);
	uint32_t decisive = past_summary(past)->decisive;

	for (uint32_t i = 0; i < nr; i++)
		proof_add(proof, trials[i].number, trials[i].verdict, trials[i].signature,
			  trials[i].number <= decisive);
}
