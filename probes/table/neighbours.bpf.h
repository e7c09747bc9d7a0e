/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_NEIGHBOURS_BPF_H
#define DADRACE_NEIGHBOURS_BPF_H

#include "table/common.bpf.h"

#define E2BIG 7

/*
 * What one run looks at: the verifier follows each turn of a loop, which takes it seconds in a
 * guest.
 */
#define NEIGHBOUR_BUCKETS 16
#define NEIGHBOUR_CHAIN	  16 /* the table has a bucket for each neighbour: chains are short */
#define NEIGHBOURS_LISTED 1024

struct key {
	__u64 high, low; /* of an IPv6 address, as it lies in memory */
};

static __always_inline bool is_key(const void *at, const struct key *key)
{
	struct key found = {};

	bpf_probe_read_kernel(&found, sizeof(found), at);
	return found.high == key->high && found.low == key->low;
}

static __always_inline bool is_neighbour(const struct neighbour *neighbour,
					 const struct key *key)
{
	return is_key((void *)neighbour + bpf_core_field_offset(struct neighbour, primary_key),
		      key);
}

/* Since 6.13 a device lists its own neighbours (NEIGH_ND_TABLE is 1): that is one run. */
static __always_inline __s32 walk_list(struct net_device *dev, const struct key *key, __u32 *nr,
				       struct neighbour **found)
{
	struct hlist_head *head =
		(void *)dev + bpf_core_field_offset(struct net_device, neighbours);
	struct hlist_node *at = BPF_CORE_READ(&head[1], first);

	*nr = 0;
	for (int i = 0; i < NEIGHBOURS_LISTED && at; i++) {
		struct neighbour *neighbour =
			(void *)at - bpf_core_field_offset(struct neighbour, dev_list);

		++*nr;
		if (key && is_neighbour(neighbour, key)) {
			*found = neighbour;
			return 0;
		}
		at = BPF_CORE_READ(at, next);
	}
	return at ? -E2BIG : 0;
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
		struct neighbour *at = 0;

		bpf_probe_read_kernel(&at, sizeof(struct neighbour *), &buckets[bucket]);
		for (int j = 0; j < NEIGHBOUR_CHAIN && at; j++) {
			if (BPF_CORE_READ(at, dev) == dev) {
				++*nr;
				if (key && is_neighbour(at, key)) {
					*found = at;
					return 0;
				}
			}
			at = BPF_CORE_READ(at, next);
		}
		if (at)
			return -E2BIG;
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
