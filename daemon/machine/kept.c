// SPDX-License-Identifier: GPL-2.0-or-later
#include <glob.h>

#include "machine/machine.h"

void machine_kept_netns(void (*seen)(const char *path, void *arg), void *arg)
{
	glob_t found;

	if (!glob(MACHINE_NETNS_FOLDER "/dadrace-*", 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			seen(found.gl_pathv[i], arg);
	globfree(&found);
}
