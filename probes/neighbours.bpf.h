/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_NEIGHBOURS_BPF_H
#define DADRACE_NEIGHBOURS_BPF_H

#include "common.bpf.h"

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

/*
 * Goes through the device's IPv6 neighbours up to the one with this address; NULL: there is none. Without
 * an address it goes through all of them. *nr is how many it came by.
 *
 * Since 6.13 a device lists its own neighbours (NEIGH_ND_TABLE is 1); before, the table is searched.
 */
static __always_inline struct neighbour *
find_neighbour(struct net_device *dev, struct inet6_dev *idev, const struct key *key, __u32 *nr)
{
	*nr = 0;
	if (bpf_core_field_exists(dev->neighbours)) {
		struct hlist_head *head =
			(void *)dev + bpf_core_field_offset(struct net_device, neighbours);
		struct hlist_node *at = BPF_CORE_READ(&head[1], first);

		for (int i = 0; i < 1024 && at; i++) {
			struct neighbour *neighbour =
				(void *)at - bpf_core_field_offset(struct neighbour, dev_list);

			++*nr;
			if (key && is_neighbour(neighbour, key))
				return neighbour;
			at = BPF_CORE_READ(at, next);
		}
	} else {
		struct neigh_hash_table *table = BPF_CORE_READ(idev, nd_parms, tbl, nht);
		struct neighbour **buckets = BPF_CORE_READ(table, hash_buckets);
		__u32 nr_buckets = 1u << (BPF_CORE_READ(table, hash_shift) & 31);

		for (__u32 bucket = 0; bucket < 512 && bucket < nr_buckets; bucket++) {
			struct neighbour *at = 0;

			bpf_probe_read_kernel(&at, sizeof(at), &buckets[bucket]);
			for (int i = 0; i < 8 && at; i++) {
				if (BPF_CORE_READ(at, dev) == dev) {
					++*nr;
					if (key && is_neighbour(at, key))
						return at;
				}
				at = BPF_CORE_READ(at, next);
			}
		}
	}
	return 0;
}

#endif
