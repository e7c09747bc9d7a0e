/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_NEIGHBOURS_BPF_H
#define DADRACE_NEIGHBOURS_BPF_H

#include "table/list.bpf.h"

#define NEIGHBOUR_BUCKETS 64 /* that one run looks at */
#define NEIGHBOUR_CHAIN	  16 /* the table has a bucket for each neighbour: chains are short */

struct key {
	__u64 high, low; /* of an IPv6 address, as it lies in memory */
};

VERIFIED_ONCE int is_key(__u64 at, __u64 high, __u64 low)
{
	struct key found = {};

	bpf_probe_read_kernel(&found, sizeof(found), (void *)at);
	return found.high == high && found.low == low;
}

static __always_inline bool is_neighbour(const struct neighbour *neighbour,
					 const struct key *key)
{
	return is_key((__u64)neighbour + bpf_core_field_offset(struct neighbour, primary_key),
		      key->high, key->low);
}

static __always_inline struct neighbour *neighbour_of(struct hlist_node *node)
{
	return (void *)node - bpf_core_field_offset(struct neighbour, dev_list);
}

/*
 * From `from` on: the first of LIST_STRIDE nodes whose neighbour has the key, else the
 * node behind them, or 0 at the list's end.
 */
VERIFIED_ONCE __u64 stride(__u64 from, __u64 high, __u64 low)
{
	const struct key key = { high, low };
	struct hlist_node *at = (void *)from;
	struct neighbour *any = 0;

	if (!bpf_core_field_exists(any->dev_list)) /* it is verified, though nobody calls it */
		return 0;
	for (int i = 0; i < LIST_STRIDE && at; i++) {
		if (is_neighbour(neighbour_of(at), &key))
			break;
		at = BPF_CORE_READ(at, next);
	}
	return (__u64)at;
}

/* Since 6.13 a device lists its own neighbours (NEIGH_ND_TABLE is 1): that is one run. */
static __always_inline __s32 walk_list(struct net_device *dev, const struct key *key, __u32 *nr,
				       struct neighbour **found)
{
	struct hlist_head *head =
		(void *)dev + bpf_core_field_offset(struct net_device, neighbours);
	__u64 at = (__u64)BPF_CORE_READ(&head[1], first);

	if (!key) {
		*nr = list_length(at, bpf_core_field_offset(struct hlist_node, next));
		return *nr == LIST_LONGEST ? -E2BIG : 0;
	}
	for (int i = 0; i <= LIST_STRIDES && at; i++) {
		at = stride(at, key->high, key->low);
		if (at && is_neighbour(neighbour_of((void *)at), key)) {
			*found = neighbour_of((void *)at);
			return 0;
		}
	}
	return at ? -E2BIG : 0;
}

/* Those of the device in a chain of the table that begins at `first`. */
VERIFIED_ONCE __s32 count_chain(__u64 first, __u64 dev)
{
	struct neighbour *at = (void *)first;
	__s32 nr = 0;

	for (int i = 0; i < NEIGHBOUR_CHAIN && at; i++) {
		nr += (__u64)BPF_CORE_READ(at, dev) == dev;
		at = BPF_CORE_READ(at, next);
	}
	return at ? -E2BIG : nr;
}

/* The device's one with the key, or 0; where none is in NEIGHBOUR_CHAIN, the one behind. */
VERIFIED_ONCE __u64 find_in_chain(__u64 first, __u64 dev, __u64 high, __u64 low)
{
	const struct key key = { high, low };
	struct neighbour *at = (void *)first;

	for (int i = 0; i < NEIGHBOUR_CHAIN && at; i++) {
		if ((__u64)BPF_CORE_READ(at, dev) == dev && is_neighbour(at, &key))
			break;
		at = BPF_CORE_READ(at, next);
	}
	return (__u64)at;
}

static __always_inline __s32 walk_chain(struct net_device *dev, struct neighbour *first,
					const struct key *key, __u32 *nr,
					struct neighbour **found)
{
	struct neighbour *at;
	__s32 count;

	if (!key) {
		count = count_chain((__u64)first, (__u64)dev);
		*nr += count;
		return count < 0 ? count : 0;
	}
	at = (void *)find_in_chain((__u64)first, (__u64)dev, key->high, key->low);
	if (!at)
		return 0;
	if (BPF_CORE_READ(at, dev) != dev || !is_neighbour(at, key))
		return -E2BIG;
	*found = at;
	return 0;
}

/*
 * Before, the table of all devices is searched, a piece in a run. Where to continue is the
 * number of buckets plus the next bucket: a table that has changed its size is recognised by
 * it, and searched from the start.
 */
static __always_inline __s32 walk_table(struct net_device *dev, struct inet6_dev *idev,
					const struct key *key, __u32 from, __u32 *nr,
					struct neighbour **found)
{
	struct neigh_hash_table *table = BPF_CORE_READ(idev, nd_parms, tbl, nht);
	struct neighbour **buckets = BPF_CORE_READ(table, hash_buckets);
	__u32 nr_buckets = 1u << (BPF_CORE_READ(table, hash_shift) & 31);
	__u32 bucket = from - nr_buckets;

	if (bucket >= nr_buckets)
		bucket = *nr = 0;
	for (int i = 0; i < NEIGHBOUR_BUCKETS && bucket < nr_buckets; i++, bucket++) {
		struct neighbour *first = 0;
		__s32 err;

		bpf_probe_read_kernel(&first, sizeof(struct neighbour *), &buckets[bucket]);
		err = walk_chain(dev, first, key, nr, found);
		if (err || *found)
			return err;
	}
	return bucket < nr_buckets ? (__s32)(nr_buckets + bucket) : 0;
}

/*
 * Goes through the device's IPv6 neighbours up to the one with this address; without an address
 * through all of them. *nr is how many it has seen. Returns 0 at the end; else where to
 * continue, for `from` of the next run (0 in the first); -E2BIG when there are too many.
 */
static __always_inline __s32 walk_neighbours(struct net_device *dev, struct inet6_dev *idev,
					     const struct key *key, __u32 from, __u32 *nr,
					     struct neighbour **found)
{
	if (bpf_core_field_exists(dev->neighbours))
		return walk_list(dev, key, nr, found);
	return walk_table(dev, idev, key, from, nr, found);
}

#endif
