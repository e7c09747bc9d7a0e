// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lane/program.h"
#include "lane/thread_i.h"

/* Thread I without a libc is thread I: what it runs, says and returns. */

enum { WORDS = 4 };
struct end {
	int status;
	char said[512];
};

static int program;

static void hear(pid_t pid, const int go[2], const int said[2], bool told, struct end *end)
{
	ssize_t n;

	assert_true(pid > 0);
	close(go[0]);
	close(said[1]);
	if (told)
		assert_int_equal(write(go[1], "", 1), 1);
	close(go[1]);
	*end = (struct end){ 0 };
	for (size_t at = 0;
	     (n = read(said[0], end->said + at, sizeof(end->said) - 1 - at)) > 0;)
		at += (size_t)n;
	close(said[0]);
	assert_int_equal(waitpid(pid, &end->status, 0), pid);
}

static void by_program(const char *const *words, bool told, struct end *end)
{
	int go[2], said[2];

	assert_int_equal(pipe2(go, O_CLOEXEC) | pipe2(said, O_CLOEXEC), 0);
	hear(program_start(program, words, go[0], said[1]), go, said, told, end);
}

static void by_fork(const struct thread_i *ask, bool told, struct end *end)
{
	int go[2], said[2];
	pid_t pid;

	assert_int_equal(pipe2(go, O_CLOEXEC) | pipe2(said, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		program_given(go[0], said[1]);
		thread_i_run(ask);
	}
	hear(pid, go, said, told, end);
}

static void same_command(const char *const words[WORDS], int status, const char *said)
{
	const char *all[WORDS + 2] = { "command" };
	const struct thread_i ask = { .command = (char *const *)words };
	struct end ends[2];

	memcpy(all + 1, words, WORDS * sizeof(words[0]));
	by_program(all, true, &ends[0]);
	by_fork(&ask, true, &ends[1]);
	assert_string_equal(ends[0].said, ends[1].said);
	assert_int_equal(ends[0].status, ends[1].status);
	assert_int_equal(WEXITSTATUS(ends[0].status), status);
	assert_non_null(strstr(ends[0].said, said));
}

static void a_command_is_found_in_PATH(void **state)
{
	(void)state;
	same_command((const char *const[WORDS]){ "sh", "-c", "echo $0 at work >&2; exit 7" }, 7,
		     "sh at work");
}

static void its_input_and_output_are_nothing(void **state)
{
	(void)state;
	same_command(
		(const char *const[WORDS]){ "sh", "-c",
					    "echo lost; read -r line || echo nothing >&2" },
		0, "nothing");
}

static void it_has_default_signals(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	same_command((const char *const[WORDS]){ "sh", "-c", "kill -PIPE $$; echo alive >&2" },
		     0, "");
	signal(SIGPIPE, SIG_DFL);
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	same_command((const char *const[WORDS]){ "no-such-program" }, 127,
		     "no-such-program: No such file or directory");
	same_command((const char *const[WORDS]){ "/etc/passwd" }, 126,
		     "/etc/passwd: Permission denied");
	same_command((const char *const[WORDS]){ "/etc/passwd/x" }, 126,
		     "/etc/passwd/x: Not a directory");
}

static void a_text_is_for_the_shell(void **state)
{
	char path[] = "/tmp/dadrace-test-program-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "echo \"$1\" >&2; exit 3\n", 22), 22);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	same_command((const char *const[WORDS]){ path, "a word" }, 3, "a word");
	unlink(path);
}

static void a_device_that_is_not_there_is_named(void **state)
{
	const char *const words[] = { "do_dad", "no-such-device", "100", NULL };
	const struct thread_i ask = { .dut = "no-such-device", .deadline_ms = 100 };
	struct end ends[2];

	(void)state;
	by_program(words, true, &ends[0]);
	by_fork(&ask, true, &ends[1]);
	assert_string_equal(ends[0].said,
			    "do_dad: SIOCGIFINDEX no-such-device: No such device\n");
	assert_string_equal(ends[1].said, ends[0].said);
	assert_int_equal(WEXITSTATUS(ends[0].status), 1);
	assert_int_equal(ends[1].status, ends[0].status);
}

static void without_a_word_it_gives_up(void **state)
{
	const char *const words[] = { "command", "true", NULL };
	struct end end;

	(void)state;
	by_program(words, false, &end);
	assert_int_equal(WEXITSTATUS(end.status), THREAD_I_GIVES_UP);
	assert_string_equal(end.said, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_found_in_PATH),
		cmocka_unit_test(its_input_and_output_are_nothing),
		cmocka_unit_test(it_has_default_signals),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(a_text_is_for_the_shell),
		cmocka_unit_test(a_device_that_is_not_there_is_named),
		cmocka_unit_test(without_a_word_it_gives_up),
	};

	program = program_open();
	if (program < 0) {
		puts("SKIP: no program can be run from memory here (vm.memfd_noexec)");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
