// SPDX-License-Identifier: GPL-2.0-or-later
#include "results/coverage.h"
#include "trial/verdict.h"

void coverage_add(struct coverage *coverage, const struct trial_line *trial)
{
	const struct trial_spec *spec = &trial->spec;
	struct coverage_cell *cell =
		&coverage->of[spec->direction][spec->target][spec->message];

	if (!trial->echoes_sent)
		return;
	cell->trials++;
	if (!trial->echoes_inside || !verdict_valid(trial->verdict))
		return;
	cell->inside++;
	cell->faults += verdict_fault(trial->verdict);
}
