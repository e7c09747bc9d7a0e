/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_HELD_ALREADY_H
#define DADRACE_HELD_ALREADY_H

#include "base/why.h"

/*
 * Who holds a device of the visited network namespace now, in the sentences of `dadrace who`
 * and with its sum, a line each. The caller frees; NULL with a sentence when it is not known.
 */
char *held_already(const char *device, struct why *why);

#endif
