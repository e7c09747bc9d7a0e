// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include "own_run.h"
#include "testbed/undo.h"

static bool is_step(const struct journal_step *step, enum journal_kind kind,
		    const char *subject, const char *value)
{
	return step->kind == kind && !strcmp(step->subject, subject) &&
	       !strcmp(step->value, value);
}

static bool steps_are_read_back(void)
{
	static const char odd[] = "a b\tc\nd%e\x7f";
	struct journal_step *steps = NULL;
	struct journal *journal = NULL;
	struct why why = { "" };
	size_t nr = 0;

	if (journal_create(&journal, &why))
		print_message("%s\n", why.text);
	MUST(journal);
	MUST(!journal_push(journal, JOURNAL_DEVICE, "eth0", "7", &why));
	MUST(!journal_push(journal, JOURNAL_ADDRESSES, odd, "", &why));
	MUST(!journal_read(journal, &steps, &nr, &why));
	MUST(nr == 2);
	MUST(is_step(&steps[0], JOURNAL_DEVICE, "eth0", "7"));
	MUST(is_step(&steps[1], JOURNAL_ADDRESSES, odd, ""));
	free(steps);
	journal_close(journal);
	return true;
}

static bool half_a_line_is_no_step(void)
{
	struct journal_step *steps = NULL;
	struct journal *journal = NULL;
	struct why why = { "" };
	size_t nr = 0;

	MUST(!journal_create(&journal, &why));
	MUST(!journal_push(journal, JOURNAL_DEVICE, "eth0", "7", &why));
	MUST(write(journal->fd, "sysctl\t/proc/sys/net", 20) == 20);
	MUST(!journal_read(journal, &steps, &nr, &why));
	MUST(nr == 1);
	free(steps);
	MUST(write(journal->fd, "\n", 1) == 1); /* now it is a line, with a field too few */
	MUST(journal_read(journal, &steps, &nr, &why) == -EBADMSG);
	MUST(strstr(why.text, ".journal:2: "));
	journal_close(journal);
	return true;
}

/* Whose step it is nobody knows: it is not passed over. */
static bool a_step_without_a_device_is_refused(void)
{
	static const enum journal_kind bad[][2] = {
		{ JOURNAL_FLAGS, JOURNAL_DEVICE },
		{ JOURNAL_NETNS, JOURNAL_FLAGS },
		{ JOURNAL_DEVICE, JOURNAL_NETNS },
	};
	static const char *const line[] = { ".journal:1: ", ".journal:2: ", ".journal:2: " };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct journal_step *steps = NULL;
		struct journal *journal = NULL;
		struct why why = { "" };
		char path[JOURNAL_PATH];
		size_t nr = 0;

		MUST(!journal_create(&journal, &why));
		MUST(!journal_push(journal, bad[i][0], "eth0", "7", &why));
		MUST(!journal_push(journal, bad[i][1], "eth0", "7", &why));
		MUST(journal_read(journal, &steps, &nr, &why) == -EBADMSG);
		MUST(strstr(why.text, line[i]));
		snprintf(path, sizeof(path), "%s", journal->path);
		MUST(undo_own(journal, &why) == -EBADMSG);
		MUST(!unlink(path)); /* it stayed */
	}
	return true;
}

static bool too_long_is_refused(void)
{
	struct journal *journal = NULL;
	char subject[JOURNAL_FIELD + 1];
	struct why why = { "" };
	struct stat st;

	memset(subject, 'x', JOURNAL_FIELD);
	subject[JOURNAL_FIELD] = '\0';
	MUST(!journal_create(&journal, &why));
	MUST(journal_push(journal, JOURNAL_SYSCTL, subject, "1", &why) == -ENAMETOOLONG);
	MUST(!fstat(journal->fd, &st) && st.st_size == 0);
	journal_close(journal);
	return true;
}

static void keep_path(const char *path, void *arg)
{
	snprintf(arg, JOURNAL_PATH, "%s", path);
}

static bool make_journal(int pid)
{
	char path[JOURNAL_PATH];
	int fd;

	snprintf(path, sizeof(path), MACHINE_FOLDER "/undo-%d-1.journal", pid);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd >= 0 && !close(fd);
}

static unsigned int files_left(void)
{
	unsigned int nr;
	glob_t found;

	nr = glob(MACHINE_FOLDER "/*", 0, NULL, &found) ? 0 : (unsigned int)found.gl_pathc;
	globfree(&found);
	return nr;
}

/* The pid of an owner may be another process' by now: it started at another time. */
static bool orphans_are_of_dead_owners(void)
{
	char path[JOURNAL_PATH] = "";
	struct journal *journal = NULL;
	struct why why = { "" };

	MUST(!journal_create(&journal, &why));
	journal_orphans(keep_path, path);
	MUST(!path[0]);
	MUST(make_journal(getpid()));
	journal_orphans(keep_path, path);
	MUST(strstr(path, "-1.journal"));
	MUST(!undo_own(journal, &why) && files_left() == 1);
	MUST(!undo_replay(NULL, NULL, &why) && files_left() == 0);
	return true;
}

static void reads_back(void **state)
{
	(void)state;
	in_own_run(steps_are_read_back);
}

static void passes_over_half_a_line(void **state)
{
	(void)state;
	in_own_run(half_a_line_is_no_step);
}

static void refuses_a_step_without_a_device(void **state)
{
	(void)state;
	in_own_run(a_step_without_a_device_is_refused);
}

static void refuses_too_long(void **state)
{
	(void)state;
	in_own_run(too_long_is_refused);
}

static void lists_orphans(void **state)
{
	(void)state;
	in_own_run(orphans_are_of_dead_owners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back),
		cmocka_unit_test(passes_over_half_a_line),
		cmocka_unit_test(refuses_a_step_without_a_device),
		cmocka_unit_test(refuses_too_long),
		cmocka_unit_test(lists_orphans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
