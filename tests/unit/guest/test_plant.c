// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own_path.h"
#include "guest/kernel_image.h"
#include "guest/modules.h"
#include "guest/plant.h"

/* As much of a module as is read: its .modinfo section, and the names of its sections. */
static const struct small_module {
	Elf64_Ehdr header;
	Elf64_Shdr sections[3];
	char names[20];
	char info[80];
} small = {
	.header = {
		.e_ident = ELFMAG,
		.e_shoff = offsetof(struct small_module, sections),
		.e_shnum = 3,
		.e_shstrndx = 2,
	},
	.sections = {
		[1] = {
			.sh_name = 1,
			.sh_offset = offsetof(struct small_module, info),
			.sh_size = sizeof(small.info),
		},
		[2] = {
			.sh_name = 10,
			.sh_offset = offsetof(struct small_module, names),
			.sh_size = sizeof(small.names),
		},
	},
	.names = "\0.modinfo\0.shstrtab",
	.info = "license=GPL\0bug=lost: it is lost\0depends=\0bug=late: it is late\0bugs=no",
};

/* The path of a file with such bytes in it. */
static const char *file_with(const void *bytes, size_t size)
{
	static char path[64];
	int fd = memfd_create("module", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static void test_info(void **state)
{
	struct module module;
	struct why why;
	const char *first, *second;

	(void)state;
	assert_int_equal(module_read(file_with(&small, sizeof(small)), &module, &why), 0);
	first = module_info(&module, "bug", NULL);
	assert_string_equal(first, "lost: it is lost");
	second = module_info(&module, "bug", first);
	assert_string_equal(second, "late: it is late");
	assert_null(module_info(&module, "bug", second));
	assert_string_equal(module_info(&module, "depends", NULL), "");
	assert_null(module_info(&module, "author", NULL));
	free(module.data);
}

static int find(const char *bug, const char *path, struct why *why)
{
	const struct campaign campaign = { .vm = { .plant = bug, .plant_module = path } };

	return plant_find(&campaign, why);
}

static void test_find(void **state)
{
	const char *path = file_with(&small, sizeof(small));
	char wanted[256];
	struct why why;

	(void)state;
	assert_int_equal(find(NULL, NULL, &why), 0);
	assert_int_equal(find("late", path, &why), 0);
	assert_int_equal(find("lat", path, &why), -EINVAL);
	snprintf(
		wanted, sizeof(wanted),
		"vm.plant lat: %s: there is no such bug; did you mean late?; allowed: lost, late",
		path);
	assert_string_equal(why.text, wanted);
	assert_int_equal(find("late", "/nowhere/x.ko", &why), -ENOENT);
	assert_non_null(strstr(why.text, "/nowhere/x.ko"));

	path = file_with("no module", 9);
	assert_int_equal(find("late", path, &why), -EINVAL);
	assert_non_null(strstr(why.text, "allowed: none"));
}

static void test_make(void **state)
{
	struct campaign campaign = { .vm = { .plant = NULL, .plant_module = "/x.ko" } };
	char *module = NULL;
	struct why why;

	(void)state;
	assert_int_equal(plant_make(&campaign, NULL, &module, &why), 0);
	assert_null(module);
	campaign.vm.plant = "late";
	assert_int_equal(plant_make(&campaign, NULL, &module, &why), 0);
	assert_string_equal(module, "/x.ko");
	free(module);
}

/* The sources lie beside the program, as in a build. Their script is told the kernel. */
static void test_built_beside(void **state)
{
	struct campaign campaign = { .kernel = "suite/package", .vm = { .plant = "late" } };
	struct kernel_image image = { .release = "6.1.0", .architecture = architecture_own() };
	char folder[4096], script[4096], *module = NULL;
	struct why why;
	FILE *file;

	(void)state;
	assert_int_equal(own_path("plants", folder, sizeof(folder)), 0);
	assert_int_equal(own_path("plants/build", script, sizeof(script)), 0);
	unlink(script);
	assert_int_equal(plant_make(&campaign, &image, &module, &why), -ENOENT);
	assert_non_null(strstr(
		why.text,
		"share/dadrace/plants/build) are not beside it; install the package dadrace-plants"));

	mkdir(folder, 0755);
	file = fopen(script, "w");
	assert_non_null(file);
	fputs("#!/bin/sh\ncase $1 in suite/6.1.0) echo /x.ko ;; --bugs) echo late ;; esac\n",
	      file);
	assert_int_equal(fchmod(fileno(file), 0755), 0);
	fclose(file);
	assert_int_equal(plant_find(&campaign, &why), 0);
	assert_int_equal(plant_make(&campaign, &image, &module, &why), 0);
	assert_string_equal(module, "/x.ko");
	free(module);
	campaign.vm.plant = "lates";
	assert_int_equal(plant_find(&campaign, &why), -EINVAL);
	unlink(script);
	rmdir(folder);
}

static void test_never_here(void **state)
{
	const struct campaign without = { .name = "a" }, with = { .vm = { .plant = "late" } };
	struct why why;

	(void)state;
	assert_int_equal(plant_check(&without, &why), 0);
	assert_int_equal(plant_check(&with, &why), -ENOTSUP);
	assert_string_equal(
		why.text,
		"vm.plant late: a bug is planted in a guest only; add --kernel IMAGE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_info),	   cmocka_unit_test(test_find),
		cmocka_unit_test(test_make),	   cmocka_unit_test(test_built_beside),
		cmocka_unit_test(test_never_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
