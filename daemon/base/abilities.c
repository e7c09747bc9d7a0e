// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/abilities.h"

#include <stdlib.h>
#include <string.h>

static const struct abilities rows[] = {
#define ARCHITECTURE(id, uname, debian, elf_machine, ...) \
	{ .architecture = (uname), __VA_ARGS__ },
#include "base/architectures.def"
};

const struct abilities *abilities(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].architecture, OWN_ARCHITECTURE))
			return &rows[i];
	abort(); /* CMakeLists.txt lets no other through */
}
