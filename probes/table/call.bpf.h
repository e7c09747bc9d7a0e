/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CALL_BPF_H
#define DADRACE_CALL_BPF_H

#include "table/common.bpf.h"

/*
 * The system calls that can set flags, as their task made them. A 32-bit program on a 64-bit
 * kernel has other numbers, registers and structures, and may put all arguments in memory
 * (socketcall(), net/compat.c).
 */
enum call_kind {
	CALL_OTHER,
	CALL_IOCTL,
	CALL_SENDTO,
	CALL_SENDMSG, /* the first message of sendmmsg(), too */
};

struct call {
	enum call_kind kind;
	bool compat;
	__u64 second, third; /* arguments; the first is the socket's descriptor */
};

/* Of the user-space API: the first argument of socketcall(). */
#define SYS_SENDTO  11
#define SYS_SENDMSG 16

static __always_inline bool may_set_flags(long id)
{
	return id == __NR_ioctl || id == __NR_sendto || id == __NR_sendmsg ||
	       id == __NR_sendmmsg || id == NR_32_IOCTL || id == NR_32_SOCKETCALL ||
	       id == NR_32_SENDTO || id == NR_32_SENDMSG || id == NR_32_SENDMMSG;
}

static __always_inline struct call native_call(struct pt_regs *regs, long id)
{
	return (struct call){
		.kind = id == __NR_ioctl			  ? CALL_IOCTL :
			id == __NR_sendto			  ? CALL_SENDTO :
			id == __NR_sendmsg || id == __NR_sendmmsg ? CALL_SENDMSG :
								    CALL_OTHER,
		.second = PT_REGS_PARM2_CORE_SYSCALL(regs),
		.third = PT_REGS_PARM3_CORE_SYSCALL(regs),
	};
}

static __always_inline struct call socketcall(struct pt_regs *regs)
{
	__u32 arguments[3] = {};
	__u32 which = ARGUMENT_32(regs, 1);

	if (bpf_probe_read_user(arguments, sizeof(arguments),
				(void *)(__u64)ARGUMENT_32(regs, 2)))
		return (struct call){ .kind = CALL_OTHER };
	return (struct call){
		.kind = which == SYS_SENDTO  ? CALL_SENDTO :
			which == SYS_SENDMSG ? CALL_SENDMSG :
					       CALL_OTHER,
		.compat = true,
		.second = arguments[1],
		.third = arguments[2],
	};
}

static __always_inline struct call compat_call(struct pt_regs *regs, long id)
{
	if (id == NR_32_SOCKETCALL)
		return socketcall(regs);
	return (struct call){
		.kind = id == NR_32_IOCTL			    ? CALL_IOCTL :
			id == NR_32_SENDTO			    ? CALL_SENDTO :
			id == NR_32_SENDMSG || id == NR_32_SENDMMSG ? CALL_SENDMSG :
								      CALL_OTHER,
		.compat = true,
		.second = ARGUMENT_32(regs, 2),
		.third = ARGUMENT_32(regs, 3),
	};
}

static __always_inline struct call call_read(struct pt_regs *regs, long id)
{
	return IS_32(regs) ? compat_call(regs, id) : native_call(regs, id);
}

/* --- what is sent --- */

enum {
	SENT_MAX = 512,
	SENT_PARTS = 4,
};

/* Twice as long for the verifier: a piece may begin at the end and be as long as all. */
struct sent {
	__u32 length;
	char bytes[2 * SENT_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sent);
} sent_bytes SEC(".maps");

struct part {
	__u64 base, length;
};

/* What is compared is what is used: the verifier knows nothing of a copy. */
#define BOUNDED(number) __asm__ volatile("" : "+r"(number))

static __always_inline bool sent_add(struct sent *sent, struct part part)
{
	__u64 at = sent->length, length = part.length;

	if (length > SENT_MAX)
		length = SENT_MAX;
	BOUNDED(at);
	BOUNDED(length);
	if (at >= SENT_MAX || length > SENT_MAX ||
	    bpf_probe_read_user(&sent->bytes[at], length, (void *)part.base))
		return false;
	sent->length = at + length;
	return true;
}

/* struct msghdr, as far as it tells the struct iovec; the same of a 32-bit program. */
struct message {
	void *name;
	__u64 name_length;
	__u64 parts, parts_nr;
};
struct message_32 {
	__u32 name, name_length, parts, parts_nr;
};

static __always_inline struct message message_read(const struct call *call)
{
	struct message message = {};
	struct message_32 small = {};

	if (!call->compat)
		bpf_probe_read_user(&message, sizeof(message), (void *)call->second);
	else if (!bpf_probe_read_user(&small, sizeof(small), (void *)call->second))
		message = (struct message){ .parts = small.parts, .parts_nr = small.parts_nr };
	return message;
}

static __always_inline struct part part_read(const struct call *call,
					     const struct message *message, __u32 nr)
{
	struct part part = {};
	__u32 small[2] = {};

	if (!call->compat)
		bpf_probe_read_user(&part, sizeof(part),
				    (void *)(message->parts + nr * sizeof(part)));
	else if (!bpf_probe_read_user(small, sizeof(small),
				      (void *)(message->parts + nr * sizeof(small))))
		part = (struct part){ .base = small[0], .length = small[1] };
	return part;
}

/* What begins `at` bytes from there; null when `size` bytes of it were not sent. */
static __always_inline const void *sent_at(const struct sent *sent, __u64 at, __u64 size)
{
	BOUNDED(at);
	if (at >= SENT_MAX || at + size > sent->length)
		return 0;
	return &sent->bytes[at];
}

/* The beginning of what a call sends, in one piece; null when there is nothing of it. */
static __always_inline struct sent *call_sent(const struct call *call)
{
	const __u32 first = 0;
	struct sent *sent = bpf_map_lookup_elem(&sent_bytes, &first);
	struct message message;

	if (!sent)
		return 0;
	sent->length = 0;
	if (call->kind == CALL_SENDTO) {
		sent_add(sent, (struct part){ call->second, call->third });
		return sent;
	}
	message = message_read(call);
	for (__u32 i = 0; i < SENT_PARTS; i++)
		if (i >= message.parts_nr || !sent_add(sent, part_read(call, &message, i)))
			break;
	return sent;
}

#endif
