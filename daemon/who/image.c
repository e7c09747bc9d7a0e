// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int span_compare(const void *a, const void *b)
{
	const struct span *one = a, *other = b;

	return one->from < other->from ? -1 : one->from > other->from;
}

int image_read(const struct image *image, uint64_t address, void *to, size_t size)
{
	char *at = to;
	int err = 0;

	while (!err && size) {
		size_t piece = size < IMAGE_PIECE ? size : IMAGE_PIECE;

		err = image->read(image->from, address, at, piece);
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

void image_read_holes(const struct image *image, uint64_t address, void *to, size_t size)
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

void image_text(const struct image *image, uint64_t address, char *text, size_t size)
{
	size_t to_end = IMAGE_PAGE - (address & (IMAGE_PAGE - 1));
	size_t part = to_end < size - 1 ? to_end : size - 1;

	memset(text, 0, size);
	/* The next page may well not exist; a text that runs into it does not end here. */
	if (!image_read(image, address, text, part) && !memchr(text, '\0', part) &&
	    part < size - 1 && image_read(image, address + part, text + part, size - 1 - part))
		text[part] = '\0';
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

#define LOWEST_OF_4_LEVELS 0xffff800000000000
#define LOWEST_OF_5_LEVELS 0xff00000000000000
#define ERRORS_FROM	   0xfffffffffffff000 /* ERR_PTR() */

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
