/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_REPORT_FILE_H
#define DADRACE_REPORT_FILE_H

#include <stdio.h>

#include "results/reader.h"

/* Writes a run; 0 or -errno and the sentence. */
typedef int report_writer(const struct past *past, FILE *out, struct why *why);

/*
 * To a file, which is replaced as a whole: what was there stays when it cannot be written. 0 or
 * -errno and the sentence.
 */
int report_file(const struct past *past, report_writer *writer, const char *path,
		struct why *why);

#endif
