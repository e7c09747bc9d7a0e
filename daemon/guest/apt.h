/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_APT_H
#define DADRACE_APT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/why.h"
#include "guest/cache.h"

/*
 * The machine's own apt, with its mirrors and its keys, for the packages of any suite: the only
 * door to it. A suite that is not configured is looked for on the same mirrors, with lists of
 * our own in the cache folder; nothing of the machine's apt is changed.
 *
 * apt downloads as its own user. Where root may not change its user, as in the service's unit,
 * it downloads as root; signatures are checked all the same.
 */
enum { APT_OPTIONS = 9, APT_OPTION = CACHE_PATH + 64 };

struct apt {
	char suite[64];		 /* "": the machine's own sources, as they are */
	char architecture[16];	 /* of the packages, as Debian has it: amd64 */
	char folder[CACHE_PATH]; /* sources, lists and caches of the suite */
	char options[APT_OPTIONS][APT_OPTION];
	int nr;
	bool fresh; /* the lists have just been fetched */
};

/*
 * Lists are fetched once a day, and now when `refresh`. Where that fails, the lists of another
 * day serve, and `note` has the reason; it is "" otherwise. Errors: -EHOSTUNREACH without any
 * lists, with apt's own words.
 */
int apt_open(const char *suite, const char *architecture, bool refresh, struct apt *apt,
	     struct why *note, struct why *why);

/*
 * Calls `each` with every package that `package` depends on. A package that is not in the lists
 * is looked for once more in lists that are fetched now. Errors: -ENOENT with what was looked
 * for, where, and what there is.
 */
int apt_depends(struct apt *apt, const char *package,
		void (*each)(void *arg, const char *package), void *arg, struct why *why);

/*
 * Downloads one package into the folder and gives its path, malloc'd. A file that is there is
 * used: a kernel's packages have its version in their names.
 */
int apt_download(const struct apt *apt, const char *package, const char *folder, char **deb,
		 struct why *why);

#endif
