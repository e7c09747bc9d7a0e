/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MEMORY_H
#define DADRACE_MEMORY_H

#include "base/why.h"
#include "who/image.h"

/*
 * The memory of the running kernel, read by a BPF program that is run on demand, or, where
 * bpf(2) is not allowed, from /proc/kcore. Nothing is attached, locked or written: each read is
 * one copy of at most 64 KiB.
 */
struct memory;

/*
 * Errors: -EPERM with what forbids it (privilege, lockdown mode, seccomp), -ENOTSUP with what
 * the kernel lacks.
 */
int memory_open(struct memory **out, struct why *why);
void memory_close(struct memory *memory);

const struct image *memory_image(const struct memory *memory);

#endif
