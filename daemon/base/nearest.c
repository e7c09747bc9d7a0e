// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/nearest.h"

enum { LENGTH_MAX = 63, SLIPS_MAX = 3 };

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static int folded(char c)
{
	return c == '_' ? '-' : tolower((unsigned char)c);
}

static bool is_swapped(const char *a, const char *b)
{
	return folded(a[0]) == folded(b[-1]) && folded(a[-1]) == folded(b[0]);
}

/*
 * Damerau and Levenshtein's distance in its restricted form (optimal string alignment): row i
 * of the table holds the distances between the first i letters of `a` and each beginning of
 * `b`.
 */
static unsigned int count_slips(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned int rows[3][LENGTH_MAX + 1];

	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned int *row = rows[i % 3], *above = rows[(i + 2) % 3];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_length; j++) {
			bool same = folded(a[i - 1]) == folded(b[j - 1]);

			row[j] = least(above[j - 1] + !same, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && is_swapped(&a[i - 1], &b[j - 1]))
				row[j] = least(row[j], rows[(i + 1) % 3][j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

void nearest_offer(struct nearest *nearest, const char *word)
{
	size_t length = strlen(nearest->typed), offered = strlen(word);
	unsigned int allowed, slips;

	if (length > LENGTH_MAX || offered > LENGTH_MAX)
		return;
	allowed = least((unsigned int)(length + 1) / 3, SLIPS_MAX);
	slips = count_slips(nearest->typed, length, word, offered);
	if (slips <= allowed && (!nearest->best || slips < nearest->slips)) {
		nearest->best = word;
		nearest->slips = slips;
	}
}
