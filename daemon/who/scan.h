/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_SCAN_H
#define DADRACE_WHO_SCAN_H

#include "who/pages.h"

/* Every aligned word of the kernel's own memory that has one of the values looked for. */
struct word {
	uint64_t at, value;
};

/* Pointers have tags in their low bits: skb->_skb_refdst, XArray entries, hlist_nulls. */
#define WORD_TAGS 7ULL

struct words {
	struct word *list; /* in the order of the addresses; the caller frees */
	uint32_t nr;
};

/* `values` are ascending and do not overlap. 0, or -ENOMEM. */
int scan(const struct image *image, const struct pages *pages, const struct span *values,
	 uint32_t nr_values, struct words *words);

/* The index of the values that a word is one of; -1: of none. */
int32_t scan_which(const struct span *values, uint32_t nr_values, uint64_t word);

#endif
