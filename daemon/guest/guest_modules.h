/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_GUEST_MODULES_H
#define DADRACE_GUEST_MODULES_H

#include "guest/kernel_image.h"
#include "guest/modules.h"
#include "spec/campaign.h"

/*
 * Which modules a guest loads, in their order: for its port to the host, for the campaign's
 * devices, then the campaign's own (vm.modules), and the one that plants a bug, if there is
 * one. Without a campaign (NULL): for devices of every kind.
 * Errors: a file that is missing or for another kernel, a driver that the image does not have.
 */
int guest_modules_choose(const struct campaign *campaign, const struct kernel_image *image,
			 const char *plant, struct modules *modules, struct why *why);

#endif
