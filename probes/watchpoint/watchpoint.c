// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/abilities.h"
#include "loader/parts.h"
#include "probes.skel.h"
#include "watchpoint/cpus.h"
#include "watchpoint/watchpoint.h"

const char *const watchpoint_kind_names[] = {
	[WATCHPOINT_NET_DEVICE] = "net_device",
	[WATCHPOINT_INET6_DEV] = "inet6_dev",
	[WATCHPOINT_INET6_IFADDR] = "inet6_ifaddr",
	[WATCHPOINT_NEIGHBOUR] = "neighbour",
	[WATCHPOINT_DST] = "dst",
	[WATCHPOINT_BORN_IFADDR] = "inet6_ifaddr",
	[WATCHPOINT_DSTS] = "dsts",
	[WATCHPOINT_NEIGHBOURS] = "neighbours",
	[WATCHPOINT_IFADDRS] = "inet6_ifaddrs",
};
_Static_assert(sizeof(watchpoint_kind_names) / sizeof(char *) == WATCHPOINT_KINDS,
	       "watchpoint_kind_names: one per kind");

struct watched {
	enum watchpoint_kind kind;
	struct watchpoint_found found;
	int fds[CPUS_MAX];		/* by CPU; -1: it was not online */
	struct bpf_link *birth, *death; /* of WATCHPOINT_ALIVE, instead of those */
	uint32_t idle;
	struct watchpoint_health before; /* watchpoints_start */
	bool is_born_later;
};

struct watchpoints {
	struct probes_bpf *skel;
	struct ring_buffer *ring;
	uint32_t slot;
	uint32_t nr_cpus; /* possible ones */
	char online[CPUS_LIST];
	bool stopped;
	bool cpus_changed;
	void (*seen)(const struct watchpoint_mark *record, void *arg);
	void *arg;
	uint32_t nr_objects;
	struct watched objects[];
};

/* --- where a counter is --- */

void watchpoint_object_name(const struct watchpoint_object *object,
			    char name[WATCHPOINT_OBJECT_NAME])
{
	bool by_address =
		object->kind == WATCHPOINT_INET6_IFADDR || object->kind == WATCHPOINT_NEIGHBOUR;
	char address[INET6_ADDRSTRLEN] = "";

	if (by_address)
		inet_ntop(AF_INET6, object->address, address, sizeof(address));
	snprintf(name, WATCHPOINT_OBJECT_NAME, "%s%s%s", watchpoint_kind_names[object->kind],
		 by_address ? " " : "", address);
}

static int find_object(const struct watchpoints *watch, uint32_t ifindex,
		       const struct watchpoint_object *object, struct watchpoint_found *found,
		       struct why *why)
{
	uint64_t args[] = { watch->slot, ifindex, object->kind, object->at, 0, 0 };
	char name[WATCHPOINT_OBJECT_NAME];
	int err;

	if (object->kind == WATCHPOINT_INET6_IFADDR || object->kind == WATCHPOINT_NEIGHBOUR)
		memcpy(&args[3], object->address, sizeof(object->address));
	err = probes_walk(watch->skel->progs.watchpoint_find, args, 6, "reading a counter",
			  why);
	if (err)
		return err;
	if (bpf_map_lookup_elem(bpf_map__fd(watch->skel->maps.watchpoint_finds), &watch->slot,
				found))
		return probes_refused(errno, "reading a counter", why);
	if (found->found)
		return 0;
	if (object->kind == WATCHPOINT_NET_DEVICE)
		return why_set(why, ENODEV,
			       "ifindex %u: no such device in this network namespace", ifindex);
	watchpoint_object_name(object, name);
	return why_set(why, ENOENT,
		       "%s: the device has none; `dadrace inspect` shows what it has", name);
}

/* --- one counter --- */

static struct perf_event_attr event_of(__u64 address)
{
	return (struct perf_event_attr){
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(struct perf_event_attr),
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = address,
		.bp_len = HW_BREAKPOINT_LEN_4,
		.sample_period = 1,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED,
		.exclude_user = 1,
		.disabled = 1,
	};
}

