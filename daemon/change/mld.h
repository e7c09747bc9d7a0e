/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_MLD_H
#define DADRACE_CHANGE_MLD_H

#include "change/change.h"

/*
 * Does what leaves a group by version 1 of MLD: version 2 keeps a record of the group, and with
 * it a reference to the inet6_dev, until the leaving has been reported, which a device that is
 * down does not do (mld_add_delrec(), net/ipv6/mcast.c). 0 or -errno.
 */
int mld_quietly(const struct change_about *about, int (*leave)(const struct change_about *));

#endif
