/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SYMBOLS_H
#define DADRACE_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A kernel's functions by address, as /proc/kallsyms lists them: modules included, data not,
 * sorted. It is a snapshot: a module that is loaded later is not in it. The running kernel's
 * are read by machine/kallsyms.h.
 */
struct symbols;

struct symbol {
	uint64_t start;
	const char *name;   /* as the kernel has it, suffixes of the compiler included */
	const char *module; /* NULL: the kernel itself */
};

/*
 * Reads a stream in the format of /proc/kallsyms. -EPERM: it has functions, but hides their
 * addresses; -ENOENT: it has none.
 */
int symbols_read(FILE *file, struct symbols **out);

/* The same answer, after the first function that has an address. */
int symbols_check(FILE *file);

void symbols_free(struct symbols *symbols);

/*
 * The function that an address lies in, and how far; NULL when it lies in none (a trampoline,
 * for example). Owned by the symbols.
 */
const struct symbol *symbols_find(const struct symbols *symbols, uint64_t address,
				  uint64_t *offset);

/* In the order of their addresses, and how far it is to where another one starts. */
size_t symbols_nr(const struct symbols *symbols);
const struct symbol *symbols_get(const struct symbols *symbols, size_t index, uint64_t *size);

/* "name.isra.0", "name.constprop.0.cold" -> "name": without what the compiler made of it. */
void symbols_plain_name(const char *name, char *plain, size_t size);

#endif
