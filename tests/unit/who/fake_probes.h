/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FAKE_PROBES_H
#define DADRACE_FAKE_PROBES_H

/*
 * The types of kretprobes, as those of a module, for a kernel that was built without them: its
 * own are found first. An instance leads to its probe by a rethook and directly, as no kernel's
 * does both. Returns a file of the process; -1: it cannot be made.
 */
int fake_probes_types(const char *kernel);

#endif
