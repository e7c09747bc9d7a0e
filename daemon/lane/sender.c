// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/end_child.h"
#include "base/keep_fds.h"
#include "frame/frame.h"
#include "io/loop.h"
#include "lane/realtime.h"
#include "lane/sender.h"

enum { JOBS_MAX = ECHOES_MAX + ANSWERS_MAX, READY_MS = 10000 };

struct job {
	uint32_t first, count; /* echoes, unless there is a frame */
	uint32_t length;       /* of the frame; 0: none */
	uint8_t frame[FRAME_DAD_MAX];
};

/* Shared by both. Each number is written by one of them only, but for sender_begin(). */
struct jobs {
	uint32_t given; /* by the lane's process */
	uint32_t done;
	uint32_t told;	   /* results; no fewer than jobs done */
	uint64_t since_ns; /* the sender has been at work on what is in hand */
	struct job jobs[JOBS_MAX];
	struct sent sent[JOBS_MAX];
};

struct sender {
	struct echoes *echoes;
	pid_t pid;
	bool realtime;
	int go, told;  /* eventfds */
	uint32_t next; /* result to be read */
	struct jobs *shared;
};

static uint32_t get(const uint32_t *number)
{
	return __atomic_load_n(number, __ATOMIC_ACQUIRE);
}

static void put(uint32_t *number, uint32_t value)
{
	__atomic_store_n(number, value, __ATOMIC_RELEASE);
}

/* --- the process --- */

/* A system call begins. */
static uint64_t begin(struct jobs *shared)
{
	shared->since_ns = loop_now();
	return shared->since_ns;
}

static void tell(struct jobs *shared, const struct sent *sent)
{
	uint32_t at = shared->told;

	if (at == JOBS_MAX)
		return;
	shared->sent[at] = *sent;
	put(&shared->told, at + 1);
}

static void send_echoes(struct jobs *shared, struct echoes *echoes, const struct job *job)
{
	for (uint32_t i = 0; i < job->count;) {
		struct sent sent = { .at_ns = begin(shared), .first = job->first + i };

		sent.result = echoes_send(echoes, sent.first, job->count - i);
		tell(shared, &sent);
		i += sent.result > 0 ? (uint32_t)sent.result : 1;
	}
}

static void send_answer(struct jobs *shared, struct echoes *echoes, const struct job *job)
{
	struct sent sent = { .at_ns = begin(shared), .answer = true };

	sent.result = echoes_answer(echoes, job->frame, job->length);
	tell(shared, &sent);
}

__attribute__((noreturn)) static void work(const struct sender *sender)
{
	struct jobs *shared = sender->shared;
	int keep[ECHOES_SOCKETS + 2];
	sigset_t none;
	uint64_t count;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "dadrace-send");
	/*
	 * A window of milliseconds is over before a busy machine gives it a turn. Real-time
	 * would wake it on the CPU of a kernel thread whose hold spins (realtime.h).
	 */
	setpriority(PRIO_PROCESS, 0, -20);
	if (sender->realtime)
		realtime_begin();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	echoes_sockets(sender->echoes, keep);
	keep[ECHOES_SOCKETS] = sender->go;
	keep[ECHOES_SOCKETS + 1] = sender->told;
	keep_fds(keep, ECHOES_SOCKETS + 2);
	eventfd_write(sender->told, 1); /* ready: a window may be shorter than a start */
	while (read(sender->go, &count, sizeof(count)) == sizeof(count))
		for (uint32_t at; (at = shared->done) < get(&shared->given);) {
			const struct job *job = &shared->jobs[at];

			if (job->length)
				send_answer(shared, sender->echoes, job);
			else
				send_echoes(shared, sender->echoes, job);
			put(&shared->done, at + 1);
			eventfd_write(sender->told, 1);
			if (sender->realtime)
				realtime_begin(); /* a long job may have lost it */
		}
	_exit(1);
}

/* --- seen from the lane's process --- */

int sender_open(struct echoes *echoes, bool realtime, struct sender **out, struct why *why)
{
	struct sender *sender = calloc(1, sizeof(*sender));
	void *shared = mmap(NULL, sizeof(struct jobs), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (!sender || shared == MAP_FAILED)
		return why_memory(why);
	sender->echoes = echoes;
	sender->realtime = realtime;
	sender->shared = shared;
	sender->go = eventfd(0, EFD_CLOEXEC);
	sender->told = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sender->go < 0 || sender->told < 0)
		return why_set(why, errno, "the sender's event counters: cannot be made: %s",
			       strerror(errno));
	*out = sender;
	return 0;
}

int sender_begin(struct sender *sender, struct why *why)
{
	struct pollfd ready = { .fd = sender->told, .events = POLLIN };
	eventfd_t count;

	/* In this order an idle process sees nothing to do in between. */
	put(&sender->shared->given, 0);
	put(&sender->shared->done, 0);
	put(&sender->shared->told, 0);
	sender->next = 0;
	eventfd_read(sender->told, &count);
	if (sender->pid)
		return 0;
	/* No signal when it ends: waiting for any child means waiting for the bring-up's. */
	sender->pid = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
	if (sender->pid == 0)
		work(sender);
	if (sender->pid < 0) {
		int err = errno;

		sender->pid = 0;
		return why_set(why, err, "thread II's process: cannot be forked: %s",
			       strerror(err));
	}
	if (poll(&ready, 1, READY_MS) != 1)
		return why_set(why, ETIMEDOUT, "thread II's process: did not start within %d s",
			       READY_MS / 1000);
	return 0;
}

pid_t sender_pid(const struct sender *sender)
{
	return sender->pid;
}

static void give(struct sender *sender, const struct job *job)
{
	struct jobs *shared = sender->shared;
	uint32_t at = shared->given;

	if (at == JOBS_MAX)
		return;
	if (!sender_is_busy(sender))
		shared->since_ns = loop_now();
	shared->jobs[at] = *job;
	put(&shared->given, at + 1);
	eventfd_write(sender->go, 1);
}

void sender_echoes(struct sender *sender, uint32_t first, uint32_t count)
{
	give(sender, &(struct job){ .first = first, .count = count });
}

void sender_answer(struct sender *sender, const uint8_t *frame, size_t length)
{
	struct job job = { .length = (uint32_t)length };

	memcpy(job.frame, frame, length);
	give(sender, &job);
}

int sender_fd(const struct sender *sender)
{
	return sender->told;
}

bool sender_next(struct sender *sender, struct sent *sent)
{
	eventfd_t count;

	eventfd_read(sender->told,
		     &count); /* before the look: what comes later says so again */
	if (sender->next == get(&sender->shared->told))
		return false;
	*sent = sender->shared->sent[sender->next++];
	return true;
}

bool sender_is_busy(const struct sender *sender)
{
	return sender->pid && get(&sender->shared->done) != sender->shared->given;
}

uint64_t sender_busy_since(const struct sender *sender)
{
	return sender->shared->since_ns;
}

bool sender_end(struct sender *sender, uint64_t within_ns)
{
	return !sender || end_child(&sender->pid, within_ns);
}
