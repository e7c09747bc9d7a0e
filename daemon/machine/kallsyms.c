// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "machine/kallsyms.h"

#define LIST "/proc/kallsyms"

int kallsyms_load(struct symbols **out, struct why *why)
{
	FILE *file = fopen(LIST, "re");
	int err = file ? symbols_read(file, out) : -errno;

	if (!file)
		return why_set(why, -err, LIST ": cannot be opened: %s", strerror(-err));
	fclose(file);
	switch (err) {
	case 0: return 0;
	case -EPERM:
		return why_exit(
			why, EXIT_CANNOT, EPERM, LIST ": hides addresses from this process; %s",
			geteuid() ? "run as root" : "run `sysctl kernel.kptr_restrict=1`");
	case -ENOENT:
		return why_exit(why, EXIT_CANNOT, ENOENT,
				LIST ": lists no functions; the kernel needs CONFIG_KALLSYMS");
	default: return why_set(why, -err, LIST ": cannot be read: %s", strerror(-err));
	}
}
