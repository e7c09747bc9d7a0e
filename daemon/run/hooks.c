// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/hooks.h"

#include "trial/plan.h"

/*
 * A hook costs every process of the machine a little: what the campaign does not use stays out.
 */
static void leave_out(const struct campaign *campaign, struct probes_ask *ask)
{
	bool inbound = false, outbound = false;
	int nr = 0;

	for (uint32_t i = 0; i < campaign->dad.nr_answer; i++)
		inbound |= campaign->dad.answer[i] != DAD_ANSWER_NONE;
	for (uint32_t i = 0; campaign->echo.count && i < campaign->echo.nr_directions; i++) {
		inbound |= campaign->echo.directions[i] == DIRECTION_INBOUND;
		outbound |= campaign->echo.directions[i] != DIRECTION_INBOUND;
	}
	if (campaign->window.site == SITE_OFF)
		ask->without[nr++] = "flags";
	if (!inbound)
		ask->without[nr++] = "echo-in";
	if (!outbound)
		ask->without[nr++] = "echo-out";
	if (!plan_has_dad(campaign))
		ask->without[nr++] = "dad";
}

uint32_t run_steps(const struct campaign *campaign, const struct driver *driver,
		   const struct order *places, struct probes_step steps[STEPS_MAX])
{
	for (uint32_t i = 0; i < places->nr_holds; i++) {
		const struct order_hold *hold = &places->holds[i];
		struct probes_step *step = &steps[i];

		*step = (struct probes_step){ .place = hold->place,
					      .functions = { hold->place },
					      .at_return = hold->at_return };
		if (!hold->site)
			continue;
		site_functions(hold->site, campaign->device.kind, driver, step->functions);
		step->polls = hold->site->by_driver == DRIVER_POLL &&
			      driver->functions[DRIVER_POLL][0];
	}
	return places->nr_holds;
}

void run_hooks(const struct campaign *campaign, const struct driver *driver,
	       struct order *places, struct probes_ask *ask)
{
	plan_hooks(campaign, places);
	ask->nr_steps = run_steps(campaign, driver, places, ask->steps);
	leave_out(campaign, ask);
}
