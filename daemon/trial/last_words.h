/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_LAST_WORDS_H
#define DADRACE_LAST_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a program has said on standard error, of which the end is kept: whole lines, as text
 * that is harmless on a terminal. Pure.
 */
enum { LAST_WORDS = 512 };

/* Adds what it has said now; what no longer fits goes, from the beginning, by whole lines. */
void last_words_add(char words[LAST_WORDS], const char *said, size_t size);

/* As base/shown.h shows them, without a newline at the end; when the program has said all. */
void last_words_end(char words[LAST_WORDS]);

/* The last line; "" when it has said nothing. */
const char *last_words_line(const char *words);

/*
 * The first line in which a shell says that it found no such program: "sh: 1: insmod: not
 * found". A shell goes on then, and its script may well exit with status 0. False: none.
 */
bool last_words_not_found(const char *words, char *line, size_t size);

#endif
