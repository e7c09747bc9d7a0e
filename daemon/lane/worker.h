/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CREW_H
#define DADRACE_CREW_H

#include "lane/lane.h"

/*
 * The lane's own process: makes the testbed, then runs one trial after the other for as long as
 * `channel` lives. Never returns.
 */
__attribute__((noreturn)) void crew_work(const struct lane_ask *ask, int channel);

/* Sends a message over the channel, without the moments that are not in use. 0 or -errno. */
int crew_tell(int channel, const struct lane_message *message);

#endif
