// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The window: seen from the bring-up's flag sets, opened when the first one that brings the
 * device up has returned, closed when the next one enters, or ours where there is none.
 *
 *   SIOCSIFFLAGS (up)          ...hold...          SIOCSIFFLAGS (restore)
 *   enter       return/OPENED  HELD     RELEASED   enter/CLOSED    return
 *
 * A flag set is an ioctl SIOCSIFFLAGS, from a socket of whatever family, or a netlink
 * RTM_NEWLINK/RTM_SETLINK that changes flags. The kprobe and fentry rungs see both in one
 * function; the tracepoint rung knows them by their system call's arguments.
 */
#include "table/call.bpf.h"

#define SIOCSIFFLAGS 0x8914
#define IFF_UP	     0x1
#define RTM_NEWLINK  16
#define RTM_SETLINK  19
#define SIGSTOP	     19

/* The flag set that a task is in. */
struct flag_set {
	__u32 slot;
	__u32 flags;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct flag_set);
} flag_sets SEC(".maps");

static __always_inline void flags_enter(struct lane_state *lane, __u32 slot, __u32 pid,
					__u32 flags)
{
	struct flag_set set = { .slot = slot, .flags = flags };
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	if (lane->opened == lane->trial && lane->closed != lane->trial &&
	    (lane->closes || pid == lane->closer)) {
		lane->closed = lane->trial;
		report(lane, slot, RECORD_CLOSED, flags, pid, 0);
	}
	report(lane, slot, RECORD_FLAGS_ENTER, flags, pid, 0);
	if (bpf_map_update_elem(&flag_sets, &tid, &set, BPF_ANY))
		__sync_fetch_and_add(&lane->lost, 1);
}

static __always_inline void flags_return(__s64 ret)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct flag_set *set = bpf_map_lookup_elem(&flag_sets, &tid);
	struct lane_state *lane;
	struct net_device *dev;
	__u32 slot, flags;
	struct who who;

	if (!set)
		return;
	slot = set->slot;
	flags = set->flags;
	bpf_map_delete_elem(&flag_sets, &tid);

	lane = bpf_map_lookup_elem(&lanes, &slot);
	if (!lane || !lane->trial)
		return;
	who = who_is((struct task_struct *)bpf_get_current_task());
	/*
	 * An entry whose return was never seen outlives its task, and the number is used again.
	 */
	if (who.pidns != lane->pidns_inum || who.pid == 1)
		return;
	report(lane, slot, RECORD_FLAGS_RETURN, ret, who.pid, 0);
	if (lane->closed == lane->trial)
		lane->done[1] = lane->trial;
	if (ret < 0 || !(flags & IFF_UP) || lane->opened == lane->trial)
		return;
	/*
	 * sendmsg() succeeds also when the kernel's answer is a refusal: only the device tells.
	 */
	dev = (void *)lane->device;
	if (!(BPF_CORE_READ(dev, flags) & IFF_UP))
		return;

	lane->opened = lane->trial;
	report(lane, slot, RECORD_OPENED, 0, who.pid, 0);
	if (lane->hold)
		bpf_send_signal(SIGSTOP);
}

/* The armed lane of the current task when it is a bring-up's, not the lane's own process 1. */
static __always_inline struct lane_state *current_lane(__u32 *slot, __u32 *pid)
{
	struct who who = who_is((struct task_struct *)bpf_get_current_task());
	struct lane_state *lane = lane_of_task(who, slot);

	if (!lane || !lane->trial || who.pid == 1)
		return 0;
	*pid = who.pid;
	return lane;
}

/* --- kprobe and fentry: the function that all flag sets share --- */

static __always_inline void device_flags_enter(struct net_device *dev, __u32 flags)
{
	struct lane_state *lane, *of_device;
	__u32 slot, slot_of_device, pid;

	lane = current_lane(&slot, &pid);
	if (!lane)
		return;
	of_device = lane_of_dev(dev, &slot_of_device);
	if (of_device && slot_of_device == slot)
		flags_enter(lane, slot, pid, flags);
}

SEC("kprobe")
int BPF_KPROBE(flags_kprobe, struct net_device *dev, unsigned int flags)
{
	device_flags_enter(dev, flags);
	return 0;
}

SEC("kretprobe")
int BPF_KRETPROBE(flags_kretprobe, int ret)
{
	flags_return(ret);
	return 0;
}

