/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_FIT_H
#define DADRACE_WHO_FIT_H

#include "who/kernel.h"

/* How well `size` bytes at `base` fit a structure: points for and against, summed. */
double fit(struct kernel *kernel, struct type type, uint64_t base, uint32_t size);

#endif
