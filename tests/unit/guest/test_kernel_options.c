// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest/kernel_options.h"

static struct kernel_option rows[KERNEL_OPTIONS_MAX];
static struct why why;

/* A .config with all that guest.config asks for, but what `edit` makes of its lines. */
static int missing_after(void (*edit)(char *line))
{
	char path[] = "/tmp/dadrace-config-XXXXXX", line[256];
	FILE *needed = fopen(GUEST_CONFIG, "re"), *config;
	int fd = mkstemp(path), nr;

	assert_non_null(needed);
	assert_true(fd >= 0);
	config = fdopen(fd, "w");
	while (fgets(line, sizeof(line), needed)) {
		edit(line);
		fputs(line, config);
	}
	fclose(needed);
	fclose(config);
	nr = kernel_options_missing(path, rows, &why);
	unlink(path);
	return nr;
}

static void as_it_is(char *line)
{
	(void)line;
}

static void without_veth(char *line)
{
	if (!strcmp(line, "CONFIG_VETH=y\n"))
		strcpy(line, "# CONFIG_VETH is not set\n");
}

static void with_other_veth(char *line)
{
	if (!strcmp(line, "CONFIG_VETH=y\n"))
		strcpy(line, "CONFIG_VETH_OTHER=y\n");
}

static void all_as_modules(char *line)
{
	char *value = line[0] == '#' ? NULL : strstr(line, "=y\n");

	if (value)
		value[1] = 'm';
}

static void of_linux_5_10(char *line)
{
	if (!strncmp(line, "CONFIG_DEBUG_INFO_DWARF", 23))
		strcpy(line, "\n");
}

static void nothing(char *line)
{
	strcpy(line, "\n");
}

static void what_is_set_is_not_listed(void **state)
{
	(void)state;
	assert_int_equal(missing_after(as_it_is), 0);
	assert_int_equal(missing_after(all_as_modules), 0);
	assert_int_equal(missing_after(of_linux_5_10), 0);
}

static void what_is_not_set_is_listed_with_its_purpose(void **state)
{
	(void)state;
	assert_int_equal(missing_after(without_veth), 1);
	assert_string_equal(rows[0].name, "CONFIG_VETH");
	assert_string_equal(rows[0].purpose, "The testbed");
	assert_int_equal(missing_after(with_other_veth), 1);
}

static void an_empty_configuration_lacks_everything(void **state)
{
	(void)state;
	assert_in_range(missing_after(nothing), 30, KERNEL_OPTIONS_MAX - 1);
	assert_string_equal(rows[0].name, "CONFIG_64BIT");
	assert_string_equal(rows[0].purpose, "The guest");
}

static void no_file(void **state)
{
	(void)state;
	assert_true(kernel_options_missing("/no/such/config", rows, &why) < 0);
	assert_non_null(strstr(why.text, "/no/such/config"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_set_is_not_listed),
		cmocka_unit_test(what_is_not_set_is_listed_with_its_purpose),
		cmocka_unit_test(an_empty_configuration_lacks_everything),
		cmocka_unit_test(no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
