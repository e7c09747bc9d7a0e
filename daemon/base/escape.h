/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MARKUP_H
#define DADRACE_MARKUP_H

#include <stdio.h>

/*
 * Text in HTML and SVG: whatever was not written here (names of campaigns, sentences, lines of
 * the kernel's log) goes through these, in an element or in a quoted attribute. It is shown as
 * base/shown.h says, and what XML 1.0 2.2 does not allow is '?'. NULL: nothing.
 */
void markup_text(FILE *out, const char *text);

/* The same for what printf would have written; cut after 1 KiB. */
__attribute__((format(printf, 2, 3))) void markup_format(FILE *out, const char *format, ...);

#endif