static int event_open(__u64 address, uint32_t cpu)
{
	struct perf_event_attr attr = event_of(address);

	return (int)syscall(SYS_perf_event_open, &attr, -1, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static int say_refused(int err, uint32_t cpu, struct why *why)
{
	switch (err) {
	case ENOSPC:
		return why_set(
			why, ENOSPC,
			"CPU %u: no debug register is free; each watched counter takes one of four: watch fewer objects, or end what else uses them (another dadrace, gdb, perf)",
			cpu);
	case EMFILE:
		return why_set(
			why, EMFILE,
			"CPU %u: too many open files; each counter needs one for each CPU: raise the limit with `ulimit -n`",
			cpu);
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
	case ENOSYS:
		return why_set(
			why, ENOTSUP,
			"this machine has no hardware watchpoints (%s on CPU %u); the kernel needs CONFIG_HAVE_HW_BREAKPOINT and CONFIG_PERF_EVENTS",
			strerror(err), cpu);
	default: return probes_refused(err, "a hardware watchpoint", why);
	}
}

static __u64 counter_address(const struct watchpoints *watch,
			     const struct watchpoint_found *found, __u32 cpu)
{
	__u64 offset = 0;

	if (found->counter == WATCHPOINT_PER_CPU)
		bpf_map_lookup_elem(bpf_map__fd(watch->skel->maps.cpu_offsets), &cpu, &offset);
	return found->at + offset;
}

/* --- births and deaths --- */

/*
 * The functions at whose return an object has come to be, and at whose entry it is about to go.
 */
static const struct {
	const char *births[3]; /* the first that this kernel has */
	const char *death;
} lives[WATCHPOINT_KINDS] = {
	[WATCHPOINT_DSTS] = { { "dst_alloc" }, "ip6_dst_destroy" },
	[WATCHPOINT_NEIGHBOURS] = { { "___neigh_create", "__neigh_create" }, "neigh_destroy" },
	[WATCHPOINT_IFADDRS] = { { "ipv6_add_addr" }, "inet6_ifa_finish_destroy" },
};

/* Births and deaths that no program has seen. Those of other lanes count, too. */
static uint64_t missed_lives(const struct watchpoints *watch, const struct watched *watched)
{
	struct bpf_program *programs[WATCHPOINT_BIRTH_PROGRAMS];

	watchpoint_birth_programs(watch->skel, programs);
	return probes_kprobe_misses(watched->birth) + probes_kprobe_misses(watched->death) +
	       probes_program_misses(programs[0]) +
	       probes_program_misses(programs[1 + watched->kind - WATCHPOINT_DSTS]);
}

static int arm_births(struct watchpoints *watch, struct watched *object, struct why *why)
{
	enum watchpoint_kind kind = object->kind;
	struct bpf_program *programs[WATCHPOINT_BIRTH_PROGRAMS];
	struct bpf_program *born, *died;

	watchpoint_birth_programs(watch->skel, programs);
	died = programs[0];
	born = programs[1 + kind - WATCHPOINT_DSTS];
	if (bpf_program__fd(born) < 0)
		return why_set(why, ENOTSUP,
			       "%s: births and deaths need kprobes, which this kernel lacks",
			       watchpoint_kind_names[kind]);
	for (int i = 0; !object->birth && lives[kind].births[i]; i++)
		object->birth = bpf_program__attach_kprobe(born, true, lives[kind].births[i]);
	if (object->birth)
		object->death = bpf_program__attach_kprobe(died, false, lives[kind].death);
	if (!object->death)
		return why_set(why, ENOTSUP, "%s: births and deaths cannot be hooked at %s: %s",
			       watchpoint_kind_names[kind],
			       object->birth ? lives[kind].death : lives[kind].births[0],
			       strerror(errno));
	object->before.counted = missed_lives(watch, object); /* before it was armed */
	return 0;
}

static int arm_object(struct watchpoints *watch, uint32_t index, struct why *why)
{
	struct watched *object = &watch->objects[index];
	int program = bpf_program__fd(watch->skel->progs.watchpoint_hit);

	for (uint32_t cpu = 0; cpu < watch->nr_cpus; cpu++) {
		if (!cpus_has(watch->online, cpu))
			continue;
		object->fds[cpu] = event_open(counter_address(watch, &object->found, cpu), cpu);
		if (object->fds[cpu] < 0 ||
		    ioctl(object->fds[cpu], PERF_EVENT_IOC_SET_BPF, program) ||
		    (!object->is_born_later &&
		     ioctl(object->fds[cpu], PERF_EVENT_IOC_ENABLE, 0)))
			return say_refused(errno, cpu, why);
	}
	return 0;
}

static int tell_program(const struct watchpoints *watch, uint32_t index, uint32_t ifindex,
			struct why *why)
{
	const struct watchpoint_found *found = &watch->objects[index].found;
	const struct watchpoint_state state = {
		.slot = watch->slot,
		.object = index,
		.device = found->device,
		.ifindex = ifindex,
		.counter = found->counter,
		.pidns_inum = found->pidns_inum,
		.pidns_level = found->pidns_level,
	};

	if (!bpf_map_update_elem(bpf_map__fd(watch->skel->maps.watchpoint_states), &found->at,
				 &state, BPF_NOEXIST))
		return 0;
	if (errno == EEXIST)
		return why_set(why, EBUSY, "object %u: already watched by this process", index);
	return probes_refused(errno, "a hardware watchpoint", why);
}

static void forget_state(const struct watchpoints *watch, uint32_t index)
{
	const struct watchpoint_found *found = &watch->objects[index].found;

	if (found->found)
		bpf_map_delete_elem(bpf_map__fd(watch->skel->maps.watchpoint_states),
				    &found->at);
}

static void forget_object(const struct watchpoints *watch, uint32_t index)
{
	for (uint32_t cpu = 0; cpu < watch->nr_cpus; cpu++)
		if (watch->objects[index].fds[cpu] >= 0)
			close(watch->objects[index].fds[cpu]);
	bpf_link__destroy(watch->objects[index].birth);
	bpf_link__destroy(watch->objects[index].death);
	forget_state(watch, index);
}

/* The events are kept for the next one. */
static void forget_born(struct watchpoints *watch, uint32_t index)
{
	struct watched *object = &watch->objects[index];

	for (uint32_t cpu = 0; cpu < watch->nr_cpus; cpu++)
		if (object->fds[cpu] >= 0)
			ioctl(object->fds[cpu], PERF_EVENT_IOC_DISABLE, 0);
	forget_state(watch, index);
	object->found.found = 0;
}

static int mark_object(const struct watchpoints *watch, uint32_t index, struct why *why)
{
	const struct watchpoint_found *found = &watch->objects[index].found;
	uint64_t args[] = { watch->slot, index, found->at, found->counter };
	int32_t full;

	if (!probes_run(watch->skel->progs.watchpoint_mark, args, 4, &full) && !full)
		return 0;
	return why_set(why, ENOSPC, "ring of the watchpoints: has no room for a mark");
}

/* --- all of them --- */

static int hand_over(void *ctx, void *data, size_t size)
{
	struct watchpoints *watch = ctx;

	if (size >= sizeof(struct watchpoint_mark))
		watch->seen(data, watch->arg);
	return 0;
}

static int make_ring(struct watchpoints *watch, uint32_t bytes, struct why *why)
{
	int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "watchpoints", 0, 0,
				  bytes ? bytes : WATCHPOINT_RING_BYTES, NULL);
	int err = 0;

	if (ring < 0)
		return probes_refused(errno, "a ring buffer", why);
	if (bpf_map_update_elem(bpf_map__fd(watch->skel->maps.watchpoint_rings), &watch->slot,
				&ring, BPF_ANY))
		err = errno;
	watch->ring = err ? NULL : ring_buffer__new(ring, hand_over, watch, NULL);
	if (!err && !watch->ring)
		err = errno;
	close(ring); /* the map of rings holds it */
	return err ? probes_refused(err, "a ring buffer", why) : 0;
}

static int arm_found(struct watchpoints *watch, uint32_t index, uint32_t ifindex,
		     const struct watchpoint_object *object, struct why *why)
{
	struct watched *watched = &watch->objects[index];
	struct watchpoint_found found = { 0 };
	int err = find_object(watch, ifindex, object, &found, why);

	if (err)
		return err;
	watched->kind = object->kind;
	watched->found = found;
	watched->is_born_later = object->kind == WATCHPOINT_BORN_IFADDR;
	err = watched->is_born_later ? 0 : tell_program(watch, index, ifindex, why);
	if (err || watched->is_born_later)
		watched->found.found = 0; /* not ours to forget, or nothing yet */
	if (err)
		return err;
	if (found.counter == WATCHPOINT_ALIVE)
		return arm_births(watch, watched, why);
	return arm_object(watch, index, why);
}

int watchpoints_arm(struct probes *probes, uint32_t slot, uint32_t ifindex,
		    const struct watchpoint_object *objects, uint32_t nr_objects,
		    uint32_t ring_bytes, struct watchpoints **out, struct why *why)
{
	struct watchpoints *watch;
	int err;

	if (!abilities()->sees_writes)
		return why_set(
			why, ENOTSUP,
			"references cannot be watched on %s: its hardware watchpoints fire before the write; use x86_64, or `ledger: off`",
			abilities()->architecture);
	watch = calloc(1, sizeof(*watch) + nr_objects * sizeof(watch->objects[0]));
	if (!watch)
		return why_memory(why);
	watch->skel = probes->skel;
	watch->slot = slot;
	watch->nr_cpus = watch->skel->rodata->nr_cpus;
	watch->nr_objects = nr_objects;
	for (uint32_t i = 0; i < nr_objects; i++)
		memset(watch->objects[i].fds, 0xff, sizeof(watch->objects[i].fds));
	cpus_read_online(watch->online);
	err = make_ring(watch, ring_bytes, why);
	for (uint32_t i = 0; !err && i < nr_objects; i++)
		err = arm_found(watch, i, ifindex, &objects[i], why);
	if (!err)
		err = watchpoints_mark(watch, why);
	if (err) {
		watchpoints_disarm(watch);
		return err;
	}
	*out = watch;
	return 0;
}

/*
 * Opening a breakpoint waits for RCU (6.1: bp_constraints_lock()), and so for tasks that a
 * program holds in the kernel. A breakpoint that is open can be moved without waiting.
 */
static int move_object(struct watchpoints *watch, uint32_t index, struct why *why)
{
	const struct watched *object = &watch->objects[index];
	struct perf_event_attr attr = event_of(object->found.at);

	for (uint32_t cpu = 0; cpu < watch->nr_cpus; cpu++)
		if (object->fds[cpu] >= 0 &&
		    (ioctl(object->fds[cpu], PERF_EVENT_IOC_MODIFY_ATTRIBUTES, &attr) ||
		     ioctl(object->fds[cpu], PERF_EVENT_IOC_ENABLE, 0)))
			return say_refused(errno, cpu, why);
	return 0;
}

int watchpoints_arm_born(struct watchpoints *watch, uint32_t index, uint64_t at,
			 struct why *why)
{
	const struct watchpoint_object object = { .kind = WATCHPOINT_BORN_IFADDR, .at = at };
	struct watchpoint_found found = { 0 };
	int err;

	if (watch->objects[index].found.found)
		return why_set(why, EALREADY,
			       "object %u: another inet6_ifaddr is watched already", index);
	err = find_object(watch, 0, &object, &found, why);
	if (err)
		return err;
	watch->objects[index].found = found;
	err = tell_program(watch, index, 0, why);
	if (!err)
		err = move_object(watch, index, why);
	if (!err)
		err = mark_object(watch, index, why);
	if (err)
		forget_born(watch, index);
	return err;
}

void watchpoints_disarm(struct watchpoints *watch)
{
	if (!watch)
		return;
	for (uint32_t i = 0; i < watch->nr_objects; i++)
		forget_object(watch, i);
	bpf_map_delete_elem(bpf_map__fd(watch->skel->maps.watchpoint_rings), &watch->slot);
	ring_buffer__free(watch->ring);
	free(watch);
}

enum watchpoint_counter watchpoints_counter(const struct watchpoints *watch, uint32_t object)
{
	return (enum watchpoint_counter)watch->objects[object].found.counter;
}

int watchpoints_mark(struct watchpoints *watch, struct why *why)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < watch->nr_objects; i++)
		if (watch->objects[i].found.found)
			err = mark_object(watch, i, why);
	return err;
}

