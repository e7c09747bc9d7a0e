/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_GUEST_ARCHITECTURE_H
#define DADRACE_GUEST_ARCHITECTURE_H

#include <stdint.h>

/*
 * The architectures of guests, a row each: what QEMU, packages and programs call them. A
 * kernel's image tells which one its guest has (kernel_header.h).
 */
struct architecture {
	const char *name;	  /* of uname(2) */
	const char *debian;	  /* of packages: linux-image-DEBIAN */
	const char *qemu;	  /* the program */
	const char *qemu_package; /* of Debian, which has it */
	const char *board;
	const char *cpu;
	const char *console;
	uint16_t elf_machine;
};

/* That of this program, whose guests run its own binary. */
const struct architecture *architecture_own(void);

/* NULL: there is no such row. */
const struct architecture *architecture_find(const char *name);

/* By the flavour in the name of a kernel's package (linux-image-cloud-arm64); else our own. */
const struct architecture *architecture_of_package(const char *package);

#endif
