/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_HOOKS_H
#define DADRACE_RUN_HOOKS_H

#include "loader/probes.h"
#include "spec/campaign.h"
#include "spec/order.h"

/*
 * What a campaign asks of the probes: a step for each place that it names (plan_hooks()), which
 * are filled in and which the ask's steps point into, and which probes it can do without. The
 * driver (driver.h) has to outlive the ask.
 */
void run_hooks(const struct campaign *campaign, const struct driver *driver,
	       struct order *places, struct probes_ask *ask);

/* A step for each of these places, which the steps point into: how many. */
uint32_t run_steps(const struct campaign *campaign, const struct driver *driver,
		   const struct order *places, struct probes_step steps[STEPS_MAX]);

#endif
