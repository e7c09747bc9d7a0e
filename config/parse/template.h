/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TEMPLATE_H
#define DADRACE_TEMPLATE_H

#include <stdio.h>

struct keys;

/*
 * Every key of a table as a YAML file with comments: meaning, what is allowed, and the default;
 * a key that has none is commented out with an example. The file loads as what an empty one
 * means.
 */
void template_write(const struct keys *keys, FILE *out);

#endif
