// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine/machine.h"
#include "own_run.h"

/* --- what kernel it is --- */

static void reads_this_machine(void **state)
{
	struct machine machine;
	struct utsname uts;

	(void)state;
	machine_read(&machine);
	assert_int_equal(uname(&uts), 0);
	assert_string_equal(machine.release, uts.release);
	assert_string_equal(machine.version, uts.version);
	assert_string_equal(machine.architecture, uts.machine);
	assert_string_equal(machine.host, uts.nodename);
	assert_in_range(machine.hz, 24, 10000);
	assert_in_range(machine.cpus_online, 1, 8192);
	assert_in_range(machine.cpus_possible, machine.cpus_online, 8192);
	assert_int_equal(strlen(machine.boot_id), 36);
	assert_non_null(strstr("none voluntary full lazy rt", machine.preempt));
	assert_non_null(strstr("none integrity confidentiality", machine.lockdown));
	assert_null(strchr(machine.command_line, '\n'));
}

static void names_the_build(void **state)
{
	struct machine first, second;
	char id[17];

	(void)state;
	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		print_message("SKIP: this kernel has no /sys/kernel/btf/vmlinux\n");
		skip();
	}
	machine_read(&first);
	snprintf(id, sizeof(id), "%s", first.btf_id);
	assert_int_equal(strspn(id, "0123456789abcdef"), 16);
	machine_read(&second);
	assert_string_equal(second.btf_id, id);
}

/* A text in the table that is not a pointer in the structure would be read as one. */
static void is_told_as_json(void **state)
{
	struct machine machine;
	char *line;

	(void)state;
	machine_read(&machine);
	line = fields_to_line(&machine_fields, "machine", &machine);
	assert_non_null(line);
	assert_non_null(strstr(line, machine.release));
	assert_non_null(strstr(line, machine.boot_id));
	free(line);
}

/* --- the lock and the mark, in a /run of our own --- */

static bool lock_holds(void)
{
	struct why why = { "" };
	char pid[32];
	int lock = machine_lock(&why);

	MUST(lock >= 0);
	MUST(!why.text[0]);
	snprintf(pid, sizeof(pid), "(pid %d)", getpid());
	/* Another open of the file, even by the same process. */
	MUST(machine_lock(&why) == -EBUSY);
	MUST(strstr(why.text, pid));
	why.text[0] = '\0';
	MUST(machine_busy(&why));
	MUST(strstr(why.text, pid));
	close(lock);
	MUST(!machine_busy(&why));
	lock = machine_lock(&why);
	MUST(lock >= 0);
	close(lock);
	return true;
}

static bool lock_goes_with_its_process(void)
{
	struct why why = { "" };
	int lock, status;
	pid_t child = fork();

	if (!child)
		_exit(machine_lock(NULL) < 0);
	MUST(waitpid(child, &status, 0) == child && status == 0);
	lock = machine_lock(&why);
	MUST(lock >= 0);
	close(lock);
	return true;
}

static bool mark_stays_until_taken(void)
{
	struct why why = { "" };

	MUST(!machine_dirty(&why));
	MUST(machine_unmark_dirty(&why) == 0);
	MUST(!machine_mark_dirty("lane 3 never came back\nand more", &why));
	MUST(!machine_mark_dirty("a later one", &why));
	MUST(!why.text[0]);
	MUST(machine_dirty(&why));
	MUST(strstr(why.text, "lane 3 never came back"));
	MUST(!strstr(why.text, "and more"));
	MUST(!strstr(why.text, "a later one"));
	MUST(machine_unmark_dirty(&why) == 1);
	MUST(!machine_dirty(&why));
	return true;
}

static bool mark_of_another_boot_means_nothing(void)
{
	static const char *const marks[] = {
		"00000000-0000-0000-0000-000000000000\n2026-01-01T00:00:00Z\nlong ago\n",
		"",
		"\n\n\n",
	};
	struct why why = { "" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		FILE *file;

		MUST(!machine_mark_dirty("makes the folder", &why));
		file = fopen(MACHINE_FOLDER "/dirty", "we");
		MUST(file);
		MUST(fputs(marks[i], file) >= 0);
		MUST(!fclose(file));
		MUST(!machine_dirty(&why));
		MUST(machine_unmark_dirty(&why) == 1);
	}
	return true;
}

static void count(const char *path, bool there, void *arg)
{
	unsigned int *seen = arg;

	seen[there]++;
	(void)path;
}

static bool make_file(const char *path)
{
	FILE *file = fopen(path, "we");

	return file && !fclose(file);
}

static bool kept_netns_are_listed(void)
{
	const char *name = MACHINE_NETNS_FOLDER "/dadrace-0";
	unsigned int seen[2] = { 0 };
	struct stat st;
	struct why why;

	machine_kept_netns(count, seen);
	MUST(!seen[false] && !seen[true]);
	MUST(!mkdir(MACHINE_NETNS_FOLDER, 0755));
	MUST(make_file(name));
	MUST(make_file(MACHINE_NETNS_FOLDER "/dadrace-mine"));
	MUST(!stat(name, &st));
	MUST(!machine_keep_netns(name, (uint32_t)st.st_ino, &why));
	machine_kept_netns(count, seen);
	MUST(!seen[false] && seen[true] == 1);
	/* Another has the name by now. */
	MUST(!machine_keep_netns(name, (uint32_t)st.st_ino + 1, &why));
	machine_kept_netns(count, seen);
	MUST(seen[false] == 1 && seen[true] == 1);
	machine_forget_netns(name);
	machine_kept_netns(count, seen);
	MUST(seen[false] == 1 && seen[true] == 1);
	return true;
}

static void locks(void **state)
{
	(void)state;
	in_own_run(lock_holds);
}

static void unlocks(void **state)
{
	(void)state;
	in_own_run(lock_goes_with_its_process);
}

static void marks(void **state)
{
	(void)state;
	in_own_run(mark_stays_until_taken);
}

static void forgets(void **state)
{
	(void)state;
	in_own_run(mark_of_another_boot_means_nothing);
}

static void lists(void **state)
{
	(void)state;
	in_own_run(kept_netns_are_listed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_this_machine),
		cmocka_unit_test(names_the_build),
		cmocka_unit_test(is_told_as_json),
		cmocka_unit_test(locks),
		cmocka_unit_test(unlocks),
		cmocka_unit_test(marks),
		cmocka_unit_test(forgets),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
