// SPDX-License-Identifier: GPL-2.0-or-later
#include <poll.h>

#include "change/change.h"

enum { WAIT_MS = 50 }; /* as long as a round of DAD in config/campaigns/explore.yaml */

static int wait_some(struct change_about *about)
{
	poll(NULL, 0, WAIT_MS);
	about->kept = 1;
	return 0;
}

static bool has_waited(const struct change_about *about)
{
	return about->kept;
}

const struct change change_wait = {
	.make = wait_some,
	.in_force = has_waited,
	.written = "usleep(50000);\n",
};
