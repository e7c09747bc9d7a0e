/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_SYSCTL_H
#define DADRACE_CHANGE_SYSCTL_H

#include "change/change.h"

/* net.ipv6.conf.DEVICE.NAME: the change's own sysctl, switched and back to what was kept. */

int sysctl_switch(struct change_about *about);
bool sysctl_is_switched(const struct change_about *about);
int sysctl_switch_back(const struct change_about *about);

/* Any sysctl of the device. 0 or -errno. */
int sysctl_put(const struct change_about *about, const char *name, int value);

/* The same; `was` gets the value that it had. */
int sysctl_replace(const struct change_about *about, const char *name, int value, int *was);

#endif
