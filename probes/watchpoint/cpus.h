/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CPUS_H
#define DADRACE_CPUS_H

#include <stdbool.h>
#include <stdint.h>

/* Which CPUs are online, as the kernel lists them: "0-3,5" (sysfs-devices-system-cpu). */
enum { CPUS_LIST = 1024 };

/* "" when it cannot be read. */
void cpus_read_online(char list[CPUS_LIST]);
bool cpus_has(const char *list, uint32_t cpu);

#endif
