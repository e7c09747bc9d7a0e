// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * What a system call of a process that is none of ours costs, in nanoseconds: run once without
 * a campaign on the machine and once with one, the difference is the price of the armed hooks.
 *
 *   getppid   the shortest call there is: every hook on system calls says "not mine" at once
 *   ioctl     SIOCGIFFLAGS on lo: the call that the window's hook looks at more closely
 *
 * The median of many short rounds is printed, so that a preempted one does not count.
 */
enum { ROUNDS = 301, CALLS = 5000 };

static int any_socket;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

static void call_ioctl(void)
{
	struct ifreq request = { .ifr_name = "lo" };

	ioctl(any_socket, SIOCGIFFLAGS, &request);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_ns(void (*call)(void))
{
	double rounds[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin = now_ns();

		for (int i = 0; i < CALLS; i++)
			call();
		rounds[round] = (double)(now_ns() - begin) / CALLS;
	}
	qsort(rounds, ROUNDS, sizeof(rounds[0]), by_value);
	return rounds[ROUNDS / 2];
}

int main(void)
{
	cpu_set_t last;

	CPU_ZERO(&last);
	CPU_SET((int)sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
	sched_setaffinity(0, sizeof(last), &last); /* at best steadier: no error */
	any_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (any_socket < 0) {
		perror("syscall_cost: socket");
		return 1;
	}
	printf("%.1f", median_ns(call_getppid));
	printf(" %.1f\n", median_ns(call_ioctl));
	return 0;
}
