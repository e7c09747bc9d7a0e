// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "change/change.h"
#include "io/loop.h"
#include "lane/bringup.h"
#include "lane/program.h"
#include "lane/thread_i.h"

/* --- a change between the flag sets --- */

struct change_ask {
	const struct testbed *testbed;
	const struct bringup_does *does;
	volatile struct bringup_change *told;
	uint32_t deadline_ms;
	struct change_about about; /* of make_change(), for undo_change() */
};

static struct change_about about_of(const struct testbed *testbed)
{
	const struct testbed_device *dut = testbed_dut(testbed);
	const struct testbed_device *peer = testbed_peer(testbed);

	return (struct change_about){
		.testbed = testbed,
		.dut = dut->name,
		.ifindex = dut->ifindex,
		.link_local = dut->link_local,
		.router = peer ? peer->link_local : in6addr_any,
	};
}

/*
 * A change that fails is recorded; the flags are restored all the same, if the device is left.
 */
static enum thread_i_left make_change(void *arg, int socket, unsigned int ifindex)
{
	struct change_ask *ask = arg;
	const struct bringup_does *does = ask->does;
	struct pollfd due = { .fd = THREAD_I_GO, .events = POLLIN };

	ask->about = about_of(ask->testbed);
	ask->about.ifindex = ifindex;
	ask->about.socket = socket;
	ask->about.deadline_ns = loop_now() + ask->deadline_ms * 1000000ULL / 2;
	if (does->waits_ms)
		poll(&due, 1, (int)does->waits_ms);
	ask->told->begun_ns = loop_now();
	/* Before it is made: what is killed halfway has left something, too. */
	ask->told->stays = change_of(does->change)->stays;
	ask->told->error = change_make(does->change, &ask->about);
	ask->told->ended_ns = loop_now();
	__atomic_store_n(does->changed, does->trial, __ATOMIC_SEQ_CST);
	if (!ask->told->error && change_has(does->change, CHANGE_DELETES_DEVICE))
		return LEFT_NOTHING;
	return change_has(does->change, CHANGE_DELETES_ADDRESS) ? LEFT_WITHOUT_ADDRESS :
								  LEFT_ALL;
}

static void undo_change(void *arg)
{
	struct change_ask *ask = arg;
	int err = change_undo(&ask->about);

	ask->told->stays = false;
	if (err)
		ask->told->error = err;
}

/* --- a command --- */

/* {dut} and {peer} replaced; cut at size. */
static void substitute(const char *text, const char *dut, const char *peer, char *out,
		       size_t size)
{
	size_t n = 0;

	while (*text && n + 1 < size) {
		const char *name = !strncmp(text, "{dut}", 5)  ? dut :
				   !strncmp(text, "{peer}", 6) ? peer :
								 NULL;

		if (name) {
			n += (size_t)snprintf(out + n, size - n, "%s", name);
			n = n < size ? n : size - 1;
			text += name == dut ? 5 : 6;
		} else {
			out[n++] = *text++;
		}
	}
	out[n] = '\0';
}

/* "command" and its words, or "do_dad", the device and the deadline: a block to be freed. */
static const char **words_of(const struct campaign *campaign, const char *dut, const char *peer)
{
	enum { LEAST = 4, NAMES = 1024 };
	uint32_t nr = campaign->bringup.nr_command;
	size_t pointers = (nr + LEAST) * sizeof(char *), size = pointers + NAMES;
	const char **words;
	char *at;

	for (uint32_t i = 0; i < nr; i++)
		size += strlen(campaign->bringup.command[i]) + NAMES;
	words = calloc(1, size);
	if (!words)
		return NULL;
	at = (char *)words + pointers;
	if (campaign->bringup.kind != BRINGUP_COMMAND) {
		words[0] = "do_dad";
		words[1] = dut;
		words[2] = at;
		snprintf(at, NAMES, "%u", campaign->bringup.deadline_ms / 2);
		return words;
	}
	words[0] = "command";
	for (uint32_t i = 0; i < nr; i++) {
		substitute(campaign->bringup.command[i], dut, peer, at,
			   strlen(campaign->bringup.command[i]) + NAMES);
		words[i + 1] = at;
		at += strlen(at) + 1;
	}
	return words;
}

/* --- the process --- */

struct pipes {
	int go[2], said[2];
};

static void pipes_close(const struct pipes *pipes)
{
	const int all[] = { pipes->go[0], pipes->go[1], pipes->said[0], pipes->said[1] };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] >= 0)
			close(all[i]);
}

