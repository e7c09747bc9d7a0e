/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RECORD_H
#define DADRACE_RECORD_H

/*
 * What crosses between kernel and user space: shared by the eBPF programs and the C that talks
 * to them, so that the two halves cannot drift. Fixed widths, type first, sizes asserted.
 *
 *   struct lane_state   to the kernel: what to watch, what to inject; to user space: losses
 *   struct record       to user space, in the lane's ring: something happened
 *   struct counts       to user space: the reference counts of one device
 *
 * All times are CLOCK_MONOTONIC in nanoseconds (bpf_ktime_get_ns).
 */
#ifndef __bpf__
#include <linux/types.h>
#endif

enum {
	LANES_MAX = 64,		  /* one bit each in a word of the settle mask */
	SLOT_INSPECT = LANES_MAX, /* the slot of `dadrace inspect` */
	SLOTS = LANES_MAX + 1,
	CPUS_MAX = 512,
	ADDRESSES_MAX = 16,
	RING_BYTES = 256 * 1024, /* per lane; a trial writes a few KiB */
	CODE_BYTES = 16 * 1024,	 /* of the kernel's code, that are read at once */
	ECHO_MAGIC = 0x64616472, /* "dadr" */
	WATCH_NET_DEVICE = 1,
	WATCH_INET6_DEV = 2,
	WATCH_DST = 4,
};

enum record_type {
	RECORD_FLAGS_ENTER = 1, /* a flag set of the bring-up enters; value: the flags asked */
	RECORD_FLAGS_RETURN,	/* and returns; value: 0 or -errno */
	RECORD_OPENED,	 /* the first successful one that asked for IFF_UP has returned */
	RECORD_CLOSED,	 /* the next one enters, of the bring-up or of our closer */
	RECORD_HELD,	 /* the bring-up's task took our SIGSTOP */
	RECORD_RELEASED, /* a SIGCONT was sent to it */
	RECORD_ECHO_IN,	 /* an echo reached the device's receive path; value: unicast_end() */
	RECORD_ECHO_OUT, /* an outbound echo entered the kernel */
	RECORD_ECHO_OUT_DONE, /* and came back; value: bytes or -errno */
	RECORD_ROUTE,  /* a route look-up for an outbound packet of the lane; value: table id */
	RECORD_SOURCE, /* source address selection ended; value: 0 or -errno */
	RECORD_REPLY,  /* the echo reply path was entered */
	RECORD_SETTLED,	      /* the watched counts are back at baseline */
	RECORD_STEP_HELD,     /* a hold of the order was reached; sequence: which, from 1 */
	RECORD_STEP_RELEASED, /* and ended; value: 0, -ETIMEDOUT, -ECANCELED */
	RECORD_DAD_IN,	      /* a message that disturbs DAD was received; value: ICMPv6 type */
	RECORD_TYPES,
};

struct record {
	__u32 type;
	__u32 trial;
	__u64 at_ns;
	__s64 value;
	__u32 pid; /* the task's thread group as its own pid namespace numbers it */
	__u32 cpu;
	__u32 sequence; /* of the echo, where it is one */
	__u32 pad;
};
_Static_assert(sizeof(struct record) == 40, "struct record is a contract");

/* What an echo carries at the start of its payload, big endian (see daemon/frame/frame.h). */
struct echo_tag {
	__u32 magic;
	__u32 lane;
	__u32 trial;
	__u32 sequence;
};
_Static_assert(sizeof(struct echo_tag) == 16, "struct echo_tag is a contract");

/* What is no ICMPv6 message, whose types are below these. */
enum packet_class { PACKET_UDP = 256, PACKET_TCP, PACKET_FRAGMENT, PACKET_CLASSES = 260 };

/*
 * The IPv6 flow label of an echo, whatever its message is: a hash of lane and trial, and the
 * sequence number, from 1, in the lower ten bits (echo.count has at most 1,000).
 */
enum { ECHO_SEQUENCE_BITS = 10, ECHO_SEQUENCE_MASK = 0x3ff };

static inline __u32 echo_label(__u32 lane, __u32 trial, __u32 sequence)
{
	__u32 hash = (trial + lane * 0x10001U) * 0x9e3779b1U;

	return hash >> 22 << ECHO_SEQUENCE_BITS | (sequence & ECHO_SEQUENCE_MASK);
}

/* The last eight bytes of an echo's destination, or 0 for a group. */
static inline __s64 unicast_end(const __u8 destination[16])
{
	__u64 end = 0;

	for (int i = 8; i < 16 && destination[0] != 0xff; i++)
		end = end << 8 | destination[i];
	return (__s64)end;
}

/*
 * Where the frames of a device enter the receive path. A VLAN, a bond or a macvlan takes over
 * the frames of the device below it there, in another round that no tracepoint tells
 * (__netif_receive_skb_core(), net/core/dev.c).
 */
struct way {
	__u32 netns_inum;
	__u32 ifindex;
	__u16 tags[2]; /* VLAN ids, the outer one first; 0: none */
};
_Static_assert(sizeof(struct way) == 12, "struct way is a contract");

struct way_end {
	__u32 slot;
	__u8 mac[6];
	__u16 by_mac; /* 1: only of frames to `mac` */
};
_Static_assert(sizeof(struct way_end) == 12, "struct way_end is a contract");

