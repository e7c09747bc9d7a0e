// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "service/store.h"

/*
 * The store's system calls go through here (the linker's --wrap): counted, written down, and at
 * the one that the test has chosen the process ends, as by kill -9. A write that is chosen is
 * torn: half of it is there.
 */
static int calls, chosen;
static char trace[512];

int __wrap_openat(int folder, const char *path, int flags, ...);
int __real_openat(int folder, const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *data, size_t length);
ssize_t __real_write(int fd, const void *data, size_t length);
int __wrap_fsync(int fd);
int __real_fsync(int fd);
int __wrap_mkdirat(int folder, const char *path, mode_t mode);
int __real_mkdirat(int folder, const char *path, mode_t mode);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_unlinkat(int folder, const char *path, int flags);
int __real_unlinkat(int folder, const char *path, int flags);

static bool is_chosen(const char *name)
{
	size_t used = strlen(trace);

	snprintf(trace + used, sizeof(trace) - used, "%s ", name);
	return ++calls == chosen;
}

int __wrap_openat(int folder, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (is_chosen("open"))
		_exit(9);
	return __real_openat(folder, path, flags, mode);
}

ssize_t __wrap_write(int fd, const void *data, size_t length)
{
	if (is_chosen("write")) {
		__real_write(fd, data, length / 2);
		_exit(9);
	}
	return __real_write(fd, data, length);
}

int __wrap_fsync(int fd)
{
	struct stat st;

	fstat(fd, &st);
	if (is_chosen(S_ISDIR(st.st_mode) ? "sync-folder" : "sync"))
		_exit(9);
	return __real_fsync(fd);
}

int __wrap_mkdirat(int folder, const char *path, mode_t mode)
{
	if (is_chosen("mkdir"))
		_exit(9);
	return __real_mkdirat(folder, path, mode);
}

int __wrap_renameat(int from, const char *old, int to, const char *new)
{
	if (is_chosen("rename"))
		_exit(9);
	return __real_renameat(from, old, to, new);
}

int __wrap_unlinkat(int folder, const char *path, int flags)
{
	if (is_chosen("unlink"))
		_exit(9);
	return __real_unlinkat(folder, path, flags);
}

static char folder[] = "/tmp/test_store.XXXXXX";

static int enter(void **state)
{
	(void)state;
	memcpy(strchr(folder, '.'), ".XXXXXX", sizeof(".XXXXXX"));
	chosen = 0;
	return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int leave(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return chdir("/") || system(command) ? -1 :
					       0; /* NOLINT(cert-env33-c): a name of ours */
}

static struct ticket entry_of(const char *id, enum ticket_state state)
{
	struct ticket ticket = { .state = state, .number = 1, .exit_code = INT64_MIN };

	ticket_text(&ticket.id, id);
	ticket_text(&ticket.name, "name");
	ticket_text(&ticket.reason, "a sentence that makes a write worth tearing");
	return ticket;
}

static struct store *open_store(void)
{
	struct store *store;
	struct why why = { "" };

	if (store_open("state", &store, &why))
		fail_msg("%s", why.text);
	return store;
}

/* --- the story that is cut short at each of its system calls --- */

static const char text[] = "name: a campaign of some length, so that a half is no whole\n";

static int set(struct store *store, const char *id, enum ticket_state state)
{
	struct ticket ticket = entry_of(id, state);
	int r = store_update(store, &ticket, NULL);

	ticket_drop(&ticket);
	return r;
}

static int add(struct store *store, const char *id)
{
	struct ticket ticket = entry_of(id, TICKET_QUEUED);
	int r = store_add(store, &ticket, text, NULL);

	ticket_drop(&ticket);
	return r;
}

static int add_a(struct store *store)
{
	return add(store, "a");
}
static int begin_a(struct store *store)
{
	return set(store, "a", TICKET_RUNNING);
}
static int add_b(struct store *store)
{
	return add(store, "b");
}
static int count_a(struct store *store)
{
	return store_write(store, "a", "counts.json", "{}", NULL);
}
static int end_a(struct store *store)
{
	return set(store, "a", TICKET_ENDED);
}
static int remove_a(struct store *store)
{
	return store_remove(store, "a", NULL);
}

/* What there is after each step. */
static const struct {
	int (*step)(struct store *store);
	const char *then;
} story[] = {
	{ add_a, "a:queued " },		  { begin_a, "a:running " },
	{ add_b, "a:running b:queued " }, { count_a, "a:running b:queued " },
	{ end_a, "a:ended b:queued " },	  { remove_a, "b:queued " },
};
enum { STEPS = sizeof(story) / sizeof(story[0]) };

/* Tells each step that it has done by a byte, not through write(). */
static void tell_story(int told)
{
	struct store *store = open_store();

	for (int i = 0; i < STEPS; i++) {
		if (story[i].step(store))
			_exit(1);
		syscall(SYS_write, told, "", 1);
	}
	store_close(store);
	_exit(0);
}

struct listing {
	struct store *store;
	char tickets[2][64];
	int nr;
};

static void note(const struct ticket *ticket, void *arg)
{
	struct listing *listing = arg;
	struct ticket mine = *ticket;
	char *kept = store_read(listing->store, ticket->id, "campaign.yaml");

	assert_string_equal(kept, text); /* whole */
	snprintf(listing->tickets[listing->nr++], 64, "%s:%s ", ticket->id,
		 ticket_state_names[ticket->state]);
	free(kept);
	ticket_drop(&mine);
}

static void assert_empty(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *item;

	while ((item = readdir(dir)))
		if (item->d_name[0] != '.')
			fail_msg("%s/%s is left", path, item->d_name);
	closedir(dir);
}

/* What a start finds, as text. */
static void look(char list[128])
{
	struct listing listing = { .store = open_store() };
	struct why why = { "" };
	bool in_order;

	if (store_each(listing.store, note, &listing, &why))
		fail_msg("%s", why.text);
	in_order = listing.nr < 2 || strcmp(listing.tickets[0], listing.tickets[1]) < 0;
	snprintf(list, 128, "%s%s", listing.tickets[in_order ? 0 : 1],
		 listing.tickets[in_order ? 1 : 0]);
	store_close(listing.store);
	assert_empty("state/new");
	assert_empty("state/old");
}

static void test_cut_short_everywhere(void **state)
{
	int deaths = 0, status;

	(void)state;
	for (int at = 1;; at++) {
		int told[2], done = 0;
		char byte, list[128];
		pid_t pid;

		assert_int_equal(pipe(told), 0);
		pid = fork();
		if (!pid) {
			calls = 0;
			chosen = at;
			tell_story(told[1]);
		}
		close(told[1]);
		while (read(told[0], &byte, 1) == 1)
			done++;
		close(told[0]);
		waitpid(pid, &status, 0);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == 0)
			break;
		assert_int_equal(WEXITSTATUS(status), 9);
		deaths++;
		look(list);
		/* As before the step that was in hand, or as after it. */
		if (strcmp(list, done ? story[done - 1].then : "") != 0 &&
		    strcmp(list, story[done].then) != 0)
			fail_msg("call %d, after %d steps: \"%s\"", at, done, list);
		assert_int_equal(system("rm -rf state"), 0); /* NOLINT(cert-env33-c) */
	}
	assert_true(deaths > 30);
}

