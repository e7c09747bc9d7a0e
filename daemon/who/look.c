// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "who/recheck.h"

/* --- which devices --- */

static bool is_waiting(const struct device *device)
{
	return device->registration != DEVICE_REGISTERED;
}

static bool is_check(const struct look_ask *ask, const struct device *device)
{
	return ask->check_netns[0] &&
	       (device->netns == ask->check_netns[0] || device->netns == ask->check_netns[1]);
}

static bool is_asked_for(const struct look_ask *ask, const struct device *device)
{
	return !is_check(ask, device) && (!ask->name || !strcmp(ask->name, device->name)) &&
	       (!ask->ifindex || ask->ifindex == device->ifindex) &&
	       (!ask->netns || ask->netns == device->netns) &&
	       (!ask->all_waiting || is_waiting(device));
}

static uint32_t choose(const struct look_ask *ask, const struct devices *devices,
		       struct device *chosen)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < devices->nr && nr < ACCOUNTS_MAX; i++)
		if (is_asked_for(ask, &devices->list[i]))
			chosen[nr++] = devices->list[i];
	return nr;
}

/* One that waits is what people ask about; then one where they are. */
static uint32_t prefer(const struct look_ask *ask, struct device *chosen, uint32_t nr)
{
	uint32_t waiting = 0, at_home = 0, which = 0;

	for (uint32_t i = 0; i < nr; i++)
		waiting += is_waiting(&chosen[i]);
	for (uint32_t i = 0; i < nr; i++) {
		if (waiting ? !is_waiting(&chosen[i]) : chosen[i].netns != ask->home)
			continue;
		which = i;
		at_home++;
	}
	if (at_home != 1)
		return nr;
	chosen[0] = chosen[which];
	return 1;
}

static int several(const struct look_ask *ask, const struct device *chosen, uint32_t nr,
		   struct why *why)
{
	char list[400] = "";

	for (uint32_t i = 0; i < nr; i++)
		text_add(list, sizeof(list), "%s%s %u in network namespace %u%s", i ? ", " : "",
			 chosen[i].name, chosen[i].ifindex, chosen[i].netns,
			 is_waiting(&chosen[i]) ? " (being unregistered)" : "");
	return why_exit(why, EXIT_USAGE, ENOTUNIQ,
			"%s: %u devices have this name or index: %s; choose one with --netns",
			ask->name ? ask->name : "device", nr, list);
}

static int none(const struct look_ask *ask, struct why *why)
{
	if (ask->all_waiting)
		return why_set(why, ENODEV, "no device waits for its references");
	if (ask->name)
		return why_exit(
			why, EXIT_USAGE, ENODEV,
			"%s: no network namespace has this device, and none of this name is being unregistered",
			ask->name);
	return why_exit(why, EXIT_USAGE, ENODEV, "%u: no device has this index", ask->ifindex);
}

static int find(struct kernel *kernel, const struct look_ask *ask, struct device *chosen,
		uint32_t *nr, struct devices *devices, struct why *why)
{
	int err = devices_find(kernel, devices, why);

	if (err)
		return err;
	*nr = choose(ask, devices, chosen);
	if (!*nr && ask->name) {
		err = devices_search(kernel, ask->name, devices, why);
		*nr = err ? 0 : choose(ask, devices, chosen);
	}
	if (!err && !*nr)
		return none(ask, why);
	if (!err && !ask->all_waiting && *nr > 1)
		*nr = prefer(ask, chosen, *nr);
	if (!err && !ask->all_waiting && *nr > 1)
		return several(ask, chosen, *nr, why);
	return err;
}

/* --- the look --- */

static uint32_t add_checks(const struct look_ask *ask, const struct devices *devices,
			   struct device *chosen, uint32_t nr)
{
	for (uint32_t i = 0; i < devices->nr && nr < ACCOUNTS_MAX; i++)
		if (is_check(ask, &devices->list[i]) &&
		    strcmp(devices->list[i].name, "lo") != 0)
			chosen[nr++] = devices->list[i];
	return nr;
}

static void note_check(struct look *look, const struct account *account)
{
	look->is_checked = true;
	if (!account->has_moved && llabs(account->unexplained) > llabs(look->check_unexplained))
		look->check_unexplained = account->unexplained;
}

static int make(struct look *look, const struct look_ask *ask, struct why *why)
{
	struct device chosen[ACCOUNTS_MAX];
	struct account accounts[ACCOUNTS_MAX];
	struct devices devices = { 0 };
	uint32_t nr = 0;
	int err = find(&look->kernel, ask, chosen, &look->nr_cases, &devices, why);

	if (!err) {
		nr = add_checks(ask, &devices, chosen, look->nr_cases);
		err = accounts_make(&look->kernel, chosen, nr, accounts, why);
	}
	free(devices.list);
	for (uint32_t i = 0; i < nr; i++) {
		if (i < look->nr_cases) {
			look->cases[i].account = accounts[i];
			if (!err)
				err = chain_follow(&look->kernel, &accounts[i], &ask->wanted,
						   &look->cases[i].chain, why);
			if (!err)
				recheck(&look->kernel, &look->cases[i].account,
					&look->cases[i].chain);
			continue;
		}
		note_check(look, &accounts[i]);
		account_clear(&accounts[i]);
	}
	return err;
}

