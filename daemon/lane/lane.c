// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lane/lane.h"
#include "lane/stack.h"

struct lane {
	struct lane_ask ask;
	pid_t pid;
	int channel;
	int status; /* wait status, once gone */
	bool gone;
};

int lane_start(const struct lane_ask *ask, lane_work *work, struct lane **out, struct why *why)
{
	struct lane *lane = calloc(1, sizeof(*lane));
	int channel[2], size = 4 * (int)sizeof(struct lane_message);
	int err = probes_lane_open(ask->probes, ask->slot, why);

	if (!lane || err) {
		free(lane);
		return err ? err : why_memory(why);
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel)) {
		err = errno;
		free(lane);
		return why_set(why, err, "lane %u: cannot be given a socket pair: %s",
			       ask->number, strerror(err));
	}
	lane->ask = *ask;
	lane->ask.digests = mmap(NULL, DIGEST_OBJECTS * sizeof(struct digest),
				 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (lane->ask.digests == MAP_FAILED) {
		err = errno;
		close(channel[0]);
		close(channel[1]);
		free(lane);
		return why_set(why, err, "lane %u: cannot be given shared memory: %s",
			       ask->number, strerror(err));
	}
	setsockopt(channel[1], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	lane->channel = channel[0];

	fflush(NULL);
	/*
	 * fork(), with a pid namespace that begins with the child and not with its next child.
	 */
	lane->pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (lane->pid == 0)
		work(&lane->ask, channel[1]);
	err = errno;
	close(channel[1]);
	if (lane->pid < 0) {
		munmap(lane->ask.digests, DIGEST_OBJECTS * sizeof(struct digest));
		close(channel[0]);
		free(lane);
		return why_exit(why, err == EPERM ? EXIT_CANNOT : EXIT_INTERNAL, err,
				"lane %u: cannot be given a pid namespace: %s%s", ask->number,
				strerror(err),
				err == EPERM ? "; CAP_SYS_ADMIN is missing" : "");
	}
	*out = lane;
	return 0;
}

int lane_fd(const struct lane *lane)
{
	return lane->channel;
}

pid_t lane_pid(const struct lane *lane)
{
	return lane->pid;
}

uint32_t lane_number(const struct lane *lane)
{
	return lane->ask.number;
}

static bool say_gone(struct lane *lane, struct lane_message *message)
{
	message->kind = LANE_GONE;
	if (!lane_gone(lane))
		why_set(&message->why, 0,
			"lane %u: its process closed the channel to the campaign",
			lane->ask.number);
	else if (WIFSIGNALED(lane->status))
		why_set(&message->why, 0, "lane %u: its process was killed by signal %d (%s)",
			lane->ask.number, WTERMSIG(lane->status),
			strsignal(WTERMSIG(lane->status)));
	else
		why_set(&message->why, 0, "lane %u: its process exited with status %d",
			lane->ask.number, WEXITSTATUS(lane->status));
	return true;
}

bool lane_receive(struct lane *lane, struct lane_message *message)
{
	ssize_t size = recv(lane->channel, message, sizeof(*message), MSG_DONTWAIT);

	if (size < 0 && errno == EAGAIN)
		return false;
	if (size < (ssize_t)offsetof(struct lane_message, evidence))
		return say_gone(lane, message);
	if (message->kind == LANE_READY && probes_lane_bind(lane->ask.probes, lane->ask.slot,
							    &message->identity, &message->why))
		message->kind = LANE_FAILED;
	return true;
}

int lane_run(struct lane *lane, const struct lane_order *order, struct why *why)
{
	if (order->ledger) /* a lane that dies leaves no digest */
		memset(lane->ask.digests, 0, DIGEST_OBJECTS * sizeof(struct digest));
	for (int i = 0; order->ledger && i < DIGEST_OBJECTS; i++)
		lane->ask.digests[i].state = LEDGER_LOST;
	if (send(lane->channel, order, sizeof(*order), MSG_NOSIGNAL) < 0)
		return why_set(why, errno, "lane %u: cannot be given trial %u: %s",
			       lane->ask.number, order->spec.trial, strerror(errno));
	return 0;
}

const struct digest *lane_digest(const struct lane *lane, enum digest_object object)
{
	return &lane->ask.digests[object];
}

void lane_hurry(struct lane *lane)
{
	send(lane->channel, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void lane_stack(const struct lane *lane, struct evidence *evidence)
{
	stack_read(lane->pid, evidence);
}

void lane_end(struct lane *lane)
{
	shutdown(lane->channel, SHUT_WR);
}

void lane_kill(struct lane *lane)
{
	if (!lane->gone)
		kill(lane->pid, SIGKILL);
}

bool lane_gone(struct lane *lane)
{
	if (!lane->gone && waitpid(lane->pid, &lane->status, WNOHANG) == lane->pid)
		lane->gone = true;
	return lane->gone;
}

void lane_free(struct lane *lane)
{
	if (!lane)
		return;
	close(lane->channel);
	probes_lane_close(lane->ask.probes, lane->ask.slot);
	munmap(lane->ask.digests, DIGEST_OBJECTS * sizeof(struct digest));
	free(lane);
}