enum { WAYS_MAX = 16, ALL_WAYS_MAX = SLOTS * WAYS_MAX };

/* Those of one lane. */
struct ways {
	__u32 nr;
	struct {
		struct way way;
		struct way_end end;
	} at[WAYS_MAX];
};

enum { STEPS_MAX = 12 };

/* Of a hold without bpf_loop: turns at most, fine ones first, coarse ones in the end. */
enum { STEP_OLD_FINE_TURNS = 1000, STEP_OLD_MEDIUM_TURNS = 1000, STEP_OLD_TURNS = 4000 };

enum { STEP_THREADS = 4 }; /* as enum order_thread counts them; [0] of an array is no thread */

/* A hold of an order (config/spec/order.h). */
struct step {
	__u32 thread;  /* 1: a bring-up's task, 2: the lane's process 1, 3: DAD; 0: none */
	__u32 until;   /* enum order_until */
	__u32 other;   /* the thread that it waits for; 0: none, it ends by time */
	__u32 skips;   /* passes before the one that is held; counted down as they come */
	__u64 most_ns; /* the time, or the event's deadline; 0: noted, not held */
};
_Static_assert(sizeof(struct step) == 24, "struct step is a contract");

/*
 * One lane as the kernel half knows it; an array in memory shared by mmap, so that arming a
 * trial costs no system call. The lane's process writes the upper part; the probes write the
 * lower one.
 */
struct lane_state {
	__u32 pidns_inum; /* its bring-ups: tasks of this pid namespace, except our process 1 */
	__u32 netns_inum; /* its device under test */
	__u32 ifindex;
	__u32 trial;		 /* 0: not armed, nothing is recorded or injected */
	__u32 hold;		 /* stop the bring-up when the window opens */
	__u32 lane;		 /* its number in the echoes' tags */
	__u32 sender;		 /* thread II, as its pid namespace numbers it */
	__u32 closer;		 /* of us, sets the device down for thread I; 0: none so far */
	__u64 device;		 /* the net_device, as counts found it */
	__s64 settle_net_device; /* settle: the counts to wait for */
	__s64 settle_inet6_dev;
	__s64 settle_dst;
	char name[16];

	__u32 opened;  /* trial whose window has opened */
	__u32 closed;  /* trial whose window has closed */
	__u32 settled; /* trial whose counts have come back; cleared to look for it again */
	__u32 watched; /* settle: which of them, one bit each (WATCH_*) */
	__u32 closes;  /* the bring-up's next flag set closes the window */
	__u32 changed; /* trial in which thread I has made its change */
	__u64 lost;    /* records that found the ring full */
	__u32 looked;  /* settle: trial whose counts have been compared, whatever they were */

	struct step steps[STEPS_MAX];
	__u32 reached[STEPS_MAX]; /* trial in which the thread came there */
	__u32 held[STEP_THREADS]; /* trial in which the thread was held; never of [0] */
	__u32 done[STEP_THREADS]; /* trial in which the thread was done */
	/*
	 * Packets that reached the device in the trial, by their ICMPv6 type or class: those
	 * that are not ours, and those that the kernel counts and throws away.
	 */
	__u32 others[PACKET_CLASSES];
};
_Static_assert(sizeof(struct lane_state) == 1528, "struct lane_state is a contract");

/* Functions of a device's driver, by address; 0: it has none. */
struct driver_calls {
	__u64 open;
	__u64 stop;
	__u64 poll;
};
_Static_assert(sizeof(struct driver_calls) == 24, "struct driver_calls is a contract");

struct counts_address {
	__u8 address[16];
	__u32 refcount;
	__u32 state; /* INET6_IFADDR_STATE_*: 0 PREDAD, 1 DAD, 2 POSTDAD, 3 ERRDAD, 4 DEAD */
	__u32 flags; /* IFA_F_* */
	__u32 prefix_len;
};

/* The reference counts of one device, read from kernel memory in one go. */
struct counts {
	__u32 found; /* the device exists, or is what is left of the one that was asked for */
	__u32 ifindex;
	__u64 at_ns;
	__u64 device;		 /* address of the net_device */
	__s64 net_device;	 /* sum over CPUs, or the single counter */
	__s64 dst;		 /* IPv6 dst entries of its network namespace */
	__u32 linkwatch_pending; /* 1: linkwatch holds one of them, for up to a second */
	__u32 flags;		 /* IFF_* */
	__u32 reg_state;
	__u32 have_inet6_dev;
	__u64 inet6_dev_at; /* address of the inet6_dev */
	__s64 inet6_dev;
	__u32 inet6_dev_dead;
	__u32 nr_addresses; /* all of them; the first ADDRESSES_MAX are in the array */
	__u32 nr_neighbours;
	__u32 nr_groups; /* multicast memberships */
	__u32 nr_tombs;	 /* MLD's records of groups that were left; each holds inet6_dev */
	char name[16];
	struct counts_address addresses[ADDRESSES_MAX];
};
_Static_assert(sizeof(struct counts) == 112 + 32 * ADDRESSES_MAX,
	       "struct counts is a contract");

#endif
