/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CACHE_H
#define DADRACE_CACHE_H

#include <stdbool.h>

#include "base/why.h"

/*
 * What is fetched and unpacked, and may be deleted at any time: /var/cache/dadrace for root,
 * else $XDG_CACHE_HOME/dadrace or ~/.cache/dadrace.
 */
enum { CACHE_PATH = 1024 };

/* Makes the folder and those above it. */
int cache_make(char *path, struct why *why);

/* The folder `below` of the cache, which is made. */
int cache_folder(const char *below, char path[CACHE_PATH], struct why *why);

/* The first entry of a folder that begins with `prefix`, as a path; false: there is none. */
bool cache_find(const char *folder, const char *prefix, char path[CACHE_PATH]);

#endif
