/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KALLSYMS_H
#define DADRACE_KALLSYMS_H

#include "base/why.h"
#include "ledger/symbols.h"

/*
 * The functions of the running kernel. -EPERM when it hides their addresses from this process.
 */
int kallsyms_load(struct symbols **out, struct why *why);

/* Whether they could be loaded: at once, while loading them takes a tenth of a second. */
int kallsyms_check(struct why *why);

#endif
