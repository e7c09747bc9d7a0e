// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/mld.h"

#include "change/sysctl.h"

int mld_quietly(const struct change_about *about, int (*leave)(const struct change_about *))
{
	int err = sysctl_put(about, "force_mld_version", 1);

	if (err)
		return err;
	err = leave(about);
	return sysctl_put(about, "force_mld_version", 0) ?: err;
}
