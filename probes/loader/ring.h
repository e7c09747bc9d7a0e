/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RING_H
#define DADRACE_RING_H

#include "loader/probes.h"

/* Reading a lane's ring of records, in the lane's process. */
struct ring_reader;

int ring_open(const struct probes *probes, uint32_t slot,
	      void (*seen)(const struct record *record, void *arg), void *arg,
	      struct ring_reader **out, struct why *why);
void ring_close(struct ring_reader *ring);
int ring_fd(const struct ring_reader *ring); /* readable when records wait; owned by the ring */
void ring_read(struct ring_reader *ring);    /* calls `seen` for each waiting record */

#endif
