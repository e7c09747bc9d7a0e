/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CRAFTED_H
#define DADRACE_CRAFTED_H

#include "frame/ends.h"
#include "frame/frame.h"
#include "spec/spec.h"

/*
 * The packets of a trial, as its spec and the two ends of its link make them: the lane sends
 * them, and whoever has the results can make the same bytes again. Pure.
 *
 *   direction      bytes                            who makes what is missing
 *   inbound        Ethernet | IPv6 | ICMPv6
 *   outbound       ICMPv6                           the kernel: header and checksum
 *   outbound-raw   IPv6 | ICMPv6                    the kernel: link layer
 */
struct crafting {
	const struct trial_spec *spec;
	const struct ends *ends;
	uint64_t state; /* of what the trial draws */
	struct frame_echo echo;
};

/* `spec` and `ends` have to live as long. */
void crafting_begin(struct crafting *crafting, const struct trial_spec *spec,
		    const struct ends *ends, uint32_t lane);

/* The next one, crafting->echo: spec->echoes times, in the order in which they are sent. */
void crafting_next(struct crafting *crafting);

/* The frame just ahead of it; 0: none. `buf` holds FRAME_AHEAD bytes. */
size_t crafting_ahead(const struct crafting *crafting, uint8_t *buf);

/* Its bytes as they are sent; `buf` holds FRAME_MAX of them. */
size_t crafting_bytes(const struct crafting *crafting, uint8_t *buf);

#endif
