/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_KERNEL_H
#define DADRACE_WHO_KERNEL_H

#include "who/cpu_variables.h"
#include "who/image.h"
#include "who/layout.h"
#include "who/pages.h"
#include "who/rules.h"
#include "who/tasks.h"

/* A kernel that has been looked through once: what its pages, objects and tasks are. */
struct kernel {
	const struct image *image;
	struct layout layout;
	struct pages *pages;
	struct cpu_variables *cpu_variables;
	struct tasks *tasks;
	struct rules *rules;
};

/* -ENOTSUP with a sentence when the kernel is laid out in a way that is not known. */
int kernel_open(const struct image *image, struct kernel *kernel, struct why *why);
void kernel_close(struct kernel *kernel);

/* Where a member of an object is. */
static inline uint64_t kernel_at(const struct kernel *kernel, uint64_t object, enum place place)
{
	return object + kernel->layout.at[place];
}

static inline uint64_t kernel_u64(const struct kernel *kernel, uint64_t object,
				  enum place place)
{
	return image_u64(kernel->image, kernel_at(kernel, object, place));
}

static inline uint32_t kernel_u32(const struct kernel *kernel, uint64_t object,
				  enum place place)
{
	return image_u32(kernel->image, kernel_at(kernel, object, place));
}

#endif
