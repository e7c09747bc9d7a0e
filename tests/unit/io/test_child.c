// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/child.h"

static void fails(const char *script, int err, const char *sentence)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	char *output = NULL;
	struct why why = { "" };

	assert_int_equal(child_output(argv, NULL, &output, &why), err);
	assert_null(output);
	assert_string_equal(why.text, sentence);
}

static void its_output(void **state)
{
	const char *const argv[] = { "sh", "-c", "echo seen; echo not seen >&2", NULL };
	char *output = NULL;
	struct why why;

	(void)state;
	assert_int_equal(child_output(argv, NULL, &output, &why), 0);
	assert_string_equal(output, "seen\n");
	free(output);
}

static void how_it_failed(void **state)
{
	(void)state;
	fails("echo first >&2; echo last >&2; exit 3", -EIO, "sh: last");
	fails("exit 3", -EIO, "sh: exited with status 3 and printed nothing");
	fails("kill -9 $$", -EIO, "sh: killed by signal 9");
}

static void a_program_that_is_missing(void **state)
{
	const char *const argv[] = { "no-such-program", NULL };
	char *output = NULL;
	struct why why;

	(void)state;
	assert_int_equal(child_output(argv, NULL, &output, &why), -ENOENT);
	assert_string_equal(why.text, "no-such-program: not found; is it installed?");
}

static void completed(const char *before, const char *after)
{
	if (before)
		setenv("PATH", before, 1);
	else
		unsetenv("PATH");
	assert_true(child_complete_path());
	assert_string_equal(getenv("PATH"), after);
}

static void a_login_path_lacks_sbin(void **state)
{
	char *was = strdup(getenv("PATH"));

	(void)state;
	completed("/usr/local/bin:/usr/bin:/bin",
		  "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
	completed("/usr/sbin:/opt/sbin", "/usr/sbin:/opt/sbin:/usr/local/sbin:/sbin");
	completed("/sbin:/usr/local/sbin:/usr/sbin", "/sbin:/usr/local/sbin:/usr/sbin");
	completed("/usr/sbin.old:/x/sbin:",
		  "/usr/sbin.old:/x/sbin::/usr/local/sbin:/usr/sbin:/sbin");
	completed(NULL, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	completed("", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	setenv("PATH", was, 1);
	free(was);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_output),
		cmocka_unit_test(how_it_failed),
		cmocka_unit_test(a_program_that_is_missing),
		cmocka_unit_test(a_login_path_lacks_sbin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