SEC("fentry/dev_change_flags")
int BPF_PROG(flags_fentry, struct net_device *dev, unsigned int flags)
{
	device_flags_enter(dev, flags);
	return 0;
}

SEC("fexit/dev_change_flags")
int BPF_PROG(flags_fexit, struct net_device *dev, unsigned int flags, void *extack, int ret)
{
	flags_return(ret);
	return 0;
}

/* --- tracepoint: the system calls --- */

/* struct ifreq of the user-space API, as far as SIOCSIFFLAGS reads it. */
struct ifreq_flags {
	char name[16];
	__u16 flags;
};

static __always_inline bool same_name(const char *a, const char *b)
{
	for (int i = 0; i < 16; i++) {
		if (a[i] != b[i])
			return false;
		if (!a[i])
			return true;
	}
	return true;
}

static __always_inline void ioctl_enter(struct lane_state *lane, __u32 slot, __u32 pid,
					const void *arg)
{
	struct ifreq_flags request = {};

	if (bpf_probe_read_user(&request, sizeof(request), arg))
		return;
	if (same_name(request.name, lane->name))
		flags_enter(lane, slot, pid, request.flags);
}

/* A netlink request for a link, header and body, as rtnl_setlink and rtnl_newlink read it. */
struct link_request {
	__u32 length;
	__u16 type;
	__u16 header_flags;
	__u32 sequence;
	__u32 port;
	__u8 family;
	__u8 pad;
	__u16 device_type;
	__s32 ifindex;
	__u32 flags;
	__u32 change;
};

struct link_attribute {
	__u16 length;
	__u16 type;
	char name[16];
};

#define IFLA_IFNAME    3
#define IFLA_TYPE_MASK 0x3fff
#define REQUESTS_MAX   8
#define ATTRIBUTES_MAX 8

static __always_inline __u64 aligned(__u32 length)
{
	return ((__u64)length + 3) & ~3ull;
}

/* Whether the attributes from `at` on name the lane's device. */
static __always_inline bool names_device(const struct sent *sent, __u64 at,
					 const struct lane_state *lane)
{
	for (int i = 0; i < ATTRIBUTES_MAX; i++) {
		const struct link_attribute *attribute;

		attribute = sent_at(sent, at, sizeof(*attribute) - sizeof(attribute->name));
		if (!attribute)
			return false;
		if ((attribute->type & IFLA_TYPE_MASK) == IFLA_IFNAME)
			return same_name(attribute->name, lane->name);
		if (attribute->length < 4)
			return false;
		at += aligned(attribute->length);
	}
	return false;
}

static __always_inline bool sets_flags(const struct link_request *request)
{
	return (request->type == RTM_NEWLINK || request->type == RTM_SETLINK) &&
	       request->change | request->flags;
}

static __always_inline void netlink_enter(struct lane_state *lane, __u32 slot, __u32 pid,
					  const struct sent *sent)
{
	__u64 at = 0;

	for (int i = 0; sent && i < REQUESTS_MAX; i++) {
		const struct link_request *request;

		request = sent_at(sent, at, sizeof(*request));
		if (!request)
			return;
		if (sets_flags(request) &&
		    (request->ifindex ? (__u32)request->ifindex == lane->ifindex :
					names_device(sent, at + sizeof(*request), lane))) {
			/*
			 * Without a mask the flags are taken whole (rtnl_dev_combine_flags),
			 * when there are any.
			 */
			flags_enter(lane, slot, pid,
				    request->change ? request->flags & request->change :
						      request->flags);
			return;
		}
		if (request->length < 16)
			return;
		at += aligned(request->length);
	}
}

SEC("tp_btf/sys_enter")
int BPF_PROG(flags_sys_enter, struct pt_regs *regs, long id)
{
	struct lane_state *lane;
	struct call call;
	__u32 slot, pid;

	if (!may_set_flags(id))
		return 0;
	call = call_read(regs, id);
	if (call.kind == CALL_OTHER ||
	    (call.kind == CALL_IOCTL && (__u32)call.second != SIOCSIFFLAGS))
		return 0;
	lane = current_lane(&slot, &pid);
	if (!lane)
		return 0;

	if (call.kind == CALL_IOCTL)
		ioctl_enter(lane, slot, pid, (void *)call.third);
	else
		netlink_enter(lane, slot, pid, call_sent(&call));
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(flags_sys_exit, struct pt_regs *regs, long ret)
{
	if (may_set_flags(BPF_CORE_READ(regs, SYSCALL_NUMBER)))
		flags_return(ret < 0 ? ret : 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
