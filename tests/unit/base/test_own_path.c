// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own_path.h"

static void the_program_itself(void **state)
{
	char path[4096];

	(void)state;
	assert_int_equal(own_path(NULL, path, sizeof(path)), 0);
	assert_int_equal(path[0], '/');
	assert_string_equal(strrchr(path, '/'), "/test_own_path");
	assert_int_equal(access(path, X_OK), 0);
}

static void a_file_beside_it(void **state)
{
	char self[4096], path[4096];
	size_t folder;

	(void)state;
	assert_int_equal(own_path(NULL, self, sizeof(self)), 0);
	assert_int_equal(own_path("../share/x", path, sizeof(path)), 0);
	folder = (size_t)(strrchr(self, '/') + 1 - self);
	assert_memory_equal(path, self, folder);
	assert_string_equal(path + folder, "../share/x");
}

static void a_place_that_is_too_small(void **state)
{
	char path[4096];
	size_t length;

	(void)state;
	assert_int_equal(own_path(NULL, path, sizeof(path)), 0);
	length = strlen(path);
	assert_int_equal(own_path(NULL, path, length), -ENAMETOOLONG);
	assert_int_equal(own_path(NULL, path, length + 1), 0);
	assert_int_equal(own_path("a much longer name than that of the test", path, length + 1),
			 -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_program_itself),
		cmocka_unit_test(a_file_beside_it),
		cmocka_unit_test(a_place_that_is_too_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
