// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/sysctl.h"

static int forward(struct change_about *about)
{
	return sysctl_set(about, "forwarding", '1');
}

static bool is_forwarding(const struct change_about *about)
{
	return sysctl_is(about, "forwarding", '1');
}

static int forward_no_more(const struct change_about *about)
{
	return sysctl_set(about, "forwarding", '0');
}

const struct change change_forwarding = { NULL, forward, is_forwarding, forward_no_more };
