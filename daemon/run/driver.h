/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_DRIVER_H
#define DADRACE_RUN_DRIVER_H

#include "base/why.h"
#include "spec/campaign.h"
#include "spec/sites.h"

/*
 * The functions of the driver that is bound to a real dut, as the running kernel has them:
 * read from the device itself, and named by kallsyms. Before any lane has taken the device. A
 * kind of our own making has none here: its driver is known. What cannot be read stays unknown,
 * and sites are then those of any device. -ENODEV: there is no network card of a guest.
 */
int run_driver_find(const struct campaign *campaign, struct driver *driver, struct why *why);

#endif
