/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_NEAREST_H
#define DADRACE_NEAREST_H

/*
 * "Did you mean ...?": the known word that is closest to a mistyped one. Set `typed`, offer
 * every known word, then read `best`:
 *
 *	struct nearest nearest = { .typed = "trails" };
 *
 *	for (each row)
 *		nearest_offer(&nearest, row->name);
 *	if (nearest.best) ...
 *
 * One slip (a letter too many, missing, wrong, or swapped with its neighbour) is allowed for
 * each three letters of the typed word, three at most. Case does not count, nor the difference
 * of '-' and '_'.
 */
struct nearest {
	const char *typed;
	const char *best; /* NULL: no word is close */
	unsigned int slips;
};

/*
 * Keeps `word`, which the caller owns, when it is closer than those before; the first of equals
 * stays.
 */
void nearest_offer(struct nearest *nearest, const char *word);

#endif
