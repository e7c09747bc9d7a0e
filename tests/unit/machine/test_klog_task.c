// SPDX-License-Identifier: GPL-2.0-or-later
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "machine/klog.h"

/* As a lane does it: a process, and in a pid namespace of its own another one. */
struct lane {
	pid_t outer;
	pid_t inner; /* as we number it; 0: no such namespace can be made here */
};

static void wait_to_be_killed(void)
{
	for (;;)
		pause();
}

static void begin(struct lane *lane)
{
	int told[2];

	assert_int_equal(pipe(told), 0);
	lane->outer = fork();
	assert_true(lane->outer >= 0);
	if (!lane->outer) {
		bool is_apart =
			!unshare(CLONE_NEWPID) || !unshare(CLONE_NEWUSER | CLONE_NEWPID);
		pid_t inner = is_apart ? fork() : 0;

		if ((inner > 0 || !is_apart) && write(told[1], &inner, sizeof(inner)) < 0)
			_exit(1);
		wait_to_be_killed();
	}
	close(told[1]);
	assert_int_equal(read(told[0], &lane->inner, sizeof(lane->inner)), sizeof(lane->inner));
	close(told[0]);
}

static void end(const struct lane *lane)
{
	if (lane->inner)
		kill(lane->inner, SIGKILL);
	kill(lane->outer, SIGKILL);
	waitpid(lane->outer, NULL, 0);
}

static bool log_counts_as_we_do(void)
{
	char link[64] = "";

	return readlink("/proc/self/ns/pid", link, sizeof(link) - 1) > 0 &&
	       !strcmp(link, "pid:[4026531836]");
}

static void test_tasks_of_a_lane(void **state)
{
	struct lane lane;

	(void)state;
	begin(&lane);
	if (log_counts_as_we_do() && lane.inner) {
		assert_int_equal(klog_task_of((uint32_t)lane.inner, lane.inner),
				 KLOG_TASK_OURS);
		assert_int_equal(klog_task_of((uint32_t)lane.outer, lane.inner),
				 KLOG_TASK_STRANGER);
	} else {
		assert_int_not_equal(klog_task_of((uint32_t)lane.outer, lane.outer),
				     KLOG_TASK_OURS);
	}
	end(&lane);
	assert_int_equal(klog_task_of((uint32_t)lane.outer, getpid()), KLOG_TASK_UNKNOWN);
}

/* A lane is in a namespace of its own: what is in ours is none of its tasks. */
static void test_tasks_of_nobody(void **state)
{
	(void)state;
	assert_int_equal(klog_task_of((uint32_t)getpid(), getpid()), KLOG_TASK_UNKNOWN);
	assert_int_equal(klog_task_of(0, getpid()), KLOG_TASK_UNKNOWN);
	assert_int_equal(klog_task_of(UINT32_MAX, getpid()), KLOG_TASK_UNKNOWN);
	if (log_counts_as_we_do()) /* kthreadd */
		assert_int_equal(klog_task_of(2, getpid()), KLOG_TASK_UNKNOWN);
	assert_int_not_equal(klog_task_of((uint32_t)getppid(), getpid()), KLOG_TASK_OURS);
}

static void test_this_is_no_guest(void **state)
{
	(void)state;
	assert_false(klog_in_guest());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tasks_of_a_lane),
		cmocka_unit_test(test_tasks_of_nobody),
		cmocka_unit_test(test_this_is_no_guest),
	};

	return cmocka_run_group_tests_name("klog_task", tests, NULL, NULL);
}
