/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_LOADER_TYPES_H
#define DADRACE_LOADER_TYPES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Functions in the kernel's own type information (Documentation/bpf/btf.rst): by its number
 * there an fentry program says where it is attached. libbpf finds it, too, but keeps nothing
 * that its skeletons could share, and to index all types takes longer than to pass them once.
 */

/* How far the types and names of vmlinux reach, which those of a module continue. */
struct types_end {
	uint32_t types;	  /* number of the next one; 0: not known yet */
	uint32_t strings; /* bytes */
};

typedef void types_visit(const char *function, uint32_t id, void *arg);

/*
 * Calls `visit` for each function of vmlinux, or of the module that continues `vmlinux`. 0,
 * with the end of it; -errno of the file; -EPROTO: it is written in a way that is not known.
 */
int types_of_vmlinux(types_visit *visit, void *arg, struct types_end *end);
int types_of_module(const char *module, const struct types_end *vmlinux, types_visit *visit,
		    void *arg);

/* For tests: the same of bytes in memory; types before the first one are vmlinux's. */
int types_read(const uint8_t *bytes, size_t size, const struct types_end *vmlinux,
	       types_visit *visit, void *arg, struct types_end *end);

#endif
