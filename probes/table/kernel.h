/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KERNEL_H
#define DADRACE_KERNEL_H

/*
 * The few kernel structures that our programs read, with only the members that they read. CO-RE
 * moves every access to where the running kernel has it (kernels 5.10 to 7.2 were looked at);
 * members that only some kernels have are asked for with bpf_core_field_exists().
 */
#define __VMLINUX_H__ /* bpf_tracing.h: registers have their kernel names */

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed int __s32;
typedef signed long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u16 __sum16;
typedef _Bool bool;
enum { false, true };

/* Of the user-space API: map types and helpers' flags. */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_F_MMAPABLE = 1 << 10,
	BPF_RB_NO_WAKEUP = 1,
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

struct percpu_counter {
	__s64 count;
	__s32 *counters; /* CONFIG_SMP */
};

struct dst_ops {
	unsigned short family;
	struct percpu_counter pcpuc_entries;
};

struct netns_ipv6 {
	struct dst_ops ip6_dst_ops;
};

struct net {
	struct ns_common ns;
	struct hlist_head *dev_index_head;
	struct netns_ipv6 ipv6;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct nsproxy {
	struct net *net_ns;
};

struct signal_struct {
	struct pid *pids[4];
};

struct thread_info {
	__u32 status; /* x86 */
};

struct task_struct {
	struct thread_info thread_info;
	int pid;
	int tgid;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct pid *thread_pid;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	atomic_t refs;
} refcount_t;

struct inet6_dev;

struct net_device_ops {
	void *ndo_open;
	void *ndo_stop;
};

struct net_device;
struct napi_struct {
	struct net_device *dev;
	void *poll;
	struct list_head dev_list;
};

struct net_device {
	char name[16];
	int ifindex;
	unsigned int flags;
	unsigned long state;
	int *pcpu_refcnt;      /* CONFIG_PCPU_DEV_REFCNT */
	refcount_t dev_refcnt; /* without it */
	struct inet6_dev *ip6_ptr;
	struct hlist_node index_hlist;
	possible_net_t nd_net;
	struct hlist_head neighbours[2]; /* since 6.13 */
	struct net_device_ops *netdev_ops;
	struct list_head napi_list;
};

/*
 * reg_state was a bit field of an enum until it became a byte: two flavours of one structure.
 */
struct net_device___bits {
	enum { REGISTRATION_STATES } reg_state : 8;
};
struct net_device___byte {
	__u8 reg_state;
};

struct in6_addr {
	__u8 s6_addr[16];
};

struct neigh_table;
struct neigh_parms {
	struct neigh_table *tbl;
};

struct neighbour {
	struct neighbour *next;
	refcount_t refcnt;
	struct net_device *dev;
	struct hlist_node dev_list;
	__u8 primary_key[1];
};

struct neigh_hash_table {
	struct neighbour **hash_buckets;
	unsigned int hash_shift;
};

struct neigh_table {
	struct neigh_hash_table *nht;
};

struct ifmcaddr6 {
	struct ifmcaddr6 *next;
};

struct inet6_dev {
	struct net_device *dev;
	struct list_head addr_list;
	struct ifmcaddr6 *mc_list;
	struct ifmcaddr6 *mc_tomb;
	refcount_t refcnt;
	int dead;
	struct neigh_parms *nd_parms;
};

struct work_struct {
	struct list_head entry;
};

struct delayed_work {
	struct work_struct work;
};

struct inet6_ifaddr {
	struct in6_addr addr;
	__u32 prefix_len;
	refcount_t refcnt;
	int state;
	__u32 flags;
	struct delayed_work dad_work;
	struct inet6_dev *idev;
	struct list_head if_list;
};

typedef struct {
	atomic_t refcnt;
} rcuref_t;

struct dst_entry {
	struct net_device *dev;
	struct dst_ops *ops;
	atomic_t __refcnt; /* until 6.3 */
	rcuref_t __rcuref; /* since 6.4 */
};

struct sk_buff {
	struct net_device *dev;
	unsigned char *head;
	unsigned char *data;
	__u16 network_header;
	__u16 mac_header;
	__u16 protocol;
	__u16 vlan_tci;
	__u32 vlan_all; /* since 6.2 */
	unsigned int len;
};

struct sk_buff___before_6_2 {
	__u8 vlan_present : 1;
};

struct flowi_common {
	int flowic_oif;
};

struct flowi6 {
	struct flowi_common __fl_common;
	struct in6_addr daddr;
};

struct fib6_table {
	__u32 tb6_id;
};

struct bpf_array {
	void *pptrs[1];
};

#pragma clang attribute pop

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

#include "table/registers.h"

struct kernel_siginfo;
struct fib6_result;

/* The helpers that a kernel may lack are asked for by name (bpf_core_enum_value_exists). */
enum bpf_func_id {
	BPF_FUNC_map_lookup_percpu_elem = 195,
};

#endif
