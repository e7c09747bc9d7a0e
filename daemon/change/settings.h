/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_SETTINGS_H
#define DADRACE_CHANGE_SETTINGS_H

/*
 * All sysctls of a device's IPv6, read before a change that ends its inet6_dev and written
 * after it: a new inet6_dev has those of conf/default.
 */

void settings_keep(const char *device);

/* Writes those that have another value, or none. 0 or the first -errno. */
int settings_put_back(const char *device);

#endif
