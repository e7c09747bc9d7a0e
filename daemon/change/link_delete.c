// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>

#include "change/change.h"

/* By netlink, as nothing else can; it blocks until nothing holds the device. */
static int link_delete(struct change_about *about)
{
	struct why why;

	return testbed_dut_delete(about->testbed, &why);
}

static bool is_gone(const struct change_about *about)
{
	return !if_nametoindex(about->dut);
}

const struct change change_link_delete = {
	.make = link_delete,
	.in_force = is_gone,
	/* clang-format off */
	.written =
		"delete_device();\n",
	/* clang-format on */
};
