/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_LAYOUT_H
#define DADRACE_WHO_LAYOUT_H

#include <stdint.h>

#include "base/why.h"
#include "who/types.h"

/*
 * The members of kernel structures that are read by name, and where this kernel has them.
 *
 * A place is tried by each of its spellings; one that is needed and has none ends the attempt
 * with a sentence that names it: a kernel that is laid out in another way is never guessed at.
 */
#define LAYOUT_PLACES(X)                                                 \
	/* place, needed, spellings */                                   \
	X(PAGE_FLAGS, true, "page.flags")                                \
	X(PAGE_TYPE, true, "page.page_type")                             \
	X(PAGE_HEAD, true, "page.compound_head", "page.compound_info")   \
	X(PAGE_MAPPING, true, "page.mapping")                            \
	X(PAGE_COUNT, true, "page._refcount")                            \
	X(PAGE_MAPCOUNT, true, "page._mapcount")                         \
	X(SLAB_CACHE, true, "slab.slab_cache", "page.slab_cache")        \
	X(SLAB_FREELIST, true, "slab.freelist", "page.freelist")         \
	X(CACHE_NAME, true, "kmem_cache.name")                           \
	X(CACHE_SIZE, true, "kmem_cache.size")                           \
	X(CACHE_OBJECT_SIZE, true, "kmem_cache.object_size")             \
	X(CACHE_OFFSET, true, "kmem_cache.offset")                       \
	X(CACHE_RANDOM, false, "kmem_cache.random")                      \
	X(CACHE_PAD, false, "kmem_cache.red_left_pad")                   \
	X(CACHE_CPU, false, "kmem_cache.cpu_slab")                       \
	X(CACHE_CPU_FREELIST, false, "kmem_cache_cpu.freelist")          \
	X(CACHE_SHEAVES, false, "kmem_cache.cpu_sheaves")                \
	X(SHEAVES_MAIN, false, "slub_percpu_sheaves.main")               \
	X(SHEAVES_SPARE, false, "slub_percpu_sheaves.spare")             \
	X(SHEAVES_RCU, false, "slub_percpu_sheaves.rcu_free")            \
	X(SHEAF_SIZE, false, "slab_sheaf.size")                          \
	X(SHEAF_OBJECTS, false, "slab_sheaf.objects")                    \
	X(SHEAF_LIST, false, "slab_sheaf.barn_list")                     \
	X(SHEAF_CACHE, false, "slab_sheaf.cache")                        \
	X(CACHE_NODES, false, "kmem_cache.node", "kmem_cache.per_node")  \
	X(NODES_NODE, false, "kmem_cache_per_node_ptrs.node")            \
	X(NODES_BARN, false, "kmem_cache_per_node_ptrs.barn")            \
	X(NODE_BARN, false, "kmem_cache_node.barn")                      \
	X(BARN_FULL, false, "node_barn.sheaves_full")                    \
	X(TASK_TASKS, true, "task_struct.tasks")                         \
	X(TASK_NODE, true, "task_struct.thread_node")                    \
	X(TASK_SIGNAL, true, "task_struct.signal")                       \
	X(TASK_PID, true, "task_struct.pid")                             \
	X(TASK_TGID, true, "task_struct.tgid")                           \
	X(TASK_LEADER, true, "task_struct.group_leader")                 \
	X(TASK_THREAD_PID, true, "task_struct.thread_pid")               \
	X(PID_LEVEL, true, "pid.level")                                  \
	X(PID_NUMBERS, true, "pid.numbers")                              \
	X(UPID_NUMBER, true, "upid.nr")                                  \
	X(UPID_NAMESPACE, true, "upid.ns")                               \
	X(TASK_COMM, true, "task_struct.comm")                           \
	X(TASK_STACK, true, "task_struct.stack")                         \
	X(TASK_FILES, true, "task_struct.files")                         \
	X(TASK_NSPROXY, true, "task_struct.nsproxy")                     \
	X(TASK_MM, true, "task_struct.mm")                               \
	X(SIGNAL_THREADS, true, "signal_struct.thread_head")             \
	X(MM_PGD, true, "mm_struct.pgd")                                 \
	X(FILES_TABLE, true, "files_struct.fdt")                         \
	X(TABLE_FILES, true, "fdtable.fd")                               \
	X(TABLE_MAX, true, "fdtable.max_fds")                            \
	X(FILE_PRIVATE, true, "file.private_data")                       \
	X(FILE_OPERATIONS, true, "file.f_op")                            \
	X(FILE_RELEASE, true, "file_operations.release")                 \
	X(MAP_TYPE, false, "bpf_map.map_type")                           \
	X(ARRAY_VALUE, false, "bpf_array.value")                         \
	X(ARRAY_ELEMENT_SIZE, false, "bpf_array.elem_size")              \
	X(MAP_ENTRIES, false, "bpf_map.max_entries")                     \
	X(HTAB_ELEMENTS, false, "bpf_htab.elems")                        \
	X(HTAB_ELEMENT_SIZE, false, "bpf_htab.elem_size")                \
	X(RING_BUFFER, false, "bpf_ringbuf_map.rb")                      \
	X(RING_PAGES, false, "bpf_ringbuf.nr_pages")                     \
	X(VM_ADDRESS, false, "vm_struct.addr")                           \
	X(VM_PAGES, false, "vm_struct.nr_pages")                         \
	X(RETHOOK_NODE_HOOK, false, "rethook_node.rethook")              \
	X(RETHOOK_DATA, false, "rethook.data")                           \
	X(INSTANCE_HOLDER, false, "kretprobe_instance.rph")              \
	X(HOLDER_PROBE, false, "kretprobe_holder.rp")                    \
	X(INSTANCE_PROBE, false, "kretprobe_instance.rp")                \
	X(PROBE_HANDLER, false, "kretprobe.kp.pre_handler")              \
	X(PROBE_DATA_SIZE, false, "kretprobe.data_size")                 \
	X(SOCKET_SOCK, true, "socket.sk")                                \
	X(SOCK_PROTOCOL, true, "sock.__sk_common.skc_prot")              \
	X(PROTOCOL_NAME, true, "proto.name")                             \
	X(NSPROXY_NET, true, "nsproxy.net_ns")                           \
	X(NET_LIST, true, "net.list")                                    \
	X(NET_DEVICES, true, "net.dev_base_head")                        \
	X(NET_INUM, true, "net.ns.inum")                                 \
	X(NET_NO_ROUTE, false, "net.ipv6.ip6_null_entry")                \
	X(NET_NO_FIB, false, "net.ipv6.fib6_null_entry")                 \
	X(NET_PROHIBIT, false, "net.ipv6.ip6_prohibit_entry")            \
	X(NET_BLACKHOLE, false, "net.ipv6.ip6_blk_hole_entry")           \
	X(DEVICE_NAME, true, "net_device.name")                          \
	X(DEVICE_IFINDEX, true, "net_device.ifindex")                    \
	X(DEVICE_STATE, true, "net_device.state")                        \
	X(DEVICE_REGISTRATION, true, "net_device.reg_state")             \
	X(DEVICE_LIST, true, "net_device.dev_list")                      \
	X(DEVICE_TODO, true, "net_device.todo_list")                     \
	X(DEVICE_NET, true, "net_device.nd_net.net")                     \
	X(DEVICE_OPS, true, "net_device.netdev_ops")                     \
	X(DEVICE_KIND, true, "net_device.rtnl_link_ops")                 \
	X(DEVICE_CPU_COUNT, false, "net_device.pcpu_refcnt")             \
	X(DEVICE_COUNT, false, "net_device.dev_refcnt")                  \
	X(DEVICE_INET6, true, "net_device.ip6_ptr")                      \
	X(DEVICE_TX, true, "net_device._tx")                             \
	X(DEVICE_NR_TX, true, "net_device.num_tx_queues")                \
	X(DEVICE_REAL_NR_TX, true, "net_device.real_num_tx_queues")      \
	X(DEVICE_REAL_NR_RX, true, "net_device.real_num_rx_queues")      \
	X(DEVICE_INGRESS, false, "net_device.ingress_queue")             \
	X(DEVICE_WATCHDOG, true, "net_device.watchdog_timer.entry")      \
	X(DEVICE_WORK, false, "net_device.work_node")                    \
	X(LINK_KIND, true, "rtnl_link_ops.kind")                         \
	X(LINK_PRIVATE_SIZE, true, "rtnl_link_ops.priv_size")            \
	X(INET6_DEVICE, true, "inet6_dev.dev")                           \
	X(INET6_ROUTER_TIMER, false, "inet6_dev.rs_timer.entry")         \
	X(INET6_MLD_CHANGE, false, "inet6_dev.mc_ifc_work.work.data")    \
	X(INET6_MLD_GENERAL, false, "inet6_dev.mc_gq_work.work.data")    \
	X(INET6_MLD_DAD, false, "inet6_dev.mc_dad_work.work.data")       \
	X(INET6_MLD_QUERY, false, "inet6_dev.mc_query_work.work.data")   \
	X(INET6_MLD_REPORT, false, "inet6_dev.mc_report_work.work.data") \
	X(INET6_OLD_MLD_CHANGE, false, "inet6_dev.mc_ifc_timer.entry")   \
	X(INET6_OLD_MLD_GENERAL, false, "inet6_dev.mc_gq_timer.entry")   \
	X(INET6_OLD_MLD_DAD, false, "inet6_dev.mc_dad_timer.entry")      \
	X(ADDRESS, false, "inet6_ifaddr.addr")                           \
	X(ADDRESS_LIST, false, "inet6_ifaddr.addr_lst")                  \
	X(ADDRESS_DAD, false, "inet6_ifaddr.dad_work.work.data")         \
	X(ADDRESS_TEMPORARY, false, "inet6_ifaddr.tmp_list")             \
	X(NEIGHBOUR_DEAD, false, "neighbour.dead")                       \
	X(NEIGHBOUR_TIMER, false, "neighbour.timer.entry")               \
	X(NEIGHBOUR_KEY, false, "neighbour.primary_key")                 \
	X(DST_OPS, true, "dst_entry.ops")                                \
	X(DST_FAMILY, true, "dst_ops.family")                            \
	X(DST_OLD_COUNT, false, "dst_entry.__refcnt")                    \
	X(PARMS_DEAD, true, "neigh_parms.dead")                          \
	X(TABLE_DATA, true, "ctl_table.data")                            \
	X(TABLE_EXTRA1, true, "ctl_table.extra1")                        \
	X(TABLE_EXTRA2, true, "ctl_table.extra2")

