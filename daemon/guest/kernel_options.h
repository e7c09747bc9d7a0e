/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KERNEL_OPTIONS_H
#define DADRACE_KERNEL_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/why.h"

/*
 * What a kernel's build must have set to be tested in a guest, as config/guest.config lists it:
 * paragraphs of options, below a comment that says what for.
 */
enum { KERNEL_OPTIONS_MAX = 64 };

struct kernel_option {
	char name[64]; /* CONFIG_VETH */
	/* The comment up to its first full stop, colon or line end: "The testbed". */
	char purpose[96];
};

/*
 * Lists the options that `config`, a .config file, has neither built in nor as a module;
 * returns how many, or -errno with the sentence. `rows` has room for KERNEL_OPTIONS_MAX.
 */
int kernel_options_missing(const char *config, struct kernel_option *rows, struct why *why);

#endif
