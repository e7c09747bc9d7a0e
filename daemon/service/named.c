// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "service/named.h"
#include "trial/verdict.h"

static bool has_verdict(const struct ticket *ticket, enum campaign_verdict verdict)
{
	return ticket->verdict && !strcmp(ticket->verdict, campaign_verdict_names[verdict]);
}

bool ticket_is_fault(const struct ticket *ticket)
{
	return has_verdict(ticket, CAMPAIGN_FAULT);
}

bool ticket_is_clean(const struct ticket *ticket)
{
	return has_verdict(ticket, CAMPAIGN_CLEAN);
}

const struct ticket *named_last(const struct named *named)
{
	return named->ended[named->nr - 1];
}

static bool is_told(const struct ticket *ticket)
{
	return ticket->state == TICKET_ENDED && (ticket->verdict || !ticket->cancelled);
}

static void take(struct named *named, const struct ticket *ticket)
{
	if (named->nr == NAMED_STRIP) {
		named->nr--;
		memmove(&named->ended[0], &named->ended[1],
			named->nr * sizeof(named->ended[0]));
	}
	named->ended[named->nr++] = ticket;
	if (ticket_is_clean(ticket)) {
		named->was_clean = ticket;
		named->broke = NULL;
	} else if (ticket_is_fault(ticket) && !named->broke) {
		named->broke = ticket;
	}
}

/* --- sorted by name: a comparison of each with each takes seconds for thousands --- */

typedef const struct ticket *const *place;

static int by_place(const void *a, const void *b)
{
	const place *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

static int by_name(const void *a, const void *b)
{
	const place *one = a, *other = b;
	int order = strcmp((**one)->name, (**other)->name);

	return order ? order : by_place(a, b);
}

static int by_first(const void *a, const void *b)
{
	const struct named *one = a, *other = b;

	return by_place(&one->first, &other->first);
}

struct named *named_of(const struct ticket *const *tickets, uint32_t nr, uint32_t *nr_names)
{
	place *told = calloc(nr + 1ul, sizeof(*told));
	struct named *names = calloc(nr + 1ul, sizeof(*names)), *last = NULL;
	uint32_t nr_told = 0;

	if (!told || !names) {
		free(told);
		free(names);
		return NULL;
	}
	for (uint32_t i = 0; i < nr; i++)
		if (is_told(tickets[i]))
			told[nr_told++] = &tickets[i];
	qsort(told, nr_told, sizeof(*told), by_name);
	*nr_names = 0;
	for (uint32_t i = 0; i < nr_told; i++) {
		if (!last || strcmp((*last->first)->name, (*told[i])->name) != 0) {
			last = &names[(*nr_names)++];
			last->first = told[i];
		}
		take(last, *told[i]);
	}
	qsort(names, *nr_names, sizeof(*names), by_first);
	free(told);
	return names;
}
