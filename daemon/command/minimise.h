/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMAND_MINIMISE_H
#define DADRACE_COMMAND_MINIMISE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What `dadrace minimise RESULTS FINDING --out RESULTS/minimal-FINDING` does, with a time (of
 * loop_now()) from which nothing more is left out: the confirmation alone follows. False: it
 * was interrupted.
 */
bool minimise_finding(const char *results, uint32_t finding, uint64_t until_ns);

#endif
