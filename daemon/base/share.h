/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SHARE_H
#define DADRACE_SHARE_H

#include <stdint.h>

/* What of this machine this process may use: a container or a taskset leaves it less. */

/* CPUs that it may run on (sched_getaffinity(2)); at least 1. */
uint32_t share_cpus(void);

/* Megabytes of memory: those of the machine, or the least memory.max of its control groups. */
uint64_t share_megabytes(void);

#endif
