/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MODULES_H
#define DADRACE_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "why.h"

/*
 * Kernel modules of an image: found by name below its folder of modules, uncompressed, each after
 * those that it depends on (the "depends" of its .modinfo section; packages ship no modules.dep).
 */
struct module {
	char name[64];
	void *data;
	size_t size;
};

struct modules {
	struct module *list;
	size_t nr;
};

/*
 * Adds a module and what it needs, once. One that the folder does not have is not an error
 * (*found is false): it may well be built in.
 */
int modules_add(struct modules *modules, const char *folder, const char *name, bool *found,
		struct why *why);
void modules_clear(struct modules *modules);

#endif
