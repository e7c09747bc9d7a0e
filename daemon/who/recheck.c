// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/recheck.h"

static bool is_as_it_was(const struct kernel *kernel, const struct word *word)
{
	uint64_t now;

	image_sweep(kernel->image, word->at, &now, sizeof(now));
	return (now & ~WORD_TAGS) == (word->value & ~WORD_TAGS);
}

static void forget_holder(struct account *account, struct holder *holder)
{
	account->has_moved = true;
	account->explained -= holder->references;
	account->unexplained += holder->references;
	holder->references = 0;
	holder->not_counted = "its pointer went while memory was read";
}

/* Nobody is said to have it, nor to have lost it. */
static void forget_node(struct chain *chain, uint64_t base)
{
	for (uint32_t i = 0; i < chain->nr; i++) {
		struct node *node = &chain->nodes[i];

		if (node->object.base != base)
			continue;
		node->fate = NODE_HELD;
		node->was_lost = true;
		node->is_needed = false;
		node->nr_links = node->nr_opened = 0;
	}
}

/* Of pointers in objects: other words name nobody. */
static bool is_gone(const struct kernel *kernel, const struct link *link)
{
	return link->from >= 0 && link->word.at && !is_as_it_was(kernel, &link->word);
}

static bool forget_links(const struct kernel *kernel, struct node *node)
{
	uint32_t nr = node_links(node), kept = 0;

	for (uint32_t i = 0; i < nr; i++)
		if (!is_gone(kernel, &node->links[i]))
			node->links[kept++] = node->links[i];
	if (kept < nr)
		node->nr_links = kept;
	return kept < nr;
}

/* Those after the first that is gone are not told, either. */
static bool forget_opened(const struct kernel *kernel, struct node *node)
{
	for (uint32_t i = 0; i < node->nr_opened; i++)
		for (uint32_t j = 0; j < node->opened[i].nr_words; j++)
			if (!is_as_it_was(kernel, &node->opened[i].words[j])) {
				node->nr_opened = i;
				return true;
			}
	return false;
}

static void read_again(const struct kernel *kernel, struct account *account,
		       struct chain *chain)
{
	for (uint32_t i = 0; i < chain->nr; i++) {
		account->has_moved |= forget_opened(kernel, &chain->nodes[i]);
		account->has_moved |= forget_links(kernel, &chain->nodes[i]);
	}
	for (uint32_t i = 0; i < account->nr_holders; i++) {
		struct holder *holder = &account->holders[i];

		if (!holder->references || is_as_it_was(kernel, &holder->word))
			continue;
		forget_holder(account, holder);
		forget_node(chain, holder->object.base);
	}
}

/* While holders of a device come and go, one of them looks lost between two words. */
static void doubt_lost(struct chain *chain)
{
	for (uint32_t i = 0; i < chain->nr; i++)
		if (chain->nodes[i].fate == NODE_LOST) {
			chain->nodes[i].fate = NODE_HELD;
			chain->nodes[i].was_lost = true;
		}
}

void recheck(const struct kernel *kernel, struct account *account, struct chain *chain)
{
	if (!kernel->image->recorded)
		read_again(kernel, account, chain);
	if (account->has_moved && account->device.registration == DEVICE_REGISTERED)
		doubt_lost(chain);
}
