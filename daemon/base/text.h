/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_BASE_TEXT_H
#define DADRACE_BASE_TEXT_H

#include <stddef.h>

/*
 * Appends to a text that is put together piece by piece, in `size` bytes; what does not fit is
 * cut.
 */
__attribute__((format(printf, 3, 4))) void text_add(char *text, size_t size, const char *fmt,
						    ...);

#endif
