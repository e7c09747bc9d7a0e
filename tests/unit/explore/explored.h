/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPLORED_H
#define DADRACE_EXPLORED_H

#include "spec/campaign.h"
#include "spec/spec.h"
#include "trial/behaviour.h"

/* What a kernel of the test's makes of a trial. */
typedef void shows(const struct campaign *campaign, const struct trial_spec *spec,
		   struct behaviour *shown);

/*
 * Explores a campaign, which it frees: `specs` become its first `nr` trials in their order, and
 * the explorer is told what each of them shows.
 */
void explored(struct campaign *campaign, shows *show, struct trial_spec *specs, uint32_t nr);

#endif
