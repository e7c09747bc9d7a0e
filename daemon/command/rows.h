/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMAND_ROWS_H
#define DADRACE_COMMAND_ROWS_H

/* Sentences of options that several commands have. */
/* clang-format off */
#define DOC_KERNEL	"Run on this kernel, in a throw-away virtual machine: a vmlinuz, a .deb, PACKAGE or SUITE/PACKAGE (fetched with apt). Needs QEMU, but not root"
#define DOC_KERNEL_OR_HERE "Run on this kernel instead of that of the results (see `dadrace run --help`); \"here\" is the running kernel"
#define DOC_REFRESH	"Fetch the lists of packages of the kernel's suite now, and not once a day"
#define DOC_MODULES	"Modules of that kernel (default: those of its package)"
#define DOC_ROOT	"Programs of the guest, for a kernel of another architecture: a folder with its dadrace, what the campaign runs, and libraries (default: those of this machine)"
#define DOC_OUT		"Write results.ndjson, summary.json and findings/ into this folder (default: results/NAME-TIME)"
#define DOC_RESUME	"Continue the unfinished results in --out DIR"
#define DOC_QUIET	"Print neither progress nor table"
#define DOC_SET		"Override a key of the campaign; VALUE is YAML. Can be repeated"
#define DOC_STREAM	"Stream every line of the results on standard output; progress goes to standard error"
#define DOC_FORCE	"Run even though an earlier leak has marked this machine dirty"
#define DOC_NETNS	"Look into this network namespace: a name as in ip-netns(8), a path, the PID of a process in it, or PID:FD, a descriptor that keeps it, such as a socket"
#define DOC_WHO_DEVICE	"A network device, by name or index: registered, or being unregistered"
#define DOC_WHO_STUCK	"Explain every device whose unregistration waits for its references"
#define DOC_WHO_ALL	"Show each object that points to the device, with its address and who points to it"
#define WHO_OBJECTS	"netdev|idev|addr=ADDRESS|neigh=ADDRESS|dst"
#define DOC_WHO_OBJECT	"Explain the references to the device (netdev, the default), or those to its IPv6 part (idev), to an IPv6 address, to a neighbour entry, or to each of its routes (dst)"
/* clang-format on */

#endif