int watchpoints_fd(const struct watchpoints *watch)
{
	return ring_buffer__epoll_fd(watch->ring);
}

void watchpoints_read(struct watchpoints *watch,
		      void (*seen)(const struct watchpoint_mark *record, void *arg), void *arg)
{
	watch->seen = seen;
	watch->arg = arg;
	ring_buffer__consume(watch->ring);
}

/* --- whether it was all --- */

struct event_read {
	__u64 count;
	__u64 enabled_ns;
};

/* An event that the kernel has stopped, or whose CPU went away, does not grow older. */
static bool is_idle(int fd)
{
	struct event_read first, second;

	return read(fd, &first, sizeof(first)) != sizeof(first) ||
	       read(fd, &second, sizeof(second)) != sizeof(second) ||
	       second.enabled_ns == first.enabled_ns;
}

void watchpoints_stop(struct watchpoints *watch)
{
	char online[CPUS_LIST];

	if (watch->stopped)
		return;
	watch->stopped = true;
	for (uint32_t i = 0; i < watch->nr_objects; i++)
		for (uint32_t cpu = 0; cpu < watch->nr_cpus; cpu++) {
			int fd = watch->objects[i].fds[cpu];

			if (fd < 0)
				continue;
			watch->objects[i].idle += is_idle(fd);
			ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
		}
	cpus_read_online(online);
	watch->cpus_changed = strcmp(online, watch->online) != 0;
}

