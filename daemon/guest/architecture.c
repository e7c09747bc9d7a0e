// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/architecture.h"

#include <elf.h>
#include <stddef.h>
#include <string.h>

#include "base/abilities.h"

/*
 * x86_64: QEMU 7.2 mis-executes cmpxchg16b under TCG now and then; microvm does not boot under
 * TCG. aarch64: atomic operations are one instruction (LSE) with max only; pointer
 * authentication with the architecture's own algorithm takes half of TCG's time, and kernels
 * before 5.12 do not boot with lpa2.
 */
/* clang-format off */
#define QEMU_X86_64 \
	.qemu = "qemu-system-x86_64", .qemu_package = "qemu-system-x86", .board = "q35", .cpu = "max,-cx16", \
	.console = "ttyS0"
#define QEMU_AARCH64 \
	.qemu = "qemu-system-aarch64", .qemu_package = "qemu-system-arm", .board = "virt,gic-version=max", \
	.cpu = "max,pauth-impdef=on,lpa2=off", .console = "ttyAMA0"
/* clang-format on */

static const struct architecture rows[] = {
#define ARCHITECTURE(id, uname, package, machine, ...) \
	{ .name = (uname), .debian = (package), .elf_machine = (machine), QEMU_##id },
#include "base/architectures.def"
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct architecture *architecture_find(const char *name)
{
	for (int i = 0; i < ROWS; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

const struct architecture *architecture_own(void)
{
	return architecture_find(abilities()->architecture);
}

const struct architecture *architecture_of_package(const char *package)
{
	for (int i = 0; i < ROWS; i++) {
		const char *word = package;
		size_t length = strlen(rows[i].debian);

		while ((word = strstr(word, rows[i].debian))) {
			if (word > package && word[-1] == '-' &&
			    (!word[length] || word[length] == '-'))
				return &rows[i];
			word += length;
		}
	}
	return architecture_own();
}
