// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmcore/parts.h"

/*
 * A name is a length and so many bytes, each of which stands for one of 256 tokens; the first
 * letter of what comes out is the symbol's type. scripts/kallsyms.c writes the tables.
 */
enum {
	TOKENS = 256,
	TOKENS_SIZE = 16384,
	NAMES_MAX = 1 << 22,
	SYMBOL_MAX = 512, /* KSYM_NAME_LEN */
	PIECE = 4096,
	TEXT_MAX = 1 << 28,
};

struct reader {
	const struct image *image;
	const struct kallsyms *tables;
	char tokens[TOKENS_SIZE];
	uint16_t index[TOKENS];
	uint64_t at; /* of the next byte of the names */
	uint8_t piece[PIECE];
	uint32_t used, in_piece;
	int32_t *offsets;
	uint64_t base;
};

/* --- where they are --- */

int kallsyms_find(const struct image *image, const char *notes, struct kallsyms *kallsyms)
{
	*kallsyms = (struct kallsyms){
		.names = note_symbol(notes, "kallsyms_names"),
		.token_table = note_symbol(notes, "kallsyms_token_table"),
		.token_index = note_symbol(notes, "kallsyms_token_index"),
		.offsets = note_symbol(notes, "kallsyms_offsets"),
		.base = note_symbol(notes, "kallsyms_relative_base"),
		.nr = image_u32(image, note_symbol(notes, "kallsyms_num_syms")),
	};
	return kallsyms->names && kallsyms->token_table && kallsyms->token_index &&
			       kallsyms->offsets && kallsyms->nr && kallsyms->nr <= NAMES_MAX ?
		       0 :
		       -ENOENT;
}

/* --- names --- */

static bool next_byte(struct reader *reader, uint8_t *byte)
{
	if (reader->used == reader->in_piece) {
		uint32_t to_end = PIECE - (uint32_t)(reader->at % PIECE);

		if (reader->image->read(reader->image->from, reader->at, reader->piece, to_end))
			return false;
		reader->used = 0;
		reader->in_piece = to_end;
	}
	*byte = reader->piece[reader->used++];
	reader->at++;
	return true;
}

/* Since 6.1 a length of 128 and more is two bytes. */
static bool next_length(struct reader *reader, uint32_t *length)
{
	uint8_t low, high;

	if (!next_byte(reader, &low))
		return false;
	*length = low;
	if (!(low & 0x80))
		return true;
	if (!next_byte(reader, &high))
		return false;
	*length = (low & 0x7f) | (uint32_t)high << 7;
	return true;
}

/* With the letter of its type before it. */
static bool next_name(struct reader *reader, char name[SYMBOL_MAX])
{
	uint32_t length, size = 0;
	uint8_t byte;

	if (!next_length(reader, &length))
		return false;
	for (uint32_t i = 0; i < length; i++) {
		const char *token;

		if (!next_byte(reader, &byte))
			return false;
		token = reader->tokens + reader->index[byte];
		while (*token && size < SYMBOL_MAX - 1)
			name[size++] = *token++;
	}
	name[size] = '\0';
	return size > 1;
}

/* --- addresses --- */

/*
 * kernel/kallsyms.c, kallsyms_sym_address(): until 6.14 an offset of 0 or more is an address,
 * of per-CPU data, and the others are negative. The last symbol tells which kernel it is.
 * Kernels that have no base any more count from where the offset lies (offset_to_ptr()).
 */
static uint64_t address_of(const struct reader *reader, uint32_t which)
{
	int64_t offset = reader->offsets[which];

	if (!reader->tables->base)
		return reader->tables->offsets + which * sizeof(*reader->offsets) +
		       (uint64_t)offset;
	if (reader->offsets[reader->tables->nr - 1] >= 0)
		return reader->base + (uint64_t)offset;
	return offset >= 0 ? (uint64_t)offset : reader->base - 1 - (uint64_t)offset;
}

/* --- all of them --- */

static bool read_tables(struct reader *reader)
{
	const struct kallsyms *tables = reader->tables;
	const struct image *image = reader->image;
	size_t size = tables->nr * sizeof(*reader->offsets);
	uint32_t tokens;

	if (image_read(image, tables->token_index, reader->index, sizeof(reader->index)))
		return false;
	tokens = reader->index[TOKENS - 1] + 64U;
	for (uint32_t i = 1; i < TOKENS; i++)
		if (reader->index[i] <= reader->index[i - 1])
			return false;
	if (tokens >= TOKENS_SIZE ||
	    image_read(image, tables->token_table, reader->tokens, tokens))
		return false;
	if (tables->base)
		reader->base = image_u64(image, tables->base);
	reader->at = tables->names;
	reader->offsets = malloc(size);
	return reader->offsets && !image_read(image, tables->offsets, reader->offsets, size);
}

static bool is_function(char type)
{
	return strchr("tTwW", type) != NULL;
}

static void note_datum(const char *name, uint64_t address, struct kernel_datum *data,
		       uint32_t nr_data)
{
	for (uint32_t i = 0; i < nr_data; i++)
		if (!strcmp(name, data[i].name))
			data[i].address = address;
}

static bool list_all(struct reader *reader, FILE *out, struct kernel_datum *data,
		     uint32_t nr_data)
{
	char name[SYMBOL_MAX];
	int64_t written = 0;

	if (!read_tables(reader))
		return false;
	for (uint32_t i = 0; i < reader->tables->nr; i++) {
		uint64_t address = address_of(reader, i);

		if (!next_name(reader, name) || written > TEXT_MAX)
			return false;
		if (is_function(*name))
			written += fprintf(out, "%016" PRIx64 " %c %s\n", address, *name,
					   name + 1);
		/* Also of those with the letter of a function: on 7.2 nr_cpu_ids has one. */
		note_datum(name + 1, address, data, nr_data);
	}
	return true;
}

int kallsyms_list(const struct image *image, const struct kallsyms *kallsyms, FILE *out,
		  struct kernel_datum *data, uint32_t nr_data)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	bool is_good;

	if (!reader)
		return -ENOMEM;
	reader->image = image;
	reader->tables = kallsyms;
	is_good = list_all(reader, out, data, nr_data);
	free(reader->offsets);
	free(reader);
	return is_good ? 0 : -EINVAL;
}
