/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MODULES_H
#define DADRACE_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/why.h"

/*
 * Kernel modules of an image: found by name below its folder of modules, uncompressed, each
 * after those that it depends on (the "depends" of its .modinfo section; packages ship no
 * modules.dep).
 */
struct module {
	char name[64];
	char *parameters; /* of one that is not the image's; NULL otherwise */
	void *data;
	size_t size;
};

struct modules {
	struct module *list;
	size_t nr;
};

/* Whether a file of this name, without its folder, is that module's. */
bool module_is_file_of(const char *file, const char *name);

/* Reads one file, uncompressed; `data` is malloc'd and the caller's. */
int module_read(const char *path, struct module *module, struct why *why);

/*
 * The values of a key in the module's .modinfo section, one by one: `after` is the last one
 * given, NULL at first. NULL at the end.
 */
const char *module_info(const struct module *module, const char *key, const char *after);

/*
 * Adds a module and what it needs, once. One that the folder does not have is not an error
 * (*found is false): it may well be built in.
 */
int modules_add(struct modules *modules, const char *folder, const char *name, bool *found,
		struct why *why);

/*
 * Adds a module of a file, which is not the kernel's own, and what it needs of the folder
 * (NULL: there is none), with its parameters. -EINVAL for a module of another kernel than
 * `release`.
 */
int modules_add_own(struct modules *modules, const char *folder, const char *file,
		    const char *release, const char *parameters, struct why *why);

/* Whether the folder's modules.builtin lists it: it needs no module. */
bool modules_builtin(const char *folder, const char *name);

void modules_clear(struct modules *modules);

#endif
