// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/mld.h"

#include "change/sysctl.h"

int mld_quietly(const struct change_about *about, int (*leave)(const struct change_about *))
{
	int was, err = sysctl_replace(about, "force_mld_version", 1, &was);

	if (err)
		return err;
	err = leave(about);
	return sysctl_put(about, "force_mld_version", was) ?: err;
}
