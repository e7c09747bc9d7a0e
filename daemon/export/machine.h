/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPORT_MACHINE_H
#define DADRACE_EXPORT_MACHINE_H

#include <jansson.h>
#include <stdbool.h>

#include "results/reader.h"

/*
 * The machine of a run as names and values: kernel, architecture, cpus; `with_host`: host and
 * command_line, too, which name a user's machine. What is not known is left out. A new
 * reference, or NULL: out of memory. The texts are foreign.
 */
json_t *export_machine(const struct past *past, bool with_host);

#endif
