/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PROBES_PARTS_H
#define DADRACE_PROBES_PARTS_H

#include "probes.h"

/* What the files of probes/ share and nobody else sees. */
struct probes_bpf;

/* The loaded programs and maps; owned by the probes. */
struct probes_bpf *probes_skeleton(const struct probes *probes);

/* A sentence for what the kernel refused, with the reason where it can be found; returns -err. */
int probes_refused(int err, const char *what, struct why *why);

#endif