/* What is renamed has been synced, and the folder is before anybody is told. */
static void test_order_of_syncs(void **state)
{
	struct store *store = open_store();

	(void)state;
	trace[0] = '\0';
	assert_int_equal(add(store, "a"), 0);
	/* clang-format off */
	assert_string_equal(trace, "open unlink " "mkdir open " "open write sync open write sync sync-folder "
				   "rename sync-folder sync-folder ");
	trace[0] = '\0';
	assert_int_equal(set(store, "a", TICKET_RUNNING), 0);
	assert_string_equal(trace, "open open write sync rename sync-folder ");
	/* clang-format on */
	trace[0] = '\0';
	assert_int_equal(store_remove(store, "a", NULL), 0);
	assert_int_equal(strncmp(trace, "rename sync-folder sync-folder ", 31), 0);
	store_close(store);
}

static void test_refused(void **state)
{
	struct store *store = open_store();
	struct why why = { "" };
	struct ticket twice = entry_of("a", TICKET_QUEUED),
		      odd = entry_of("../a", TICKET_QUEUED);

	(void)state;
	assert_int_equal(add(store, "a"), 0);
	assert_int_equal(store_add(store, &twice, text, &why), -EEXIST);
	assert_true(store_add(store, &odd, text, &why) < 0);
	assert_string_equal(store_path(store, "..", "x").text, "");
	assert_string_equal(store_path(store, "a/b", NULL).text, "");
	assert_string_equal(store_path(store, "a", "x").text, "state/campaigns/a/x");
	assert_null(store_read(store, "nobody", "entry.json"));
	ticket_drop(&twice);
	ticket_drop(&odd);
	store_close(store);
}

static void ignore(const struct ticket *ticket, void *arg)
{
	(void)ticket;
	(*(int *)arg)++;
}

static void test_damaged(void **state)
{
	struct store *store = open_store();
	struct why why = { "" };
	int found = 0;

	(void)state;
	assert_int_equal(mkdir("state/campaigns/odd", 0755), 0);
	assert_int_equal(store_each(store, ignore, &found, &why), -EINVAL);
	assert_int_equal(found, 0);
	assert_non_null(strstr(why.text, "state/campaigns/odd/entry.json is not a campaign"));
	store_close(store);
}

static mode_t mode_of(const char *path)
{
	struct stat st = { 0 };

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_modes(void **state)
{
	mode_t before = umask(0);
	struct store *store = open_store();

	(void)state;
	assert_int_equal(add(store, "a"), 0);
	assert_int_equal(set(store, "a", TICKET_RUNNING), 0);
	umask(before);
	store_close(store);
	assert_int_equal(mode_of("state"), 0700);
	assert_int_equal(mode_of("state/campaigns"), 0750);
	assert_int_equal(mode_of("state/campaigns/a"), 0750);
	assert_int_equal(mode_of("state/campaigns/a/campaign.yaml"), 0640);
	assert_int_equal(mode_of("state/campaigns/a/entry.json"), 0640);
}

static void test_folder_of_a_group(void **state)
{
	struct store *store;

	(void)state;
	assert_int_equal(mkdir("state", 0750), 0);
	assert_int_equal(chmod("state", 02750), 0);
	store = open_store();
	store_close(store);
	assert_int_equal(mode_of("state"), 02750);
	assert_int_equal(mode_of("state/campaigns"), 02750);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cut_short_everywhere, enter, leave),
		cmocka_unit_test_setup_teardown(test_order_of_syncs, enter, leave),
		cmocka_unit_test_setup_teardown(test_refused, enter, leave),
		cmocka_unit_test_setup_teardown(test_damaged, enter, leave),
		cmocka_unit_test_setup_teardown(test_modes, enter, leave),
		cmocka_unit_test_setup_teardown(test_folder_of_a_group, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
