// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "who/paging.h"

/*
 * Tables of pages on a made-up machine: table N is its page N. With four levels and with five
 * (LA57) the direct map, and what may be a pointer, lie elsewhere.
 */
enum { TABLES = 5, ENTRIES = IMAGE_PAGE / 8, PRESENT = 1, LARGE = 0x80, PAGES = 1 << 20 };

#define MAP_OF_4 0xffff888000000000
#define MAP_OF_5 0xff11000000000000

struct machine {
	struct image image;
	struct span ram;
	uint64_t tables[TABLES][ENTRIES];
};

static int read_machine(void *from, uint64_t address, void *to, size_t size)
{
	struct machine *machine = from;
	uint64_t at = address - machine->image.direct_map;

	if (at + size > sizeof(machine->tables))
		return -EFAULT;
	memcpy(to, (const char *)machine->tables + at, size);
	return 0;
}

static struct machine *machine_at(uint64_t direct_map)
{
	static struct machine machine;

	machine = (struct machine){ .image = { .read = read_machine,
					       .from = &machine,
					       .direct_map = direct_map,
					       .ram = &machine.ram,
					       .nr_ram = 1 },
				    .ram = { 0, PAGES } };
	return &machine;
}

/* Each table from 0 on leads to the next one, and the last of `levels` to `page`. */
static void map(struct machine *machine, uint64_t address, uint32_t levels, uint64_t page,
		uint64_t flags)
{
	uint32_t shift = flags & LARGE ? 21 : 12;

	for (uint32_t level = levels; level--; shift += 9)
		machine->tables[level][address >> shift & (ENTRIES - 1)] =
			level + 1 == levels ? page * IMAGE_PAGE | PRESENT | flags :
					      (uint64_t)(level + 1) * IMAGE_PAGE | PRESENT;
}

static void assert_mapped(uint64_t direct_map, uint64_t address, uint32_t levels)
{
	struct machine *machine = machine_at(direct_map);

	map(machine, address, levels, 0x1234, 0);
	assert_int_equal(paging_direct(&machine->image, direct_map, address + 0x568),
			 direct_map + 0x1234568);
	machine = machine_at(direct_map);
	map(machine, address, levels - 1, 0x1200, LARGE);
	assert_int_equal(paging_direct(&machine->image, direct_map, address + 0x568),
			 direct_map + (0x1200 + (address >> 12 & 511)) * IMAGE_PAGE + 0x568);
	assert_int_equal(paging_direct(&machine->image, direct_map, address + (1ULL << 21)), 0);
}

static void test_four_levels(void **state)
{
	const struct image *image = &machine_at(MAP_OF_4)->image;

	(void)state;
	assert_true(image_is_pointer(image, 0xffffc90000123000));
	assert_false(image_is_pointer(image, 0xffa0000000123000));
	assert_mapped(MAP_OF_4, 0xffffc90000123000, 4);
}

static void test_five_levels(void **state)
{
	const struct image *image = &machine_at(MAP_OF_5)->image;

	(void)state;
	assert_true(image_is_pointer(image, 0xffa0000000123000));
	assert_false(image_is_pointer(image, 0xfe00000000000000));
	assert_mapped(MAP_OF_5, 0xffa0000000123000, 5);
}

static void test_what_the_direct_map_has_needs_no_table(void **state)
{
	struct machine *machine = machine_at(MAP_OF_5);

	(void)state;
	assert_int_equal(paging_direct(&machine->image, 0, MAP_OF_5 + 0x1000),
			 MAP_OF_5 + 0x1000);
	assert_int_equal(paging_direct(&machine->image, 0, 0xffa0000000123000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_levels),
		cmocka_unit_test(test_five_levels),
		cmocka_unit_test(test_what_the_direct_map_has_needs_no_table),
	};

	return cmocka_run_group_tests_name("paging", tests, NULL, NULL);
}
