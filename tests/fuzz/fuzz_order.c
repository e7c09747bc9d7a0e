// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "spec/order.h"

/* Any lines as the steps of an order: what is read is written so that it is read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct order order = { .nr_holds = 0 };
	char *text = strndup((const char *)data, size), *rest = text, *step;
	struct why why = { "" };

	while (text && (step = strsep(&rest, "\n"))) {
		struct order place = { .nr_holds = 0 }, again = { .nr_holds = 0 };
		char words[ORDER_WORDS];

		order_read(&order, step, &why);
		if (order_read_place(&place, step, &why))
			continue;
		order_write_place(&place.holds[0], words);
		if (order_read_place(&again, words, &why))
			abort();
	}
	order_check(&order, &why);
	order_has_dad(&order);
	free(text);
	return 0;
}