static struct watchpoint_health health_of_all(const struct watchpoints *watch, uint32_t object)
{
	const struct watched *watched = &watch->objects[object];
	struct watchpoint_health health = {
		.idle = watched->idle,
		.cpus_changed = watch->cpus_changed,
	};
	struct watchpoint_state state = { 0 };

	for (uint32_t cpu = 0; cpu < watch->nr_cpus; cpu++) {
		struct event_read now;

		if (watched->fds[cpu] >= 0 &&
		    read(watched->fds[cpu], &now, sizeof(now)) == sizeof(now))
			health.counted += now.count;
	}
	bpf_map_lookup_elem(bpf_map__fd(watch->skel->maps.watchpoint_states),
			    &watched->found.at, &state);
	health.hits = state.hits;
	if (watched->found.counter == WATCHPOINT_ALIVE)
		health.counted = state.hits + missed_lives(watch, watched);
	health.lost = state.lost;
	health.late = state.late;
	health.ended = state.ended;
	return health;
}

struct watchpoint_health watchpoints_health(const struct watchpoints *watch, uint32_t object)
{
	const struct watchpoint_health *before = &watch->objects[object].before;
	struct watchpoint_health health = health_of_all(watch, object);

	health.counted -= before->counted;
	health.hits -= before->hits;
	health.lost -= before->lost;
	health.late -= before->late;
	return health;
}

