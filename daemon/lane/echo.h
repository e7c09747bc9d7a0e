/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_ECHO_H
#define DADRACE_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/why.h"
#include "frame/ends.h"
#include "frame/frame.h"
#include "record/record.h"
#include "spec/spec.h"
#include "testbed/testbed.h"

/*
 * Echoes: crafted ICMPv6 messages, Echo Requests or others, and the sockets that carry them
 * (the only door to packet and raw sockets); and the device's DAD probes, which a further
 * packet socket at the peer sees.
 *
 *   inbound        packet socket in the peer's namespace, whole frames, past the qdisc
 *   outbound       IPPROTO_ICMPV6 in the lane: the kernel makes header and checksum
 *   outbound-raw   IPPROTO_RAW in the lane: our own header (another route look-up)
 *
 * All bytes of a trial are made before its window opens; in the window a send is one system
 * call. They lie in memory that the processes of a lane share.
 */
struct echoes;

enum { ECHOES_MAX = ECHO_SEQUENCE_MASK, ECHOES_SOCKETS = 3 };

/* Opens the sockets. The calling process ends in the namespace that it was in. */
int echoes_open(const struct testbed *testbed, uint32_t lane, struct echoes **out,
		struct why *why);
void echoes_close(struct echoes *echoes);

/* The sockets that send; negative where there is none. */
void echoes_sockets(const struct echoes *echoes, int sockets[ECHOES_SOCKETS]);

/* Makes the trial's echoes, spec->echoes of them, and fills in between which ends. */
int echoes_make(struct echoes *echoes, const struct trial_spec *spec, struct ends *ends,
		struct why *why);

/*
 * Sends echoes `first` (from 0) and on, `count` at most, without waiting for anything: how many
 * were sent (at least 1), or -errno of the first one, which the kernel refused. In the window
 * that is evidence: EADDRNOTAVAIL is what source selection answers.
 */
int echoes_send(struct echoes *echoes, uint32_t first, uint32_t count);

/* --- DAD, as the peer sees it --- */

/* A DAD probe of the device, with the frame that it came in. */
struct echoes_dad_probe {
	uint64_t at_ns; /* when the peer's device received it */
	struct frame_dad dad;
	uint8_t bytes[FRAME_DAD_MAX];
	size_t length;
};

/* Listens for them from now on. The testbed has a peer. */
int echoes_listen_dad(struct echoes *echoes, struct why *why);

/* Readable when probes wait; owned by the echoes. -1: not listening. */
int echoes_dad_fd(const struct echoes *echoes);

/* Takes the next one; false when none waits. */
bool echoes_dad_next(struct echoes *echoes, struct echoes_dad_probe *probe);

/* Sends a whole frame from the peer, without waiting for anything. 0 or -errno. */
int echoes_answer(struct echoes *echoes, const uint8_t *frame, size_t length);

#endif
