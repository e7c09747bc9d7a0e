/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_SYSCTL_H
#define DADRACE_CHANGE_SYSCTL_H

#include "change/change.h"

/* net.ipv6.conf.DEVICE.NAME, of one digit. */

/* 0 or -errno. */
int sysctl_set(const struct change_about *about, const char *name, char value);

bool sysctl_is(const struct change_about *about, const char *name, char value);

#endif
