// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <unistd.h>

#include "input.h"
#include "io/archives.h"

static bool is_wanted(const char *path)
{
	return *path;
}

/* Would be there if a path left its folder. */
static bool is_outside(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/evil", input_folder());
	return !access(path, F_OK);
}

/* Any bytes as a .deb and as an .rpm; what it unpacks stays in its folder. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = input_file(data, size, "package");
	char folder[128];
	struct why why = { "" };

	snprintf(folder, sizeof(folder), "%s/root", input_folder());
	if (archive_package_kind(path) != PACKAGE_NONE &&
	    archive_unpack_package(path, folder, is_wanted, &why) && !*why.text)
		abort();
	input_check_shown(why.text);
	if (is_outside())
		abort();
	input_clear();
	return 0;
}
