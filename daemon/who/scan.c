// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/scan.h"

#include <errno.h>
#include <stdlib.h>

#include "who/recording.h"

/*
 * A word is first looked up in a small table of the pages that the values lie in: most words
 * end there.
 */
enum { FILTER_BITS = 1 << 16, WORDS_MAX = 1 << 21 };

struct scanner {
	const struct span *values;
	uint32_t nr_values;
	uint64_t filter[FILTER_BITS / 64];
	struct words *words;
	uint32_t room;
};

static inline uint32_t filter_bit(uint64_t word)
{
	return (uint32_t)(word / IMAGE_PAGE % FILTER_BITS);
}

static void fill_filter(struct scanner *scanner)
{
	for (uint32_t i = 0; i < scanner->nr_values; i++) {
		const struct span *span = &scanner->values[i];

		for (uint64_t at = span->from & ~(uint64_t)(IMAGE_PAGE - 1); at < span->to;
		     at += IMAGE_PAGE)
			scanner->filter[filter_bit(at) / 64] |= 1ULL << filter_bit(at) % 64;
	}
}

int32_t scan_which(const struct span *values, uint32_t nr_values, uint64_t word)
{
	uint32_t low = 0, high = nr_values;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (values[middle].to <= word)
			low = middle + 1;
		else
			high = middle;
	}
	return low < nr_values && values[low].from <= word ? (int32_t)low : -1;
}

static int note(struct scanner *scanner, uint64_t at, uint64_t value)
{
	struct words *words = scanner->words;

	if (words->nr == scanner->room) {
		uint32_t room = scanner->room ? 2 * scanner->room : 1024;
		struct word *list =
			room > WORDS_MAX ? NULL : realloc(words->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		words->list = list;
		scanner->room = room;
	}
	words->list[words->nr++] = (struct word){ at, value };
	return 0;
}

static int see_piece(struct scanner *scanner, uint64_t address, const uint64_t *piece,
		     size_t nr)
{
	uint64_t low = scanner->values[0].from;
	uint64_t span = scanner->values[scanner->nr_values - 1].to - low;
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++) {
		uint32_t bit = filter_bit(piece[i]);

		if (piece[i] - low < span && scanner->filter[bit / 64] >> bit % 64 & 1 &&
		    scan_which(scanner->values, scanner->nr_values, piece[i]) >= 0)
			err = note(scanner, address + i * sizeof(*piece), piece[i]);
	}
	return err;
}

/* Stretches that touch are read together, up to the page that must be left out. */
static uint64_t stretch(const struct image *image, const struct run *runs, uint32_t nr,
			uint32_t *run, uint64_t page)
{
	uint64_t end = page, most = page + IMAGE_PIECE / IMAGE_PAGE;

	while (end < most && !image_is_copy(image, end)) {
		end++;
		if (end < runs[*run].page + runs[*run].nr)
			continue;
		if (*run + 1 == nr || runs[*run + 1].page != end || runs[*run + 1].is_bulk)
			break;
		(*run)++;
	}
	return end;
}

static int scan_memory(const struct image *image, const struct pages *pages,
		       const struct span *values, uint32_t nr_values, struct words *words)
{
	static uint64_t piece[IMAGE_PIECE / sizeof(uint64_t)];
	struct scanner scanner = { .values = values, .nr_values = nr_values, .words = words };
	uint32_t nr, run = 0;
	const struct run *runs = pages_runs(pages, &nr);
	uint64_t page;
	int err = 0;

	*words = (struct words){ 0 };
	fill_filter(&scanner);
	while (run < nr && runs[run].is_bulk)
		run++;
	page = run < nr ? runs[run].page : 0;
	while (!err && nr_values && run < nr) {
		uint64_t end = stretch(image, runs, nr, &run, page);
		size_t size = (end - page) * IMAGE_PAGE;

		image_sweep(image, image_at_page(image, page), piece, size);
		err = see_piece(&scanner, image_at_page(image, page), piece,
				size / sizeof(*piece));
		page = end + (end == page); /* a page that is left out */
		while (run < nr && (runs[run].is_bulk || page >= runs[run].page + runs[run].nr))
			run++;
		if (run < nr && page < runs[run].page)
			page = runs[run].page;
	}
	if (err) {
		free(words->list);
		*words = (struct words){ 0 };
	}
	return err;
}

/* Of the values that are looked for, in the order of the addresses: a file may say others. */
static int scan_recorded(const struct words *found, const struct span *values,
			 uint32_t nr_values, struct words *words)
{
	uint32_t nr = found ? found->nr : 0;
	uint64_t after = 0;

	*words = (struct words){ malloc(nr * sizeof(*words->list) + 1), 0 };
	if (!words->list)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++) {
		const struct word *word = &found->list[i];

		if (word->at < after || scan_which(values, nr_values, word->value) < 0)
			continue;
		words->list[words->nr++] = *word;
		after = word->at + sizeof(word->value);
	}
	return 0;
}

int scan(const struct image *image, const struct pages *pages, const struct span *values,
	 uint32_t nr_values, struct words *words)
{
	int err;

	if (image->recorded)
		return scan_recorded(recording_next_scan(image->recorded), values, nr_values,
				     words);
	err = scan_memory(image, pages, values, nr_values, words);
	if (!err && image->record)
		recording_keep_scan(image->record, words);
	return err;
}