static int pipes_open(struct pipes *pipes)
{
	*pipes = (struct pipes){ { -1, -1 }, { -1, -1 } };
	if (pipe2(pipes->go, O_CLOEXEC) || pipe2(pipes->said, O_CLOEXEC))
		return -errno;
	/* Our end only: a program does not expect EAGAIN. */
	fcntl(pipes->said[0], F_SETFL, O_NONBLOCK);
	return 0;
}

/* A copy of the lane: for what the program cannot do, and where it cannot be run. */
static pid_t fork_lane(const struct thread_i *ask, const struct pipes *pipes)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	close(pipes->go[1]);
	program_given(pipes->go[0], pipes->said[1]);
	thread_i_run(ask);
}

/* The memory in which both tell of a change. */
static volatile struct bringup_change *share_change(void)
{
	void *shared = mmap(NULL, sizeof(struct bringup_change), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return shared == MAP_FAILED ? NULL : shared;
}

static pid_t start(const struct campaign *campaign, const struct testbed *testbed,
		   const struct bringup_does *does, volatile struct bringup_change *told,
		   const struct pipes *pipes)
{
	const struct testbed_device *peer = testbed_peer(testbed);
	const char *dut = testbed_dut(testbed)->name;
	const char **words = words_of(campaign, dut, peer ? peer->name : "");
	struct change_ask change = { .testbed = testbed,
				     .does = does,
				     .told = told,
				     .deadline_ms = campaign->bringup.deadline_ms / 2 };
	struct thread_i ask = { .dut = dut, .deadline_ms = change.deadline_ms };
	pid_t pid = -1;

	if (!words)
		return pid;
	if (campaign->bringup.kind == BRINGUP_COMMAND)
		ask.command = (char *const *)words + 1;
	if (does->change) {
		ask.change = make_change;
		ask.undo = undo_change;
		ask.arg = &change;
	}
	pid = does->change || does->program < 0 ?
		      fork_lane(&ask, pipes) :
		      program_start(does->program, words, pipes->go[0], pipes->said[1]);
	free(words);
	return pid;
}

int bringup_start(const struct campaign *campaign, const struct testbed *testbed,
		  const struct bringup_does *does, struct bringup *bringup, struct why *why)
{
	volatile struct bringup_change *told = does->change ? share_change() : NULL;
	struct pipes pipes;
	int err = pipes_open(&pipes);
	pid_t pid = -1;

	if (!err && does->change && !told)
		err = -ENOMEM;
	if (!err)
		pid = start(campaign, testbed, does, told, &pipes);
	if (pid < 0) {
		err = err ?: -errno;
		pipes_close(&pipes);
		if (told)
			munmap((void *)told, sizeof(*told));
		return why_set(why, -err, "bring-up: cannot be started: %s", strerror(-err));
	}
	close(pipes.go[0]);
	close(pipes.said[1]);
	*bringup = (struct bringup){ .pid = pid,
				     .change = told,
				     .go = pipes.go[1],
				     .waits = does->change && does->waits_ms,
				     .said = pipes.said[0] };
	return 0;
}

static void say(struct bringup *bringup, bool more)
{
	if (bringup->go < 0 || write(bringup->go, "", 1) != 1 || more)
		return;
	close(bringup->go);
	bringup->go = -1;
}

void bringup_go(struct bringup *bringup)
{
	say(bringup, bringup->waits);
}

void bringup_change(struct bringup *bringup)
{
	if (bringup->waits)
		say(bringup, false);
}

int bringup_undo(struct bringup *bringup, const struct testbed *testbed,
		 enum change_kind change)
{
	struct change_about about = about_of(testbed);
	int err;

	if (!bringup->change || !bringup->change->stays)
		return 0;
	about.change = change_of(change);
	about.made = true;
	err = change_undo(&about);
	bringup->change->stays = false;
	return err;
}

bool bringup_hear(struct bringup *bringup)
{
	char block[4096];
	ssize_t n = 0;

	while (bringup->said >= 0 && (n = read(bringup->said, block, sizeof(block))) > 0)
		last_words_add(bringup->words, block, (size_t)n);
	return n < 0 && errno == EAGAIN;
}

void bringup_forget(struct bringup *bringup)
{
	if (bringup->go >= 0)
		close(bringup->go);
	if (bringup->said >= 0)
		close(bringup->said);
	if (bringup->change)
		munmap((void *)bringup->change, sizeof(*bringup->change));
	*bringup = (struct bringup){ .go = -1, .said = -1 };
}
