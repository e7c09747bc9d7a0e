/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_VM_H
#define DADRACE_VM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/why.h"
#include "guest/architecture.h"

/*
 * A throw-away virtual machine: the only door to QEMU.
 *
 *   results   <── virtio-serial port "dadrace" ──  guest
 *   console   <── first serial line ─────────────  guest's kernel, kept in a file
 *
 * QEMU dies with us (parent-death signal), has no network, no disk and no monitor. KVM is used
 * when a short trial has shown that it runs this kernel: one that opens but cannot is noticed,
 * and TCG taken.
 */
struct vm;

struct vm_ask {
	const struct architecture *architecture;
	const char *vmlinuz;
	const char *initramfs;
	const char *console;   /* file that the console is appended to */
	const char *arguments; /* of init, after "--" on the kernel's command line */
	const char *append;    /* more words for the kernel; NULL: none */
	uint32_t cpus;
	uint32_t memory_mb;
	bool kvm;
	const char *nic; /* QEMU's device of which each lane has two; NULL: none */
	uint32_t nic_lanes;
};

bool vm_installed(const struct architecture *architecture);

/* Whether QEMU has such a device (-device help). */
bool vm_offers(const struct architecture *architecture, const char *device);

/* Starts QEMU; that it could not be run shows as an end of file on the results. */
int vm_start(const struct vm_ask *ask, struct vm **out, struct why *why);

/* What the guest writes to its port; end of file when QEMU has ended. Owned by the vm. */
int vm_results(const struct vm *vm);

/* Ends QEMU, waits for it and frees. NULL is allowed. */
void vm_end(struct vm *vm);

/* Whether KVM can run this kernel here: asked once for a kernel, by booting it. */
bool vm_kvm_works(const struct architecture *architecture, const char *vmlinuz);

#endif