int look_make(const struct image *image, const struct look_ask *ask, struct look *look,
	      struct why *why)
{
	int err;

	*look = (struct look){ 0 };
	err = kernel_open(image, &look->kernel, why);
	if (err)
		return err;
	err = make(look, ask, why);
	if (err)
		look_clear(look);
	return err;
}

int look_accounts(const struct image *image, uint32_t netns,
		  struct account accounts[ACCOUNTS_MAX], uint32_t *nr, struct why *why)
{
	const struct look_ask ask = { .netns = netns };
	struct device chosen[ACCOUNTS_MAX];
	struct devices devices = { 0 };
	struct kernel kernel;
	int err = kernel_open(image, &kernel, why);

	*nr = 0;
	if (err)
		return err;
	err = devices_find(&kernel, &devices, why);
	if (!err) {
		*nr = choose(&ask, &devices, chosen);
		err = accounts_make(&kernel, chosen, *nr, accounts, why);
	}
	free(devices.list);
	kernel_close(&kernel);
	while (err && *nr)
		account_clear(&accounts[--*nr]);
	return err;
}

void look_clear(struct look *look)
{
	for (uint32_t i = 0; i < look->nr_cases; i++) {
		account_clear(&look->cases[i].account);
		chain_clear(&look->cases[i].chain);
	}
	kernel_close(&look->kernel);
	*look = (struct look){ 0 };
}

/* --- two looks --- */

static bool is_off(const struct balance *balance)
{
	return balance->is_made && (balance->unexplained || balance->has_moved);
}

/*
 * Memory that was given back and is not cleared, such as the stack of a task that has just
 * ended, is told from the kernel's own data by time only.
 */
static bool is_weakly_held(const struct node *node)
{
	for (uint32_t i = 0; node->is_needed && i < node_links(node); i++)
		if (node->links[i].kind == LINK_STATIC && !node->links[i].path[0])
			return true;
	return false;
}

static bool case_needs_another(const struct look_case *one)
{
	bool is_stuck = one->account.device.registration != DEVICE_REGISTERED;

	if (one->account.unexplained || one->account.has_moved)
		return true;
	for (uint32_t i = 0; i < one->chain.nr; i++)
		if (one->chain.nodes[i].fate == NODE_LOST ||
		    is_off(&one->chain.nodes[i].balance) ||
		    (is_stuck && is_weakly_held(&one->chain.nodes[i])))
			return true;
	return false;
}

bool look_needs_another(const struct look *look)
{
	for (uint32_t i = 0; i < look->nr_cases; i++)
		if (case_needs_another(&look->cases[i]))
			return true;
	return look->check_unexplained;
}

static bool case_has_moved(const struct look_case *one)
{
	if (one->account.has_moved || one->account.unexplained < 0)
		return true;
	for (uint32_t i = 0; i < one->chain.nr; i++) {
		const struct balance *balance = &one->chain.nodes[i].balance;

		if (one->chain.nodes[i].was_lost ||
		    (balance->is_made && (balance->has_moved || balance->unexplained < 0)))
			return true;
	}
	return false;
}

bool look_has_moved(const struct look *look)
{
	for (uint32_t i = 0; i < look->nr_cases; i++)
		if (case_has_moved(&look->cases[i]))
			return true;
	return look->check_unexplained;
}

static const struct look_case *case_of(const struct look *look, uint64_t device)
{
	for (uint32_t i = 0; i < look->nr_cases; i++)
		if (look->cases[i].account.device.address == device)
			return &look->cases[i];
	return NULL;
}

static const struct node *node_of(const struct look_case *one, uint64_t base)
{
	for (uint32_t i = 0; one && i < one->chain.nr; i++)
		if (one->chain.nodes[i].object.base == base)
			return &one->chain.nodes[i];
	return NULL;
}

/*
 * Where objects come and go, another one may be at the place by now: its pointers are other
 * ones then. In a lost object only list links change.
 */
static bool is_the_same(const struct image *image, const struct node *before,
			const struct node *node)
{
	uint32_t pointers = 0, changed = 0;

	for (uint32_t i = 0; i < NODE_WORDS; i++) {
		uint64_t was = before->beginning[i], is = node->beginning[i];

		if (!image_is_pointer(image, was) && !image_is_pointer(image, is))
			continue;
		pointers++;
		changed += was != is;
	}
	return 4 * changed <= pointers;
}

static void confirm_node(const struct image *image, const struct node *before,
			 struct node *node)
{
	if (node->fate == NODE_LOST &&
	    (!before || (before->fate != NODE_LOST && !before->was_lost) ||
	     !is_the_same(image, before, node))) {
		node->fate = NODE_HELD;
		node->was_lost = true;
	}
	if (!before || before->balance.unexplained != node->balance.unexplained)
		node->balance.has_moved = true;
}

void look_confirm(const struct look *first, struct look *second)
{
	for (uint32_t i = 0; i < second->nr_cases; i++) {
		struct look_case *one = &second->cases[i];
		const struct look_case *before = case_of(first, one->account.device.address);

		for (uint32_t j = 0; j < one->chain.nr; j++)
			confirm_node(second->kernel.image,
				     node_of(before, one->chain.nodes[j].object.base),
				     &one->chain.nodes[j]);
		if (before && before->account.unexplained != one->account.unexplained)
			one->account.has_moved = true;
	}
}
