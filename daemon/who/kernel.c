// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/kernel.h"

#include <errno.h>

/*
 * A tenth: the pages of slabs that come and go meanwhile make no sense either. What was
 * recorded was understood then.
 */
static bool is_understood(const struct kernel *kernel)
{
	struct pages_sums sums;

	pages_count(kernel->pages, &sums);
	return kernel->image->recorded || 10 * sums.odd < sums.slab;
}

static int open_rest(struct kernel *kernel, struct why *why)
{
	if (cpu_variables_open(kernel->image, kernel->pages, &kernel->cpu_variables))
		return why_memory(why);
	return tasks_open(kernel->image, &kernel->layout, kernel->pages, kernel->cpu_variables,
			  &kernel->tasks, why);
}

int kernel_open(const struct image *image, struct kernel *kernel, struct why *why)
{
	int err;

	*kernel = (struct kernel){ .image = image };
	err = layout_find(image->types, &kernel->layout, why);
	if (!err)
		err = rules_open(image->types, &kernel->layout, &kernel->rules, why);
	if (!err)
		err = pages_open(image, &kernel->layout, &kernel->pages, why);
	if (!err && !is_understood(kernel))
		err = why_exit(
			why, EXIT_CANNOT, ENOTSUP,
			"this kernel's slab allocator cannot be read: its pages (struct page) do not lead to caches (struct kmem_cache); only SLUB is known");
	if (!err)
		err = open_rest(kernel, why);
	if (err)
		kernel_close(kernel);
	return err;
}

void kernel_close(struct kernel *kernel)
{
	tasks_close(kernel->tasks);
	cpu_variables_close(kernel->cpu_variables);
	pages_close(kernel->pages);
	rules_close(kernel->rules);
	*kernel = (struct kernel){ 0 };
}
