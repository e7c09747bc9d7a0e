/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_OWN_RUN_H
#define DADRACE_OWN_RUN_H

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * Runs a test in a child whose /run is empty and its own, so that it neither needs privilege
 * nor meets a run that uses this machine.
 */
enum { CHILD_PASSED, CHILD_FAILED, CHILD_CANNOT };

static bool write_map(const char *path, const char *map)
{
	FILE *file = fopen(path, "we");

	return file && fputs(map, file) >= 0 && !fclose(file);
}

/* Who is nobody in the new user namespace cannot create files there. */
static bool become_root_of_own(void)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", getegid());
	return !unshare(CLONE_NEWUSER) && write_map("/proc/self/setgroups", "deny") &&
	       write_map("/proc/self/uid_map", uids) && write_map("/proc/self/gid_map", gids);
}

static bool own_run(void)
{
	if (geteuid() && !become_root_of_own())
		return false;
	return !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("none", "/run", "tmpfs", 0, NULL);
}

static void in_own_run(bool (*passes)(void))
{
	int status;
	pid_t child = fork();

	assert_return_code(child, errno);
	if (!child)
		_exit(!own_run() ? CHILD_CANNOT : passes() ? CHILD_PASSED : CHILD_FAILED);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == CHILD_CANNOT) {
		print_message("SKIP: a mount namespace of our own is refused here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), CHILD_PASSED);
}

#define MUST(fact)                                                                       \
	do {                                                                             \
		if (!(fact)) {                                                           \
			print_message("%s:%d: not so: %s\n", __FILE__, __LINE__, #fact); \
			return false;                                                    \
		}                                                                        \
	} while (0)

#endif
