// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "machine/kallsyms.h"

#define LIST "/proc/kallsyms"

static int say(int err, struct why *why)
{
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

static int list_open(FILE **file, struct why *why)
{
	*file = fopen(LIST, "re");
	return *file ? 0 : why_set(why, errno, LIST ": cannot be opened: %s", strerror(errno));
}

int kallsyms_load(struct symbols **out, struct why *why)
{
	FILE *file;
	int err = list_open(&file, why);

	if (err)
		return err;
	err = symbols_read(file, out);
	fclose(file);
	return say(err, why);
}

int kallsyms_check(struct why *why)
{
	FILE *file;
	int err = list_open(&file, why);

	if (err)
		return err;
	err = symbols_check(file);
	fclose(file);
	return say(err, why);
}
