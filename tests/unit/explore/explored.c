// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "explore/explore.h"
#include "explored.h"
#include "parse/campaign.h"

void explored(struct campaign *campaign, shows *show, struct trial_spec *specs, uint32_t nr)
{
	struct explorer *explorer = NULL;

	assert_int_equal(explorer_new(campaign, &explorer), 0);
	for (uint32_t trial = 1; trial <= nr; trial++) {
		static struct behaviour shown;

		assert_int_equal(explorer_next(explorer, trial, &specs[trial - 1]), 0);
		show(campaign, &specs[trial - 1], &shown);
		assert_int_equal(explorer_learn(explorer, trial, &shown), 0);
	}
	explorer_free(explorer);
	campaign_free(campaign);
}
