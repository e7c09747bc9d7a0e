/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_DATA_H
#define DADRACE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Data of the kernel, which /proc/kallsyms lists with CONFIG_KALLSYMS_ALL only. */
struct datum {
	const char *name;
	uint64_t address; /* 0: it is not listed */
};

/* Whether all of them are listed. */
bool data_find(struct datum *data, size_t nr);

/* For cpu_offset.bpf.h: the address of __per_cpu_offset; 0: not listed, or not needed. */
uint64_t data_cpu_offsets(void);

#endif
