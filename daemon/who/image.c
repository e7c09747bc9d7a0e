// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "who/recording.h"

int span_compare(const void *a, const void *b)
{
	const struct span *one = a, *other = b;

	return one->from < other->from ? -1 : one->from > other->from;
}

/* --- what is a pointer --- */

#define LOWEST_OF_4_LEVELS 0xffff800000000000
#define LOWEST_OF_5_LEVELS 0xff00000000000000
#define ERRORS_FROM	   0xfffffffffffff000 /* ERR_PTR() */
#define POISON		   0xdead000000000000 /* include/linux/poison.h, with up to 12 bits */

bool image_is_pointer(const struct image *image, uint64_t word)
{
	return word < ERRORS_FROM &&
	       word >= (image->direct_map < LOWEST_OF_4_LEVELS ? LOWEST_OF_5_LEVELS :
								 LOWEST_OF_4_LEVELS);
}

bool image_is_direct(const struct image *image, uint64_t word)
{
	return image->nr_ram && word >= image->direct_map &&
	       image_page_of(image, word) < image->ram[image->nr_ram - 1].to;
}

/* --- what is recorded --- */

/* What counts references is below 100000 (who/fit.c). */
enum { SMALL = 0x20000, NONSENSE = 0x7f };

/* A number stays too large to count anything, and a byte that is no truth value stays none. */
static uint32_t without_content(uint32_t half)
{
	uint8_t bytes[sizeof(half)];

	if (half < SMALL || half == UINT32_MAX)
		return half;
	memcpy(bytes, &half, sizeof(half));
	for (size_t i = 0; i < sizeof(half); i++)
		if (bytes[i] > 1)
			bytes[i] = NONSENSE;
	memcpy(&half, bytes, sizeof(half));
	return half;
}

static uint64_t what_may_stay(const void *context, uint64_t word)
{
	const struct image *image = context;

	if (image_is_pointer(image, word) || word >= ERRORS_FROM || word >> 12 == POISON >> 12)
		return word;
	return without_content((uint32_t)word) |
	       (uint64_t)without_content((uint32_t)(word >> 32)) << 32;
}

void image_keep(const struct image *image, uint64_t address, const void *bytes, size_t size)
{
	if (image->record)
		cells_put(&image->record->cells, address, bytes, size);
	else if (image->recorded)
		cells_seen(&image->recorded->cells, address, size);
}

/* Words by their place in memory; what is left at the ends is of no word that is looked at. */
static void keep_stretch(const struct image *image, uint64_t address, const void *bytes,
			 size_t size)
{
	const uint8_t *from = bytes;
	size_t at = (8 - address % 8) % 8;

	for (; at + 8 <= size; at += 8) {
		uint64_t word;

		memcpy(&word, from + at, sizeof(word));
		if (image->record)
			cells_put_word(&image->record->cells, address + at, word, what_may_stay,
				       image);
		else if (image->recorded)
			cells_seen(&image->recorded->cells, address + at, sizeof(word));
	}
}

/* --- reading --- */

int image_read(const struct image *image, uint64_t address, void *to, size_t size)
{
	char *at = to;
	int err = 0;

	while (!err && size) {
		size_t piece = size < IMAGE_PIECE ? size : IMAGE_PIECE;

		err = image->read(image->from, address, at, piece);
		if (!err)
			image_keep(image, address, at, piece);
		address += piece;
		at += piece;
		size -= piece;
	}
	return err;
}

/* What cannot be read is looked for by halves, down to a page. */
static void read_piece(const struct image *image, uint64_t address, char *to, size_t size)
{
	size_t half = size / 2 & ~(size_t)(IMAGE_PAGE - 1);

	if (!image->read(image->from, address, to, size))
		return;
	if (size <= IMAGE_PAGE) {
		memset(to, 0, size);
		return;
	}
	half = half ? half : IMAGE_PAGE;
	read_piece(image, address, to, half);
	read_piece(image, address + half, to + half, size - half);
}

void image_sweep(const struct image *image, uint64_t address, void *to, size_t size)
{
	char *at = to;

	while (size) {
		size_t piece = size < IMAGE_PIECE ? size : IMAGE_PIECE;

		read_piece(image, address, at, piece);
		address += piece;
		at += piece;
		size -= piece;
	}
}

/* Pages that cannot be read are recorded as zero, which is what was seen of them. */
void image_read_holes(const struct image *image, uint64_t address, void *to, size_t size)
{
	image_sweep(image, address, to, size);
	keep_stretch(image, address, to, size);
}

uint64_t image_u64(const struct image *image, uint64_t address)
{
	uint64_t word = 0;

	return image_read(image, address, &word, sizeof(word)) ? 0 : word;
}

uint32_t image_u32(const struct image *image, uint64_t address)
{
	uint32_t word = 0;

	return image_read(image, address, &word, sizeof(word)) ? 0 : word;
}

uint8_t image_u8(const struct image *image, uint64_t address)
{
	uint8_t byte = 0;

	return image_read(image, address, &byte, sizeof(byte)) ? 0 : byte;
}

uint64_t image_pointer(const struct image *image, uint64_t address)
{
	uint64_t word = 0;

	if (image->read(image->from, address, &word, sizeof(word)))
		return 0;
	keep_stretch(image, address, &word, sizeof(word));
	return word;
}

static void read_text(const struct image *image, uint64_t address, char *text, size_t size)
{
	size_t to_end = IMAGE_PAGE - (address & (IMAGE_PAGE - 1));
	size_t part = to_end < size - 1 ? to_end : size - 1;

	memset(text, 0, size);
	/* The next page may well not exist; a text that runs into it does not end here. */
	if (!image->read(image->from, address, text, part) && !memchr(text, '\0', part) &&
	    part < size - 1 &&
	    image->read(image->from, address + part, text + part, size - 1 - part))
		text[part] = '\0';
}

void image_text(const struct image *image, uint64_t address, char *text, size_t size)
{
	read_text(image, address, text, size);
	image_keep(image, address, text, strlen(text) + 1);
}

bool image_has_word(const struct image *image, uint64_t address)
{
	char text[24];
	size_t length;

	read_text(image, address, text, sizeof(text));
	length = strlen(text);
	if (length < 2 || text[0] < 'a' || text[0] > 'z' ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789") != length)
		return false;
	image_keep(image, address, text, length + 1);
	return true;
}

bool image_cpu_sum(const struct image *image, uint64_t pointer, int64_t *sum)
{
	*sum = 0;
	for (uint32_t i = 0; i < image->nr_cpus; i++) {
		int32_t one;

		if (image_read(image, pointer + image->cpu_offsets[i], &one, sizeof(one)))
			return false;
		*sum += one;
	}
	return true;
}

static int compare_pages(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

bool image_is_copy(const struct image *image, uint64_t page)
{
	return image->nr_copies &&
	       bsearch(&page, image->copies, image->nr_copies, sizeof(page), compare_pages);
}
