// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include "base/keep_fds.h"

void keep_fds(int *keep, size_t nr)
{
	int from = 3;

	for (size_t i = 1; i < nr; i++) /* insertion sort: a handful */
		for (size_t j = i; j > 0 && keep[j - 1] > keep[j]; j--) {
			int swapped = keep[j];

			keep[j] = keep[j - 1];
			keep[j - 1] = swapped;
		}
	for (size_t i = 0; i < nr; i++) {
		if (keep[i] < from)
			continue;
		if (keep[i] > from)
			close_range((unsigned int)from, (unsigned int)keep[i] - 1, 0);
		from = keep[i] + 1;
	}
	close_range((unsigned int)from, ~0U, 0);
}
