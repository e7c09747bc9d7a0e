/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RESULTS_ROWS_H
#define DADRACE_RESULTS_ROWS_H

#include <stddef.h>

/* What the rows of tables of fields (base/fields.h) are made of, in this room. */

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#define PLACE(type, ctype, member) \
	(offsetof(type, member) * _Generic(((type *)NULL)->member, ctype: (size_t)1))
#define LIST(type, member) \
	.list = true, .count_offset = PLACE(type, uint32_t, nr_##member)
#define NAMES(words, count) .names = (words), .nr_names = (count)
#define OR_NULL .nullable = true
#define END { .name = NULL }
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

#endif
