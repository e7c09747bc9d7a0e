/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_NEIGHBOUR_H
#define DADRACE_CHANGE_NEIGHBOUR_H

#include "change/change.h"

/* An entry for frame_elsewhere, an address that no host has: permanent, or a proxy entry. */

/* 0 or -errno. */
int neighbour_add(const struct change_about *about, uint8_t flags);

/* Whether there is one of these flags, NTF_PROXY or 0. */
bool neighbour_shown(const struct change_about *about, uint8_t flags);

#endif
