/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WORKER_H
#define DADRACE_WORKER_H

#include "lane/lane.h"

/*
 * The lane's own process, for lane_start(): makes the testbed, then runs one trial after the
 * other for as long as `channel` lives.
 */
__attribute__((noreturn)) void worker_run(const struct lane_ask *ask, int channel);

#endif
