/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPORT_BLOCKS_H
#define DADRACE_EXPORT_BLOCKS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng), in the order of bytes of this
 * machine, which the first block says:
 *
 *   section      what wrote the file, and where
 *   interface    link type; its packets are stamped in nanoseconds
 *   packet       bytes, stamp, comment
 *
 * Texts are UTF-8; what does not fit is cut.
 */
struct block_section {
	const char *system, *program, *comment;
};
void block_section(const struct block_section *section, FILE *out);

enum link_type { LINK_ETHERNET = 1, LINK_IPV6 = 229 };

void block_interface(enum link_type type, const char *name, const char *description, FILE *out);

enum { BLOCK_PACKET_MAX = 2048 };

struct block_packet {
	uint32_t interface; /* from 0, in the order in which they were written */
	uint64_t at_ns;	    /* since 1970 */
	const uint8_t *bytes;
	size_t length; /* BLOCK_PACKET_MAX at most */
	const char *comment;
};
void block_packet(const struct block_packet *packet, FILE *out);

#endif