/* clang-format off */
enum place {
#define X(place, ...) AT_##place,
	LAYOUT_PLACES(X)
#undef X
	PLACES,
};
/* clang-format on */

/* How the kernel marks the pages of its slab allocator. */
enum slab_mark {
	SLAB_BY_FLAG = 1, /* page.flags has bit PG_slab: until 6.9 */
	SLAB_BY_BITS,	  /* page.page_type, inverted bits: 6.10 and 6.11 */
	SLAB_BY_BYTE,	  /* page.page_type, the highest byte: since 6.12 */
};

enum { NO_PLACE = UINT32_MAX };

struct layout {
	uint32_t at[PLACES]; /* NO_PLACE: this kernel does not have it */
	enum slab_mark slab_mark;
	uint64_t slab, buddy, large; /* values of the mark; large 0: unknown */
	uint32_t page_size, device_size, queue_size, ctl_table_size, upid_size;
	uint32_t instance_size, probe_size; /* of a kretprobe; 0: this kernel has none */
	bool has_trackers; /* owners of references to devices are marked in their structures */
	int32_t linkwatch_bit;
};

/* 0, or -ENOTSUP with a sentence that names what this kernel lacks. */
int layout_find(const struct types *types, struct layout *layout, struct why *why);

static inline bool layout_has(const struct layout *layout, enum place place)
{
	return layout->at[place] != (uint32_t)NO_PLACE;
}

#endif
