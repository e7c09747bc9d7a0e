/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_REGISTERS_H
#define DADRACE_REGISTERS_H

/*
 * The registers of a task, by the names that bpf_tracing.h uses for them: all that our programs
 * know of an architecture. The numbers of its system calls come from its own headers, those of
 * its 32-bit programs (compat) are told here.
 */
#include <asm/unistd.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax,
		ip, cs, flags, sp, ss;
};
typedef struct pt_regs bpf_user_pt_regs_t;
#define SYSCALL_NUMBER orig_ax

/* arch/x86/entry/syscalls/syscall_32.tbl */
#define NR_32_IOCTL	  54
#define NR_32_SENDTO	  369
#define NR_32_SENDMSG	  370
#define NR_32_SENDMMSG	  345
#define NR_32_SOCKETCALL  102
#define REGISTER_32_1	  bx
#define REGISTER_32_2	  cx
#define REGISTER_32_3	  dx
#define ARGUMENT_32(r, n) ((__u32)BPF_CORE_READ(r, REGISTER_32_##n))

#define TS_COMPAT	  0x2 /* arch/x86/include/asm/thread_info.h */
#define IS_32(r)                                                                           \
	(BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), thread_info.status) & \
	 TS_COMPAT)

#elif defined(__TARGET_ARCH_arm64)

struct user_pt_regs {
	__u64 regs[31], sp, pc, pstate;
};
struct pt_regs {
	__u64 regs[31], sp, pc, pstate, orig_x0;
	__s32 syscallno;
};
typedef struct user_pt_regs bpf_user_pt_regs_t;
#define SYSCALL_NUMBER	  syscallno

/* arch/arm/tools/syscall.tbl; all programs of today pass arguments in registers. */
#define NR_32_IOCTL	  54
#define NR_32_SENDTO	  290
#define NR_32_SENDMSG	  296
#define NR_32_SENDMMSG	  374
#define NR_32_SOCKETCALL  (-1)
#define ARGUMENT_32(r, n) ((__u32)BPF_CORE_READ(r, regs[n - 1]))
#define PSR_MODE32_BIT	  0x10 /* arch/arm64/include/asm/ptrace.h */
#define IS_32(r)	  (BPF_CORE_READ(r, pstate) & PSR_MODE32_BIT)

#else
#error "registers.h: which registers does this architecture have?"
#endif

#pragma clang attribute pop

/* A contract with programs, not a structure of the kernel: its members do not move. */
struct bpf_perf_event_data {
	__u64 regs[sizeof(bpf_user_pt_regs_t) / sizeof(__u64)];
	__u64 sample_period;
	__u64 addr;
};

#endif
