// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel half of the ledger: called by a hardware write watchpoint (a perf event) on a
 * reference counter, for every write: by any task, from any code, with any instruction.
 */
#include "watchpoint/watchpoint.bpf.h"
#include "table/counts.bpf.h"
#include "table/neighbours.bpf.h"

#define RELEASED	4	    /* NETREG_RELEASED: free_netdev() */
#define RCUREF_RELEASED 0xc0000000U /* include/linux/rcuref.h */
#define RCUREF_NOREF	0xffffffffU

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct watchpoint_found);
} watchpoint_finds SEC(".maps");

/* A single counter is known by its address, a per-CPU one by its pointer. */
static __always_inline struct watchpoint_state *state_of(__u64 address, __u32 cpu)
{
	struct watchpoint_state *state = bpf_map_lookup_elem(&watchpoint_states, &address);
	__u64 *offset;

	if (state)
		return state;
	offset = bpf_map_lookup_elem(&cpu_offsets, &cpu);
	if (!offset)
		return 0;
	address -= *offset;
	return bpf_map_lookup_elem(&watchpoint_states, &address);
}

/* The memory of a freed device may hold anything: check that the device still lies there. */
static __always_inline bool device_is_gone(const struct watchpoint_state *state)
{
	struct net_device *dev = (void *)state->device;

	return dev && ((__u32)BPF_CORE_READ(dev, ifindex) != state->ifindex ||
		       reg_state(dev) >= RELEASED);
}

/* A single counter at zero: the object is freed next. */
static __always_inline bool was_last_put(const struct watchpoint_state *state, __s32 value)
{
	__u32 raw = value;

	if (state->counter == WATCHPOINT_ATOMIC)
		return !raw;
	return state->counter == WATCHPOINT_RCUREF && raw >= RCUREF_RELEASED &&
	       raw != RCUREF_NOREF;
}

static __always_inline void fill(struct watchpoint_write *write,
				 struct bpf_perf_event_data *ctx,
				 struct watchpoint_state *state, __u32 cpu)
{
	__s32 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)ctx->addr);
	write->mark.type = WATCHPOINT_WRITE;
	write->mark.value = value;
	write->mark.cpu = cpu;
	write->identity = 0;
	say_who(write, ctx, state);
	if (was_last_put(state, value))
		state->ended = 1;
}

SEC("perf_event")
int watchpoint_hit(struct bpf_perf_event_data *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct watchpoint_state *state = state_of(ctx->addr, cpu);
	struct watchpoint_write *write;

	if (!state)
		return 0;
	__sync_fetch_and_add(&state->hits, 1);
	if (state->ended || device_is_gone(state)) {
		state->ended = 1;
		__sync_fetch_and_add(&state->late, 1);
		return 0;
	}
	write = reserve_write(state);
	if (write) {
		fill(write, ctx, state, cpu);
		bpf_ringbuf_submit(write, 0);
	}
	return 0;
}

/*
 * args: slot, object, watchpoint_found.at, enum watchpoint_counter. 0 when every mark was
 * written, or when the device is gone: its counter's memory means nothing any more.
 */
SEC("raw_tp")
int watchpoint_mark(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 slot = ctx->args[0], object = ctx->args[1], counter = ctx->args[3];
	__u64 at = ctx->args[2];
	struct watchpoint_state *state = bpf_map_lookup_elem(&watchpoint_states, &at);
	void *ring = bpf_map_lookup_elem(&watchpoint_rings, &slot);
	__u32 nr = counter == WATCHPOINT_PER_CPU ? nr_cpus : 1;

	if (state && device_is_gone(state)) {
		state->ended = 1;
		return 0;
	}
	for (__u32 i = 0; ring && i < CPUS_MAX && i < nr; i++) {
		struct watchpoint_mark *mark = bpf_ringbuf_reserve(ring, sizeof(*mark), 0);
		__u64 *offset;
		__u32 cpu = i;

		if (!mark)
			return 1;
		offset = bpf_map_lookup_elem(&cpu_offsets, &cpu);
		mark->type = WATCHPOINT_MARK;
		mark->object = object;
		mark->at_ns = bpf_ktime_get_ns();
		mark->cpu = cpu;
		if (counter == WATCHPOINT_ALIVE)
			mark->value = state ? (__s32)state->alive : 0;
		else
			bpf_probe_read_kernel(
				&mark->value, sizeof(mark->value),
				(void *)(at + (counter == WATCHPOINT_PER_CPU && offset ?
						       *offset :
						       0)));
		bpf_ringbuf_submit(mark, BPF_RB_NO_WAKEUP);
	}
	return !ring;
}

/* --- where the counters are --- */

