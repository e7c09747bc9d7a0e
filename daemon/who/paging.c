// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/paging.h"

#define PRESENT	    1ULL
#define LARGE	    0x80ULL
#define FRAME	    0x000ffffffffff000ULL
#define FIVE_LEVELS 0xffff800000000000 /* the direct map is below it */

uint64_t paging_table(const struct image *image, const struct layout *layout)
{
	uint64_t mm = image_u64(image, image->task + layout->at[AT_TASK_MM]);

	return mm ? image_u64(image, mm + layout->at[AT_MM_PGD]) : 0;
}

struct span paging_behind(const struct image *image, uint64_t table, uint64_t address)
{
	static const uint32_t shifts[] = { 48, 39, 30, 21, 12 };
	size_t level = image->direct_map < FIVE_LEVELS ? 0 : 1;
	uint64_t page;

	for (; table && level < sizeof(shifts) / sizeof(shifts[0]); level++) {
		uint32_t shift = shifts[level];
		uint64_t entry = image_u64(image, table + 8 * (address >> shift & 511));

		if (!(entry & PRESENT))
			break;
		if (shift == 12 || (shift <= 30 && entry & LARGE)) {
			page = (entry & FRAME) >> shift << shift;
			return (struct span){ page / IMAGE_PAGE,
					      (page + (1ULL << shift)) / IMAGE_PAGE };
		}
		table = image->direct_map + (entry & FRAME);
	}
	return (struct span){ 0 };
}

uint64_t paging_direct(const struct image *image, uint64_t table, uint64_t address)
{
	struct span behind;

	if (image_is_direct(image, address))
		return address;
	behind = paging_behind(image, table, address);
	if (!behind.to)
		return 0;
	return image_at_page(image, behind.from + (address / IMAGE_PAGE &
						   (behind.to - behind.from - 1))) +
	       address % IMAGE_PAGE;
}
