/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PLANT_H
#define DADRACE_PLANT_H

#include "base/why.h"
#include "guest/kernel_image.h"
#include "spec/campaign.h"

/*
 * A planted bug: a kernel module that puts a known fault into the guest's kernel, so that it
 * can be shown that the fault is found. Never loaded into the kernel that runs here.
 *
 *   vm.plant_module, or what plants/build makes ──> dadrace_plant.ko ──> initramfs
 *   in the guest: loaded with bug=NAME before the campaign begins (guest_modules.h)
 *
 * The module lists its bugs as "bug=NAME: sentence" in its .modinfo section.
 */
/*
 * Whether there is such a bug, before anything is fetched or booted: -EINVAL with the names
 * that there are, -ENOENT for a tool that building the module needs.
 */
int plant_find(const struct campaign *campaign, struct why *why);

/*
 * Gives the path of the module that has the bug vm.plant of the campaign, malloc'd; NULL when
 * nothing is to be planted. Building one may take a minute, once for a kernel. Errors: what
 * building it gave.
 */
int plant_make(const struct campaign *campaign, const struct kernel_image *image, char **module,
	       struct why *why);

/*
 * Whether the bug that the campaign wants planted is in the kernel that runs here (and none
 * when it wants none): -ENOTSUP with the sentence otherwise.
 */
int plant_check(const struct campaign *campaign, struct why *why);

#endif
