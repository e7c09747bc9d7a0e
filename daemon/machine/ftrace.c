// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/ftrace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"

#define TRACING "/sys/kernel/tracing/"
#define MARK	"dadrace "

/* clang-format off */
/* What names of functions begin with; "=": whole names. */
static const char *const wanted[] = {
	"ip6_", "ipv6_", "__ipv6_", "icmpv6_", "icmp6_", "ndisc_", "addrconf_", "inet6_", "__inet6_", "in6_",
	"fib6_", "__fib6_", "rt6_", "__rt6_", "ip6addrlbl_", "mld_", "__mld_", "igmp6_", "pndisc_", "pneigh_",
	"neigh_", "__neigh_", "___neigh_", "dst_", "rawv6_", "raw6_", "ac6_", "aca_", "__ip6_", "udpv6_",
	"dev_", "__dev_", "netdev_", "veth_", "call_netdevice_", "linkwatch_",
	"=sock_ioctl", "=netlink_sendmsg", "=proc_sys_write",
};
/* clang-format on */

static int write_file(const char *name, const char *text, int flags)
{
	char path[64];
	AUTO_FD int fd = -1;

	snprintf(path, sizeof(path), TRACING "%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static bool is_wanted(const char *name)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (wanted[i][0] == '=' ? !strcmp(name, wanted[i] + 1) :
					  !strncmp(name, wanted[i], strlen(wanted[i])))
			return true;
	return false;
}

/* How many functions can be traced. Each is written as the number of its line. */
static int write_filter(void)
{
	FILE *functions = fopen(TRACING "available_filter_functions", "re");
	AUTO_FD int fd = open(TRACING "set_ftrace_filter", O_WRONLY | O_TRUNC | O_CLOEXEC);
	char *line = NULL;
	size_t size = 0;
	int written = 0;

	for (uint32_t nr = 1; functions && fd >= 0 && getline(&line, &size, functions) > 0;
	     nr++) {
		char number[16];
		int length = snprintf(number, sizeof(number), "%u\n", nr);

		line[strcspn(line, " \t\n")] = '\0'; /* "name [module]" */
		if (is_wanted(line))
			written += write(fd, number, (size_t)length) == length;
	}
	free(line);
	if (functions)
		fclose(functions);
	return written;
}

int ftrace_start(struct why *why)
{
	int written, err = 0;

	if (access(TRACING "current_tracer", W_OK) &&
	    mount("tracefs", TRACING, "tracefs", 0, NULL))
		return why_set(why, errno, "the function tracer: tracefs cannot be mounted: %s",
			       strerror(errno));
	write_file("tracing_on", "0", 0);
	written = write_filter();
	write_file("buffer_size_kb", "2048", 0);
	if (written)
		err = write_file("current_tracer", "function", 0);
	if (!written || err)
		return why_set(why, written ? -err : ENOTSUP,
			       "the function tracer: cannot be started: %s",
			       written ? strerror(-err) : "no function can be traced");
	write_file("trace", "", O_TRUNC);
	write_file("tracing_on", "1", 0);
	return 0;
}

void ftrace_mark(uint32_t number)
{
	char text[sizeof(MARK) + 12];

	snprintf(text, sizeof(text), MARK "%u\n", number);
	write_file("trace_marker", text, 0);
}

/*
 * "  dadrace-send-123     [001] ..s1.  12.345: icmpv6_rcv <-ip6_protocol_deliver_rcu", or
 * "  dadrace-1            [000] .....  12.345: tracing_mark_write: dadrace 7".
 */
static void read_line(char *line, const struct ftrace_reader *reader)
{
	char *cpu = strstr(line, " ["), *colon, *caller, *mark, *dash;

	if (line[0] == '#' || !cpu)
		return;
	*cpu = '\0';
	colon = strstr(cpu + 1, ": ");
	mark = colon ? strstr(colon, ": " MARK) : NULL;
	if (mark) {
		reader->mark((uint32_t)strtoul(mark + strlen(": " MARK), NULL, 10),
			     reader->arg);
		return;
	}
	caller = colon ? strstr(colon, " <-") : NULL;
	line += strspn(line, " ");
	dash = strrchr(line, '-');
	if (!caller || !dash)
		return;
	*dash = *caller = '\0';
	caller[3 + strcspn(caller + 3, " \n")] = '\0';
	reader->call(line, (uint32_t)strtoul(dash + 1, NULL, 10), colon + 2, caller + 3,
		     reader->arg);
}

void ftrace_read(const struct ftrace_reader *reader)
{
	FILE *trace;
	char *line = NULL;
	size_t size = 0;

	write_file("tracing_on", "0", 0);
	trace = fopen(TRACING "trace", "re");
	while (trace && getline(&line, &size, trace) > 0)
		read_line(line, reader);
	if (trace)
		fclose(trace);
	free(line);
	write_file("trace", "", O_TRUNC);
	write_file("tracing_on", "1", 0);
}

void ftrace_stop(void)
{
	write_file("tracing_on", "0", 0);
	write_file("current_tracer", "nop", 0);
	write_file("set_ftrace_filter", "\n", O_TRUNC);
}
