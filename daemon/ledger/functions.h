/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FUNCTIONS_H
#define DADRACE_FUNCTIONS_H

#include <stdbool.h>

#include "ledger/ledger.h"

/* What a kernel function's name says, by tables of beginnings: Linux 5.10 to 7.2. */

/* The kind of holder that a function holds for, "route"; NULL: it is in no table. */
const char *function_kind(const char *holder);

/* What runs a path that ends in this function; LEDGER_UNKNOWN: it does not end there. */
enum ledger_context function_context(const char *function);

/* Whether it holds and puts only for its caller, as netdev_hold() does. */
bool function_is_helper(const char *function);

/* Whether it stands in a stack only because something watches: kprobes, BPF, ftrace. */
bool function_is_watcher(const char *function);

#endif
