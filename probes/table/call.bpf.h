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
	CALL_SENDMSG,
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
	       id == NR_32_IOCTL || id == NR_32_SOCKETCALL || id == NR_32_SENDTO ||
	       id == NR_32_SENDMSG;
}

static __always_inline struct call native_call(struct pt_regs *regs, long id)
{
	return (struct call){
		.kind = id == __NR_ioctl   ? CALL_IOCTL :
			id == __NR_sendto  ? CALL_SENDTO :
			id == __NR_sendmsg ? CALL_SENDMSG :
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
		.kind = id == NR_32_IOCTL   ? CALL_IOCTL :
			id == NR_32_SENDTO  ? CALL_SENDTO :
			id == NR_32_SENDMSG ? CALL_SENDMSG :
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

/* What the first struct iovec of a sendmsg() points to; null when it cannot be read. */
static __always_inline void *call_message(const struct call *call)
{
	struct {
		void *name;
		__u64 name_length;
		void *iov;
	} message = {};
	struct {
		__u32 name, name_length, iov;
	} small = {};
	__u32 small_buffer = 0;
	void *buffer = 0;

	if (call->compat) {
		if (!bpf_probe_read_user(&small, sizeof(small), (void *)call->second))
			bpf_probe_read_user(&small_buffer, sizeof(small_buffer),
					    (void *)(__u64)small.iov);
		return (void *)(__u64)small_buffer;
	}
	if (!bpf_probe_read_user(&message, sizeof(message), (void *)call->second))
		bpf_probe_read_user(&buffer, sizeof(buffer), message.iov);
	return buffer;
}

#endif
