// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The allocator of a program that is tested, one call of which fails. What an executable
 * defines stands before what its libraries define, so this counts their calls as well as ours,
 * and nothing is preloaded.
 *
 * $STARVE names a file that is a struct starve. It is shared with every process that is forked
 * from here: the Nth call is the Nth of all of them. A program that is executed is not starved.
 * Neither is the C library while it looks up a user: it asserts that it is not, and aborts.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct starve {
	uint64_t fails_at; /* 0: none */
	_Atomic uint64_t calls;
};
_Static_assert(sizeof(struct starve) == 16, "starved.sh writes and reads it");

static struct starve *starve;
static _Thread_local bool is_spared;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("STARVE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *at;

	unsetenv("STARVE");
	if (fd < 0)
		return;
	at = mmap(NULL, sizeof(*starve), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at != MAP_FAILED)
		starve = at;
}

/* A function of its own, for a breakpoint, which shows who is starved. */
__attribute__((noinline)) static void *out_of_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

static bool fails(void)
{
	return starve && !is_spared &&
	       atomic_fetch_add(&starve->calls, 1) + 1 == starve->fails_at;
}

/* Those that are next in line: the C library's, or a sanitizer's. */
static struct {
	void *(*malloc)(size_t size);
	void *(*calloc)(size_t nr, size_t size);
	void *(*realloc)(void *at, size_t size);
	struct passwd *(*getpwuid)(uid_t uid);
} next;

#define FIND(name)                                           \
	do {                                                 \
		if (!next.name)                              \
			next.name = dlsym(RTLD_NEXT, #name); \
	} while (0)

void *malloc(size_t size)
{
	FIND(malloc);
	return fails() ? out_of_memory() : next.malloc(size);
}

void *calloc(size_t nr, size_t size)
{
	FIND(calloc);
	return fails() ? out_of_memory() : next.calloc(nr, size);
}

void *realloc(void *at, size_t size)
{
	FIND(realloc);
	return fails() ? out_of_memory() : next.realloc(at, size);
}

struct passwd *getpwuid(uid_t uid)
{
	struct passwd *found;

	FIND(getpwuid);
	is_spared = true;
	found = next.getpwuid(uid);
	is_spared = false;
	return found;
}
