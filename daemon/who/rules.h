/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_RULES_H
#define DADRACE_WHO_RULES_H

#include "who/layout.h"

/*
 * Which pointers are references. A structure that owns one to a net_device has a member of type
 * netdevice_tracker beside it, also in kernels that are built without the tracker; the tables
 * add what is not marked so, and what kernels before 5.17 do not mark at all.
 */
struct rules;

int rules_open(const struct types *types, const struct layout *layout, struct rules **out,
	       struct why *why);
void rules_close(struct rules *rules);

/* Whether the member of this structure counts for the device, or for one of its queues. */
bool rules_count(const struct rules *rules, const char *owner, const char *member);

/* Why a member that points to a device is no reference; NULL: not known. */
const char *rules_why_not(const char *owner, const char *member);

/* Whether an object of the type keeps its reference until it is freed, behind RCU. */
bool rules_holds_until_freed(struct type type);

#endif
