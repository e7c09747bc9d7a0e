// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/guest_root.h"

static char root[] = "/tmp/dadrace-root-XXXXXX";

static void write_file(const char *name, mode_t mode)
{
	int fd = openat(AT_FDCWD, name, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, name, strlen(name)), (ssize_t)strlen(name));
	close(fd);
}

/* What is there: a file, a program, links inside and out of the folder, and no file at all. */
static int make_root(void **state)
{
	(void)state;
	umask(022);
	if (!mkdtemp(root) || chmod(root, 0755) || chdir(root))
		return -1;
	write_file("file", 0644);
	write_file("program", 0755);
	return symlink("/file", "inside") || symlink("../../../../../etc/passwd", "outside") ||
	       symlink("/etc/passwd", "absolute") || mkfifo("fifo", 0644) ||
	       mkdir("folder", 0755);
}

static int drop_root(void **state)
{
	static const char *const names[] = { "file",	"program",  "inside",
					     "outside", "absolute", "fifo" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	rmdir("folder");
	return chdir("/") || rmdir(root);
}

static void assert_opens(const char *path, const char *text)
{
	int fd = root_open(root, path);
	char read_back[32] = "";

	assert_true(fd >= 0);
	assert_true(read(fd, read_back, sizeof(read_back) - 1) > 0);
	assert_string_equal(read_back, text);
	close(fd);
}

static void test_paths(void **state)
{
	(void)state;
	assert_opens("/file", "file");
	assert_opens("/inside", "file");
	assert_opens("/../../folder/../file", "file");
	assert_int_equal(root_open(root, "/outside"), -ENOENT);
	assert_int_equal(root_open(root, "/absolute"), -ENOENT);
	assert_int_equal(root_open(root, "/fifo"), -ENOENT);
	assert_int_equal(root_open(root, "/folder"), -ENOENT);
	assert_true(root_has(root, "/inside"));
	assert_false(root_has(root, "/absolute"));
	assert_false(root_has_program(root, "/file"));
	assert_true(root_has_program(root, "/program"));
}

/* Whoever may write to the folder could choose what the guest runs, and what it is given. */
static void test_writable(void **state)
{
	static const mode_t modes[] = { 0775, 0757, 01777 };
	struct why why;

	(void)state;
	assert_int_equal(root_check(root, &why), 0);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(root, modes[i]), 0);
		assert_int_equal(root_check(root, &why), -EPERM);
		assert_int_equal(why.code, EXIT_CONFIG);
		assert_non_null(strstr(why.text, "vm.root: /tmp/dadrace-root-"));
		assert_int_equal(root_open(root, "/file"), -EPERM);
		assert_false(root_has(root, "/file"));
	}
	assert_int_equal(chmod(root, 0755), 0);
	assert_opens("/file", "file");
	assert_int_equal(chmod("file", 0664), 0);
	assert_int_equal(root_open(root, "/inside"), -EPERM);
	assert_int_equal(chmod("file", 0644), 0);
	assert_opens("/inside", "file");
}

static void test_owner(void **state)
{
	struct why why;

	(void)state;
	if (geteuid())
		skip(); /* only root can give a folder away */
	assert_int_equal(chown(root, 1234, 1234), 0);
	assert_int_equal(root_check(root, &why), -EPERM);
	assert_non_null(strstr(why.text, "owned by user 1234, mode 0755"));
	assert_int_equal(root_open(root, "/file"), -EPERM);
	assert_int_equal(chown(root, 0, 0), 0);
	assert_opens("/file", "file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_writable),
		cmocka_unit_test(test_owner),
	};

	return cmocka_run_group_tests(tests, make_root, drop_root);
}