/* The address of the count of the address with this key, in the inet6_dev at `idev`. */
VERIFIED_ONCE __u64 find_ifaddr(__u64 idev, __u64 high, __u64 low)
{
	struct list_head *head =
		(void *)idev + bpf_core_field_offset(struct inet6_dev, addr_list);
	struct list_head *at = BPF_CORE_READ(head, next);

	for (int i = 0; i < 256 && at && at != head; i++) {
		__u64 ifa = (__u64)at - bpf_core_field_offset(struct inet6_ifaddr, if_list);

		if (is_key(ifa + bpf_core_field_offset(struct inet6_ifaddr, addr), high, low))
			return ifa + bpf_core_field_offset(struct inet6_ifaddr, refcnt);
		at = BPF_CORE_READ(at, next);
	}
	return 0;
}

static __always_inline void find_net_device(struct net_device *dev,
					    struct watchpoint_found *found)
{
	found->device = (__u64)dev;
	if (bpf_core_field_exists(dev->pcpu_refcnt)) {
		found->counter = WATCHPOINT_PER_CPU;
		found->at = (__u64)BPF_CORE_READ(dev, pcpu_refcnt);
	} else {
		found->at = (__u64)dev + bpf_core_field_offset(struct net_device, dev_refcnt);
	}
}

static __always_inline void find_dst(__u64 dst, struct watchpoint_found *found)
{
	struct dst_entry *entry = 0;

	if (bpf_core_field_exists(entry->__rcuref)) {
		found->counter = WATCHPOINT_RCUREF;
		found->at = dst + bpf_core_field_offset(struct dst_entry, __rcuref);
	} else {
		found->at = dst + bpf_core_field_offset(struct dst_entry, __refcnt);
	}
}

static __always_inline void find_alive(struct net_device *dev, __u32 kind,
				       struct watchpoint_found *found)
{
	found->device = (__u64)dev;
	found->counter = WATCHPOINT_ALIVE;
	found->at = alive_key(dev, kind);
}

/*
 * Puts into watchpoint_finds where the count of the device's neighbour with this key lies.
 * Returns as walk_neighbours().
 */
VERIFIED_ONCE __s32 find_neighbour(__u32 slot, __u64 device, __u64 high, __u64 low, __u32 from)
{
	struct watchpoint_found *found = bpf_map_lookup_elem(&watchpoint_finds, &slot);
	struct net_device *dev = (void *)device;
	const struct key key = { high, low };
	struct neighbour *neighbour = 0;
	__u32 nr = 0;
	__s32 next =
		walk_neighbours(dev, BPF_CORE_READ(dev, ip6_ptr), &key, from, &nr, &neighbour);

	if (found && neighbour)
		found->at = (__u64)neighbour + bpf_core_field_offset(struct neighbour, refcnt);
	return next;
}

/*
 * args: slot, ifindex, enum watchpoint_kind, then the two halves of an address, or where the
 * object lies and 0, and where the walk through the neighbours continues (probes_walk). At the
 * end the answer is in watchpoint_finds; its `found` says whether there is such an object.
 */
SEC("raw_tp")
int watchpoint_find(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 slot = ctx->args[0], ifindex = ctx->args[1], kind = ctx->args[2];
	__u64 high = ctx->args[3], low = ctx->args[4];
	struct watchpoint_found *found = bpf_map_lookup_elem(&watchpoint_finds, &slot);
	struct net_device *dev = (void *)find_device(ifindex);
	struct inet6_dev *idev = dev ? BPF_CORE_READ(dev, ip6_ptr) : 0;
	struct task_struct *task = (void *)bpf_get_current_task();
	__s32 next = 0;

	if (!found)
		return -EINVAL;
	*found = (struct watchpoint_found){
		.counter = WATCHPOINT_ATOMIC,
		.pidns_inum = who_is(task).pidns,
		.pidns_level = BPF_CORE_READ(task, signal, pids[1], level),
	};
	if (dev && kind == WATCHPOINT_NET_DEVICE)
		find_net_device(dev, found);
	else if (idev && kind == WATCHPOINT_INET6_DEV)
		found->at = (__u64)idev + bpf_core_field_offset(struct inet6_dev, refcnt);
	else if (idev && kind == WATCHPOINT_INET6_IFADDR)
		found->at = find_ifaddr((__u64)idev, high, low);
	else if (idev && kind == WATCHPOINT_NEIGHBOUR)
		next = find_neighbour(slot, (__u64)dev, high, low, ctx->args[5]);
	else if (kind == WATCHPOINT_DST)
		find_dst(high, found);
	else if (kind == WATCHPOINT_BORN_IFADDR && high)
		found->at = high + bpf_core_field_offset(struct inet6_ifaddr, refcnt);
	else if (dev && kind == WATCHPOINT_BORN_IFADDR) /* never written while it is watched */
		found->at = (__u64)dev + bpf_core_field_offset(struct net_device, ifindex);
	else if (dev && kind >= WATCHPOINT_DSTS)
		find_alive(dev, kind, found);
	found->found = !next && found->at;
	return next;
}
