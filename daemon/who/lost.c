// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/lost.h"

#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 512, NOT_REACHED = -1 };

struct finding {
	const struct chain *chain;
	uint32_t nodes[NODES_MAX]; /* the lost ones */
	uint32_t nr;
	bool *leads; /* leads[a * nr + b]: from a, upwards, b is reached */
};

static const struct node *node_at(const struct finding *finding, uint32_t place)
{
	return &finding->chain->nodes[finding->nodes[place]];
}

static int32_t place_of(const struct finding *finding, int32_t node)
{
	for (uint32_t i = 0; i < finding->nr; i++)
		if ((int32_t)finding->nodes[i] == node)
			return (int32_t)i;
	return NOT_REACHED;
}

/* The lost node at `place` is pointed to by another lost one: its place. */
static int32_t referrer(const struct finding *finding, uint32_t place, uint32_t link)
{
	const struct node *node = node_at(finding, place);

	return node->links[link].from < 0 ? NOT_REACHED :
					    place_of(finding, node->links[link].from);
}

static uint32_t links_of(const struct finding *finding, uint32_t place)
{
	return node_links(node_at(finding, place));
}

/*
 * Upwards from one, breadth first; below[b] becomes the one that b points to on the shortest
 * way down.
 */
static void walk_up(const struct finding *finding, uint32_t from, bool *reached, int32_t *below)
{
	uint32_t queue[NODES_MAX], done = 0, nr = 0;

	queue[nr++] = from;
	while (done < nr) {
		uint32_t place = queue[done++];

		for (uint32_t i = 0; i < links_of(finding, place); i++) {
			int32_t up = referrer(finding, place, i);

			if (up < 0 || reached[up])
				continue;
			reached[up] = true;
			below[up] = (int32_t)place;
			if (up != (int32_t)from)
				queue[nr++] = (uint32_t)up;
		}
	}
}

/* All that lead to it are led to by it. */
static bool is_top(const struct finding *finding, uint32_t place)
{
	uint32_t nr = finding->nr;

	for (uint32_t i = 0; i < nr; i++)
		if (finding->leads[place * nr + i] && !finding->leads[i * nr + place])
			return false;
	return true;
}

/* Those that count their users, then by type: each run names the same one. */
static bool is_before(const struct finding *finding, uint32_t one, uint32_t other)
{
	const struct node *a = node_at(finding, one), *b = node_at(finding, other);
	int by_type = strcmp(type_name(a->type), type_name(b->type));

	if (a->has_count != b->has_count)
		return a->has_count;
	return by_type ? by_type < 0 : one < other;
}

/* Of a circle one is named first. */
static bool is_named(const struct finding *finding, uint32_t place)
{
	for (uint32_t i = 0; i < finding->nr; i++) {
		bool together = finding->leads[place * finding->nr + i] &&
				finding->leads[i * finding->nr + place];

		if (together && i != place && is_before(finding, i, place))
			return false;
	}
	return true;
}

static void tell_circle(const struct finding *finding, const int32_t *below, uint32_t place,
			struct lost *lost)
{
	for (int32_t at = below[place]; at != (int32_t)place && lost->nr_circle < LOST_CIRCLE;
	     at = below[at])
		lost->circle[lost->nr_circle++] = finding->nodes[at];
}

static uint32_t find_tops(struct finding *finding, struct lost *list)
{
	int32_t *below = calloc(finding->nr, finding->nr * sizeof(*below));
	uint32_t nr = 0;

	finding->leads = calloc(finding->nr, finding->nr * sizeof(*finding->leads));
	for (uint32_t i = 0; below && finding->leads && i < finding->nr; i++)
		walk_up(finding, i, finding->leads + i * finding->nr, below + i * finding->nr);
	for (uint32_t i = 0; below && finding->leads && i < finding->nr && nr < LOST_MAX; i++) {
		if (!is_top(finding, i) || !is_named(finding, i))
			continue;
		list[nr] = (struct lost){ .top = finding->nodes[i] };
		if (finding->leads[i * finding->nr + i])
			tell_circle(finding, below + i * finding->nr, i, &list[nr]);
		nr++;
	}
	free(finding->leads);
	free(below);
	return nr;
}

uint32_t lost_find(const struct chain *chain, struct lost list[LOST_MAX])
{
	struct finding finding = { .chain = chain };

	for (uint32_t i = 0; i < chain->nr && finding.nr < NODES_MAX; i++)
		if (chain->nodes[i].fate == NODE_LOST)
			finding.nodes[finding.nr++] = i;
	return finding.nr ? find_tops(&finding, list) : 0;
}
