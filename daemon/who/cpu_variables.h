/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_CPU_VARIABLES_H
#define DADRACE_WHO_CPU_VARIABLES_H

#include "who/pages.h"

/*
 * The static per-CPU variables of a kernel by name, from its types or, where these have none
 * (before Linux 5.11), from its symbols.
 *
 *   the variable at `offset` of CPU C is at section + offset + cpu_offsets[C]
 *
 * The section is at 0 until Linux 6.14, and within the kernel's image since then.
 */
struct cpu_variable {
	const char *name;
	uint32_t offset, size; /* in the section */
};

struct cpu_variables;

/* Image and pages must outlive it. 0, or -ENOMEM. */
int cpu_variables_open(const struct image *image, const struct pages *pages,
		       struct cpu_variables **out);
void cpu_variables_close(struct cpu_variables *variables);

/* In ascending order. */
const struct cpu_variable *cpu_variables_list(const struct cpu_variables *variables,
					      uint32_t *nr);

/* Where a CPU has the variable. */
uint64_t cpu_variables_at(const struct cpu_variables *variables,
			  const struct cpu_variable *variable, uint32_t cpu);

/* The name of the variable that an address of the direct map lies in; "" for none. */
const char *cpu_variables_name(const struct cpu_variables *variables, uint64_t address);

#endif