int watchpoints_start(struct watchpoints *watch, struct why *why)
{
	for (uint32_t i = 0; i < watch->nr_objects; i++) {
		if (watch->objects[i].is_born_later)
			forget_born(watch, i);
		watch->objects[i].before = health_of_all(watch, i);
		watch->objects[i].idle = 0;
	}
	cpus_read_online(watch->online);
	watch->stopped = watch->cpus_changed = false;
	for (uint32_t i = 0; i < watch->nr_objects; i++)
		for (uint32_t cpu = 0; cpu < watch->nr_cpus; cpu++)
			if (watch->objects[i].fds[cpu] >= 0 &&
			    !watch->objects[i].is_born_later &&
			    ioctl(watch->objects[i].fds[cpu], PERF_EVENT_IOC_ENABLE, 0))
				return why_set(
					why, EIO,
					"CPU %u: its watchpoint cannot be enabled again: %s",
					cpu, strerror(errno));
	return watchpoints_mark(watch, why);
}

void watchpoints_let_go(struct watchpoints *watch)
{
	for (uint32_t i = 0; watch && i < watch->nr_objects; i++)
		for (uint32_t cpu = 0; cpu < watch->nr_cpus; cpu++)
			if (watch->objects[i].fds[cpu] >= 0)
				close(watch->objects[i].fds[cpu]);
}
