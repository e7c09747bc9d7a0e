/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_BASE_SHOWN_H
#define DADRACE_BASE_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * The door for foreign text: names of processes, devices and files, lines of the kernel and of
 * programs, files and results that others wrote.
 *
 *   control characters (C0, DEL, C1)     \u001b    a terminal obeys them
 *   marks that turn the direction        \u202e    a reader sees another order
 *   separators of lines (U+2028, 2029)   \u2028    a line that nobody wrote
 *   bytes that are not UTF-8             \x9b      an old terminal obeys them
 *
 * Everything else is shown as it is. The notation is JSON's, so that JSON stays the same JSON.
 *
 *   a sentence     why_set() and log_say(): one line, whatever is in it
 *   a word         show(), shown_copy(), shown_in_place(): line ends, too
 *   results        read back as text of one line (results/reader.c)
 *   a page         markup_text() (base/escape.h)
 *   the streams    shown_streams(): the last door, for all that a program prints
 */

enum { SHOWN_ESCAPE = 8 };

/*
 * Bytes of the first character of a text that is not empty; `escape` is what is shown instead,
 * or "" when it is shown as it is.
 */
size_t shown_character(const char *text, size_t length, char escape[SHOWN_ESCAPE]);

/*
 * Copies text as it is shown; the control characters in `but` stay. False: `size` is too small,
 * and it is cut behind a whole character.
 */
bool shown_copy(const char *from, const char *but, char *to, size_t size);

/* The same, as long as it has to be; malloc'd, NULL: out of memory. */
char *shown_text(const char *text, const char *but);

/* The same in a buffer of `size` bytes, as many at most; no control character stays. */
enum { SHOWN_IN_PLACE = 4096 };
void shown_in_place(char *text, size_t size);

/* A word inside a sentence: short, on one line. */
struct shown {
	char text[64];
};
struct shown show(const char *text);

/*
 * Puts the door in front of stdout and stderr; once, when a program starts. Line ends and tabs
 * pass. 0, or -ENOMEM.
 */
int shown_streams(void);

/* A control sequence of our own passes as it is. */
void shown_control(FILE *out, const char *sequence);

/* The descriptor that a stream writes to, also behind the door; -1: none. */
int shown_fd(FILE *out);

#endif
