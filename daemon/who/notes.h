/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_NOTES_H
#define DADRACE_WHO_NOTES_H

#include "who/cpu_variables.h"
#include "who/pages.h"

/*
 * Memory in which addresses of objects are noted and nothing is held by them: the maps of BPF
 * programs and the breakpoints of perf events, dadrace's own among them, the stacks of tasks
 * that are gone, the instances of kretprobes, and lists of what was freed.
 */
struct notes;

/* NULL when memory ran out. */
struct notes *notes_open(const struct image *image, const struct layout *layout,
			 struct pages *pages);
void notes_close(struct notes *notes);

/* Finds the stacks that CPUs keep for new tasks, and what kfree_rcu() has listed. */
void notes_see_cpus(struct notes *notes, const struct cpu_variables *variables);

/* Tells of an open file; once all are told, they are sorted. */
void notes_see_file(struct notes *notes, uint64_t file, uint64_t private_data);
void notes_sort(struct notes *notes);

/* Whether an address of the direct map is in such memory. */
bool notes_has(const struct notes *notes, uint64_t address);

#endif
