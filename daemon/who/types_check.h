/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_TYPES_CHECK_H
#define DADRACE_WHO_TYPES_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct btf;

/*
 * Whether types can be walked through without looking after each step: libbpf checks only that
 * they lie within the file. Each number leads to a type, no structure is part of itself,
 * members lie within their structures, and a walk through any of them ends soon. The types
 * below `first` are those of a base that was checked.
 */
bool types_check(const struct btf *btf, uint32_t first);

#endif
