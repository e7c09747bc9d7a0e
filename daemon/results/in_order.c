// SPDX-License-Identifier: GPL-2.0-or-later
#include "results/in_order.h"

#include <errno.h>
#include <stdlib.h>

void in_order_free(struct in_order *order)
{
	free(order->waiting);
	*order = (struct in_order){ 0 };
}

bool in_order_has_room(const struct in_order *order, uint32_t trial)
{
	return trial < order->next || trial - order->next < IN_ORDER_MOST;
}

static struct in_order_trial *place_of(const struct in_order *order, uint32_t trial)
{
	return &order->waiting[trial & (order->room - 1)];
}

static int make_room(struct in_order *order, uint32_t trials)
{
	enum { LEAST = 64 };
	struct in_order grown = { .next = order->next, .room = LEAST };

	if (trials <= order->room)
		return 0;
	while (grown.room < trials)
		grown.room *= 2;
	grown.waiting = calloc(grown.room, sizeof(*grown.waiting));
	if (!grown.waiting)
		return -ENOMEM;
	for (uint32_t i = 0; i < order->room; i++)
		*place_of(&grown, order->next + i) = *place_of(order, order->next + i);
	free(order->waiting);
	order->waiting = grown.waiting;
	order->room = grown.room;
	return 0;
}

int in_order_add(struct in_order *order, uint32_t trial, const struct in_order_trial *shown)
{
	int err;

	if (trial < order->next || !in_order_has_room(order, trial))
		return 0;
	err = make_room(order, trial - order->next + 1);
	if (err)
		return err;
	*place_of(order, trial) = *shown;
	place_of(order, trial)->ended = true;
	return 0;
}

bool in_order_take(struct in_order *order, struct in_order_trial *shown)
{
	struct in_order_trial *next = order->room ? place_of(order, order->next) : NULL;

	if (!next || !next->ended)
		return false;
	*shown = *next;
	*next = (struct in_order_trial){ 0 };
	order->next++;
	return true;
}
