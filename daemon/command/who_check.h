/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMAND_WHO_CHECK_H
#define DADRACE_COMMAND_WHO_CHECK_H

#include <stdint.h>

/*
 * The self-check of `dadrace who`: a veth pair of our own, one end up and one down, each in a
 * network namespace of its own; their accounts must add up to the last reference. A child keeps
 * them, so that a kernel that no longer answers delays nothing.
 */
struct who_check;

/* NULL when the devices could not be made within a second: nothing is checked then. */
struct who_check *who_check_start(void);

/* The inode numbers of the two namespaces; 0 without a check. */
void who_check_namespaces(const struct who_check *check, uint32_t netns[2]);

/* Removes the devices, and waits for at most a second. NULL is allowed. */
void who_check_end(struct who_check *check);

#endif
