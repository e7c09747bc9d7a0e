/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FUZZ_INPUT_H
#define DADRACE_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as a stream; NULL: it is empty. */
FILE *input_stream(const uint8_t *data, size_t size);

/* The input as the file `name` in a folder of this process; the path lives as long. */
const char *input_file(const uint8_t *data, size_t size, const char *name);

/* That folder, and all that is in it but the input, gone. */
const char *input_folder(void);
void input_clear(void);

/* Aborts at a character that a terminal obeys, but for line ends and tabs. */
void input_check_shown(const char *text);

#endif
