// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "export/blocks.h"

enum {
	SECTION_HEADER = 0x0a0d0d0a,
	INTERFACE_DESCRIPTION = 1,
	ENHANCED_PACKET = 6,
	ORDER_OF_BYTES = 0x1a2b3c4d,
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_SYSTEM = 3,
	SECTION_PROGRAM = 4,
	INTERFACE_NAME = 2,
	INTERFACE_DESCRIBED = 3,
	INTERFACE_RESOLUTION = 9,
	NANOSECONDS = 9, /* 10^-9 s */
	TEXT_MAX = 1024,
	BLOCK_MAX = BLOCK_PACKET_MAX + 4 * TEXT_MAX,
};

struct block {
	size_t used;
	uint8_t bytes[BLOCK_MAX];
};

/* What follows begins at a multiple of four bytes. */
static void put(struct block *block, const void *bytes, size_t nr)
{
	memcpy(block->bytes + block->used, bytes, nr);
	block->used += nr;
	while (block->used % 4)
		block->bytes[block->used++] = 0;
}

static void put_u32(struct block *block, uint32_t value)
{
	put(block, &value, sizeof(value));
}

static void put_pair(struct block *block, uint16_t first, uint16_t second)
{
	const uint16_t pair[] = { first, second };

	put(block, pair, sizeof(pair));
}

static void put_option(struct block *block, uint16_t code, const void *value, size_t nr)
{
	put_pair(block, code, (uint16_t)nr);
	put(block, value, nr);
}

static void put_text(struct block *block, uint16_t code, const char *text)
{
	put_option(block, code, text, strnlen(text, TEXT_MAX));
}

/* The length stands in front and at the end. */
static void begin(struct block *block, uint32_t type)
{
	block->used = 0;
	put_u32(block, type);
	put_u32(block, 0);
}

static void end(struct block *block, FILE *out)
{
	uint32_t length;

	put_pair(block, OPTION_END, 0);
	length = (uint32_t)block->used + sizeof(length);
	put_u32(block, length);
	memcpy(block->bytes + sizeof(length), &length, sizeof(length));
	fwrite(block->bytes, 1, block->used, out);
}

void block_section(const struct block_section *section, FILE *out)
{
	static const uint64_t unknown = UINT64_MAX;
	struct block block;

	begin(&block, SECTION_HEADER);
	put_u32(&block, ORDER_OF_BYTES);
	put_pair(&block, 1, 0); /* version */
	put(&block, &unknown, sizeof(unknown));
	put_text(&block, OPTION_COMMENT, section->comment);
	put_text(&block, SECTION_SYSTEM, section->system);
	put_text(&block, SECTION_PROGRAM, section->program);
	end(&block, out);
}

void block_interface(enum link_type type, const char *name, const char *description, FILE *out)
{
	static const uint8_t resolution = NANOSECONDS;
	struct block block;

	begin(&block, INTERFACE_DESCRIPTION);
	put_pair(&block, (uint16_t)type, 0);
	put_u32(&block, 0); /* packets are never cut */
	put_text(&block, INTERFACE_NAME, name);
	put_text(&block, INTERFACE_DESCRIBED, description);
	put_option(&block, INTERFACE_RESOLUTION, &resolution, sizeof(resolution));
	end(&block, out);
}

void block_packet(const struct block_packet *packet, FILE *out)
{
	struct block block;

	begin(&block, ENHANCED_PACKET);
	put_u32(&block, packet->interface);
	put_u32(&block, (uint32_t)(packet->at_ns >> 32));
	put_u32(&block, (uint32_t)packet->at_ns);
	put_u32(&block, (uint32_t)packet->length);
	put_u32(&block, (uint32_t)packet->length);
	put(&block, packet->bytes, packet->length);
	put_text(&block, OPTION_COMMENT, packet->comment);
	end(&block, out);
}
