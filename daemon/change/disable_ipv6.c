// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/sysctl.h"

static int disable_ipv6(struct change_about *about)
{
	return sysctl_set(about, "disable_ipv6", '1');
}

static bool is_disabled(const struct change_about *about)
{
	return sysctl_is(about, "disable_ipv6", '1');
}

static int enable_ipv6(const struct change_about *about)
{
	return sysctl_set(about, "disable_ipv6", '0');
}

const struct change change_disable_ipv6 = { NULL, disable_ipv6, is_disabled, enable_ipv6 };
